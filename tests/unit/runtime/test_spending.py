"""The day's spending: added up over processes and restarts, and who rests once it is enough."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.ledgers.memory import MemoryLedgers
from infra.runtime import spending
from infra.runtime.spending import LOOK_EVERY_S, Till
from schemas.errors import UserError
from schemas.ports import Change
from tests.contract.clocks import FakeClock

DAY_S = 86_400.0


@pytest.fixture
def notes() -> MemoryLedgers:
    return MemoryLedgers()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def till(notes: MemoryLedgers, clock: FakeClock, limit: float = 1.0) -> Till:
    made = Till(notes, clock, limit)
    made.tell()
    return made


def test_who_bills_rests_once_the_day_has_cost_its_limit(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours = till(notes, clock)
    ours.add("judge@1", 0.75)
    assert not ours.rests("judge@1")
    assert ours.trouble == ""
    ours.add("judge@1", 0.25)
    assert ours.rests("judge@1")
    assert ours.trouble == "spend limit of $1.00 reached; resumes at 00:00 UTC"


def test_who_bills_nothing_goes_on(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours = till(notes, clock)
    ours.add("judge@1", 5.0)
    ours.add("editor@2", 0.0)
    assert ours.reached
    assert not ours.rests("editor@2")


def test_without_a_limit_nobody_rests_but_what_is_spent_is_written_down(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours = till(notes, clock, 0.0)
    ours.add("judge@1", 5.0)
    ours.tell()
    assert not ours.rests("judge@1")
    assert spending.spent(notes, clock.now()) == 5.0


def test_several_processes_count_together(notes: MemoryLedgers, clock: FakeClock) -> None:
    first, second = till(notes, clock), till(notes, clock)
    first.add("judge@1", 0.5)
    second.add("writer@2", 0.5)
    for one in (first, second, first):
        one.tell()
    assert (first.spent_usd, second.spent_usd) == (1.0, 1.0)
    assert first.rests("judge@1")
    assert second.rests("writer@2")


def test_who_was_billed_elsewhere_today_rests_before_it_is_billed_here(notes: MemoryLedgers, clock: FakeClock) -> None:
    before = till(notes, clock)
    before.add("judge@1", 2.0)
    before.tell()
    assert till(notes, clock).rests("judge@1")


def test_what_is_told_again_counts_once(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours = till(notes, clock)
    for _ in range(3):
        ours.add("judge@1", 0.125)
        ours.tell()
        ours.tell()
    assert (ours.spent_usd, spending.spent(notes, clock.now())) == (0.375, 0.375)


def test_at_midnight_all_go_on_and_the_old_day_keeps_what_it_cost(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours, other, then = till(notes, clock), till(notes, clock), clock.now()
    ours.add("judge@1", 1.5)
    other.add("judge@1", 1.5)
    other.tell()
    clock.advance(DAY_S - clock.now() % DAY_S)
    assert not ours.rests("judge@1")
    ours.tell()
    assert (ours.spent_usd, spending.spent(notes, then), spending.spent(notes, clock.now())) == (0.0, 3.0, 0.0)


def test_a_store_is_looked_at_every_few_seconds_only(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours, other = till(notes, clock), till(notes, clock)
    other.add("judge@1", 2.0)
    other.tell()
    ours.look()
    assert not ours.reached
    clock.advance(LOOK_EVERY_S)
    ours.look()
    assert ours.reached


class Contested(MemoryLedgers):
    """Somebody else always saves first, `times` times."""

    times = 3

    def save(self, changes: object) -> frozenset[str]:
        if self.times:
            self.times -= 1
            other = Till(self, FakeClock(), 1.0)
            other.add("writer@2", 0.25)
            left, self.times = self.times, 0
            other.tell()
            self.times = left
        return super().save(changes)  # type: ignore[arg-type]


def test_what_others_tell_at_the_same_time_is_not_overwritten(clock: FakeClock) -> None:
    notes = Contested()
    ours = till(notes, clock, 9.0)
    ours.add("judge@1", 1.0)
    ours.tell()
    assert (ours.spent_usd, spending.spent(notes, clock.now())) == (1.75, 1.75)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["bill", "tell", "restart", "day"])), max_size=60))
def test_all_that_was_told_adds_up_whatever_happens(steps: list[tuple[int, str]]) -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    tills, untold, told = [Till(notes, clock, 1.0) for _ in range(3)], [0.0] * 3, 0.0
    for which, step in steps:
        match step:
            case "bill":
                tills[which].add(f"judge@{which}", 0.25)
                untold[which] += 0.25
            case "tell":
                tills[which].tell()
                told, untold[which] = told + untold[which], 0.0
            case "restart":  # killed: what it had not told is lost
                tills[which], untold[which] = Till(notes, clock, 1.0), 0.0
            case _:
                clock.advance(DAY_S / 3)
    days = range(int(FakeClock().time), int(clock.now()) + 2 * int(DAY_S), int(DAY_S))
    assert sum(spending.spent(notes, float(day)) for day in days) == told


def test_a_note_of_a_newer_nhr_is_named(notes: MemoryLedgers, clock: FakeClock) -> None:
    ours = till(notes, clock)
    ours.add("judge@1", 1.0)
    ours.tell()
    ((name, saved),) = notes.load(list(notes.names("open"))).items()
    notes.save([Change(name, json.dumps({**json.loads(saved.data), "format": 2}).encode(), saved.version)])
    with pytest.raises(UserError, match="/spent/"):
        ours.tell()
