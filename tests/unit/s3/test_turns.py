"""Turns: at most so many at once, and nobody is overtaken."""

import threading
from contextlib import ExitStack

import pytest

from infra.s3.turns import Turns

SOON_S = 10.0


def test_at_most_so_many_hold_one() -> None:
    turns = Turns(2)
    with ExitStack() as held:
        held.enter_context(turns.one(0.0))
        held.enter_context(turns.one(0.0))
        with pytest.raises(TimeoutError, match="2 requests are under way"):
            held.enter_context(turns.one(0.01))
    with turns.one(0.0), turns.one(0.0):
        pass


def test_a_turn_is_given_back_when_its_holder_fails() -> None:
    turns = Turns(1)
    with pytest.raises(KeyError), turns.one(0.0):
        raise KeyError
    with turns.one(0.0):
        pass


def test_whoever_waits_is_next_though_others_come_back_at_once() -> None:
    turns, waiting, served = Turns(1), threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with turns.one(SOON_S):
            served.set()

    thread = threading.Thread(target=wait)
    rounds = 0
    with turns.one(0.0):
        thread.start()
        waiting.wait(SOON_S)
        while not turns._waiting:
            pass
    while not served.is_set():
        with turns.one(SOON_S):
            rounds += 1
    thread.join(SOON_S)
    assert rounds <= 1


def test_many_threads_all_get_turns() -> None:
    turns, counts = Turns(3), [0] * 12

    def work(number: int) -> None:
        for _ in range(200):
            with turns.one(SOON_S):
                counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
    assert counts == [200] * 12
