"""Which rows are looked at: the same ones again, smaller samples inside larger ones, each row as likely as another."""

from collections import Counter

import pytest

from streams.scoring.sampling import drawn


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert drawn(1000, 50, 7) == drawn(1000, 50, 7)
    assert drawn(1000, 50, 7) != drawn(1000, 50, 8)


def test_rows_come_in_order_and_each_once() -> None:
    found = drawn(100, 90, 3)
    assert found == sorted(set(found))
    assert len(found) == 90


@pytest.mark.parametrize("fewer", [1, 10, 99])
def test_a_larger_sample_holds_a_smaller_one(fewer: int) -> None:
    assert set(drawn(500, fewer, 5)) < set(drawn(500, 100, 5))


@pytest.mark.parametrize("wanted", [None, 10, 11])
def test_all_rows_are_taken_where_there_are_no_more(wanted: int | None) -> None:
    assert drawn(10, wanted, 0) == list(range(10))


def test_of_no_rows_none_are_taken() -> None:
    assert drawn(0, 5, 0) == drawn(0, None, 0) == []


def test_each_row_is_as_likely_as_another() -> None:
    times = Counter(number for seed in range(2000) for number in drawn(20, 5, seed))
    expected = 2000 * 5 / 20
    chi_square = sum((times[number] - expected) ** 2 / (expected * (1 - 5 / 20)) for number in range(20))
    assert chi_square < 43.8  # 99.9 % of chi-square with 19 degrees of freedom


def test_what_is_drawn_stays_so() -> None:
    assert drawn(1_202_797, 4, 0) == [69350, 704751, 968818, 1067962]
