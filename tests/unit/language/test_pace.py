"""How many calls are under way: fewer at once when a service complains, more again as it answers, none in a pause."""

import threading

import pytest

from schemas.errors import Reject, Retry
from tests.contract.clocks import FakeClock
from tests.unit.language.chats import Scripted
from workers.language.asking import Blocked, Busy, Misconfigured, Question
from workers.language.pace import FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_WAIT_S, Pace, Paced


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pace(clock: FakeClock) -> Pace:
    return Pace(16, clock.monotonic)


def let_in(pace: Pace) -> int:
    ticket = pace.try_enter()
    assert ticket is not None
    return ticket


def test_as_many_as_may_be_are_let_in_at_first_and_no_more(pace: Pace) -> None:
    for _ in range(16):
        let_in(pace)
    assert pace.try_enter() is None
    pace.answered()
    let_in(pace)


def test_a_refusal_halves_what_is_let_in(pace: Pace) -> None:
    pace.refused(let_in(pace), Retry("timeout"))
    assert pace.limit == 8


def test_a_whole_round_of_refusals_is_one(pace: Pace) -> None:
    tickets = [let_in(pace) for _ in range(16)]
    for ticket in tickets:
        pace.refused(ticket, Busy("too much"))
    assert pace.limit == 8


def test_one_call_is_always_let_in(pace: Pace) -> None:
    for _ in range(10):
        pace.refused(let_in(pace), Retry("timeout"))
    assert pace.limit == 1
    let_in(pace)


def test_it_grows_by_one_a_round_of_answers_up_to_the_most(pace: Pace) -> None:
    pace.refused(let_in(pace), Retry("timeout"))
    for limit in (9, 10, 11):
        for _ in range(limit):
            let_in(pace)
            pace.answered()
        assert pace.limit in {limit - 1, limit}
    for _ in range(1000):
        let_in(pace)
        pace.answered()
    assert pace.limit == 16


def test_nobody_calls_for_as_long_as_the_service_said(pace: Pace, clock: FakeClock) -> None:
    pace.refused(let_in(pace), Busy("too much", 7.0))
    clock.advance(6.9)
    assert pace.try_enter() is None
    clock.advance(0.2)
    let_in(pace)


def test_the_longest_of_several_pauses_counts_even_from_calls_of_the_same_round(pace: Pace, clock: FakeClock) -> None:
    first, second, third = let_in(pace), let_in(pace), let_in(pace)
    pace.refused(first, Busy("too much", 2.0))
    pace.refused(second, Busy("too much", 9.0))
    pace.refused(third, Busy("too much", 1.0))
    clock.advance(8.9)
    assert pace.try_enter() is None


def test_a_long_pause_is_told_rather_than_waited_out(pace: Pace, clock: FakeClock) -> None:
    pace.refused(let_in(pace), Busy("come back tomorrow", LONGEST_WAIT_S + 30))
    clock.advance(5)
    with pytest.raises(Busy, match="come back tomorrow") as raised:
        pace.try_enter()
    assert raised.value.after_s == pytest.approx(LONGEST_WAIT_S + 25)


def test_without_a_word_of_the_service_the_pause_doubles_until_it_answers(pace: Pace, clock: FakeClock) -> None:
    pauses = []
    for _ in range(8):
        pace.refused(let_in(pace), Busy("too much"))
        before = clock.monotonic()
        while True:
            try:
                if pace.try_enter() is not None:
                    break
            except Busy:
                pass
            clock.advance(FIRST_PAUSE_S / 2)
        pace.left()
        pauses.append(clock.monotonic() - before)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    let_in(pace)
    pace.answered()
    pace.refused(let_in(pace), Busy("too much"))
    clock.advance(FIRST_PAUSE_S)
    let_in(pace)


def test_a_timeout_makes_no_pause(pace: Pace) -> None:
    pace.refused(let_in(pace), Retry("timeout"))
    let_in(pace)


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (Busy("too much"), 8),
        (Retry("timeout"), 8),
        (Misconfigured("wrong key"), 16),
        (Blocked("unsafe"), 16),
        (Reject("never"), 16),
        (KeyError("a bug"), 16),
    ],
)
def test_only_a_busy_service_slows_calls_down(error: Exception, limit: int, pace: Pace) -> None:
    with pytest.raises(type(error)):
        Paced(Scripted(error), pace).ask(Question("", []), 1.0)
    assert pace.limit == limit


def test_a_waiting_call_goes_on_when_another_ends() -> None:
    pace = Pace(1)
    ticket = pace.enter()
    waiting = threading.Thread(target=pace.enter)
    waiting.start()
    pace.refused(ticket, Retry("timeout"))
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_waiting_call_goes_on_when_the_pause_is_over() -> None:
    pace = Pace(4)
    pace.refused(pace.enter(), Busy("too much", 0.05))
    pace.enter()
    assert pace.limit == 2
