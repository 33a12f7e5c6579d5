"""Reads that run ahead."""

import threading
from collections.abc import Iterator

import pytest

from streams.ahead import ahead


def test_results_come_in_the_order_of_the_items() -> None:
    assert [(item, result()) for item, result in ahead(lambda one: one * 2, range(100), threads=4, most=8)] == [
        (one, one * 2) for one in range(100)
    ]


def test_no_more_is_taken_ahead_than_is_allowed() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    for item, _ in ahead(lambda one: one, items(), threads=2, most=5):
        assert len(taken) <= item + 5
    assert len(taken) == 100


def test_several_run_at_once() -> None:
    meeting = threading.Barrier(3)
    assert [result() for _, result in ahead(lambda _: meeting.wait(10) >= 0, range(6), threads=3)] == [True] * 6


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    def odd(one: int) -> int:
        if one % 2:
            raise ValueError(str(one))
        return one

    found = []
    for item, result in ahead(odd, range(4)):
        try:
            found.append(result())
        except ValueError as error:
            found.append(-int(str(error)))
        assert abs(found[-1]) == item
    assert found == [0, -1, 2, -3]


def test_whoever_stops_early_leaves_nothing_running() -> None:
    before = threading.active_count()
    walk = ahead(lambda one: one, range(1000), most=2)
    next(walk)
    walk.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    with pytest.raises(StopIteration):
        next(walk)
