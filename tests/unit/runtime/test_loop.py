"""The loop: what is acknowledged was published and saved before; the model does not wait for I/O."""

import threading
from collections.abc import Callable, Iterator

import pytest
from annotated_types import Ge

from infra.bus.memory import MemoryBus
from infra.metrics import Metrics
from infra.runtime import loop
from infra.runtime.loop import KEEP_EVERY_S, Loop
from infra.settings import Settings
from infra.telemetry.health import STEP_S, Health
from schemas import metrics
from schemas.ports import Delivery, Lag
from tests.contract.clocks import FakeClock
from tests.unit.runtime.handling import SOON_S, Diary, Noting, NotingBus, fill, left

LEASE_S = 30.0
WAYS = pytest.mark.parametrize("overlaps", [False, True], ids=["in line", "overlapped"])
ORDER = ["begin", "step", "finish", "publish", "settle", "ack"]

Run = Callable[[Noting], None]


@pytest.fixture
def bus(clock: FakeClock) -> MemoryBus:
    return MemoryBus(clock)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def run(bus: MemoryBus, diary: Diary, meters: Metrics, clock: FakeClock, stop: threading.Event) -> Run:
    """Runs a handler until the test's `stop`."""
    return lambda handler: Loop(handler, NotingBus(bus, diary), meters, clock, stop).run()


def once(diary: Diary, step: str, text: str, do: Callable[[], None]) -> None:
    """Have `do` called when `step` is reached with the batch of `text`."""

    def at(reached: str, batch: list[str]) -> None:
        if reached == step and (text in batch or not text):
            do()

    diary.at = at


@WAYS
def test_a_batch_is_acknowledged_after_it_was_published_and_saved(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    fill(bus, "a", "b", "c")
    once(diary, "settle", "c", stop.set)
    run(Noting(diary, overlaps))
    assert [diary.steps(text) for text in "abc"] == [ORDER] * 3
    assert left(bus) == Lag(0, 0)


@WAYS
def test_what_found_no_answer_stays(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    fill(bus, "a", "b")
    once(diary, "settle", "b", stop.set)
    run(Noting(diary, overlaps, batch=2, undone="a"))
    assert "ack" in diary.steps("b")
    assert "ack" not in diary.steps("a")
    assert left(bus) == Lag(1, 0)


@WAYS
def test_a_stop_finishes_what_is_in_hand(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    fill(bus, "a")
    once(diary, "step", "a", stop.set)
    run(Noting(diary, overlaps))
    assert diary.steps("a") == ORDER


@WAYS
def test_nothing_is_taken_after_a_stop(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    fill(bus, "a")
    stop.set()
    run(Noting(diary, overlaps))
    assert (diary.steps("a"), left(bus)) == ([], Lag(1, 0))


class Broken(Exception):
    """What a test breaks."""


@pytest.mark.parametrize("step", ["start", "begin", "step", "finish", "publish", "settle", "ack"])
@WAYS
def test_a_failure_anywhere_ends_the_loop_and_is_raised(
    overlaps: bool, step: str, run: Run, bus: MemoryBus, diary: Diary
) -> None:
    def fail() -> None:
        raise Broken(step)

    fill(bus, "a")
    once(diary, step, "" if step == "start" else "a", fail)
    with pytest.raises(Broken, match=step):
        run(Noting(diary, overlaps))
    assert diary.entries[-1][0] == "close"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("collector-")]


@pytest.mark.parametrize("step", ["begin", "step", "finish", "publish", "settle"])
@WAYS
def test_a_batch_that_failed_anywhere_is_delivered_again(
    overlaps: bool, step: str, run: Run, bus: MemoryBus, diary: Diary
) -> None:
    def fail() -> None:
        raise Broken(step)

    fill(bus, "a")
    once(diary, step, "a", fail)
    with pytest.raises(Broken):
        run(Noting(diary, overlaps))
    assert left(bus) == Lag(1, 0)


def test_a_batch_done_before_a_failure_is_acknowledged(run: Run, bus: MemoryBus, diary: Diary) -> None:
    def fail() -> None:
        raise Broken

    fill(bus, "a", "b")
    once(diary, "step", "b", fail)
    with pytest.raises(Broken):
        run(Noting(diary, overlaps=True))
    assert diary.steps("a") == ORDER
    assert left(bus) == Lag(1, 0)


def test_the_model_works_while_the_next_batch_is_fetched_and_the_last_one_stored(
    run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    """Batch b is in the model; it does not come out before c was fetched and a is being stored, which waits for c."""
    fetched, storing, stepped = threading.Event(), threading.Event(), threading.Event()

    def at(step: str, batch: list[str]) -> None:
        match step, batch:
            case "begin", ["c"]:
                fetched.set()
            case "finish", ["a"]:
                storing.set()
                assert stepped.wait(SOON_S), "the model waited for a to be stored"
            case "step", ["b"]:
                assert fetched.wait(SOON_S), "c was not fetched while the model worked"
                assert storing.wait(SOON_S), "a was not stored while the model worked"
                stepped.set()
            case "settle", ["c"]:
                stop.set()

    fill(bus, "a", "b", "c")
    diary.at = at
    run(Noting(diary, overlaps=True))
    assert [diary.steps(text) for text in "abc"] == [ORDER] * 3


def test_the_thread_that_loaded_the_model_is_the_only_one_that_runs_it(
    run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event
) -> None:
    fill(bus, "a", "b")
    once(diary, "settle", "b", stop.set)
    run(Noting(diary, overlaps=True))
    assert diary.threads["start"] == diary.threads["step"] == {"collector-step"}


def test_a_slow_model_is_not_buried_in_fetched_batches(
    run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With four batches in hand the loop goes round and round, looking at the clock each time, and takes no more."""
    taken, rounds, full = threading.Event(), iter(range(5)), threading.Event()
    begun: list[int] = []

    def monotonic() -> float:
        if taken.is_set() and next(rounds, None) is None:
            full.set()
        return clock.time

    def at(step: str, batch: list[str]) -> None:
        if (step, batch) == ("begin", ["3"]):
            taken.set()
        if (step, batch) == ("step", ["0"]):
            assert full.wait(SOON_S)
            begun.append(sum(entry[0] == "begin" for entry in diary.entries))
            stop.set()

    fill(bus, *map(str, range(20)))
    monkeypatch.setattr(clock, "monotonic", monotonic)
    diary.at = at
    run(Noting(diary, overlaps=True))
    assert begun == [4]


def test_leases_are_renewed_while_the_model_works(
    run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, stop: threading.Event
) -> None:
    kept = threading.Event()

    def at(step: str, _batch: list[str]) -> None:
        if step == "step":
            clock.advance(KEEP_EVERY_S + 1.0)
            assert kept.wait(SOON_S), "the lease was left to run out"
            stop.set()
        if step == "keep":
            kept.set()

    fill(bus, "a")
    diary.at = at
    run(Noting(diary, overlaps=True))


@WAYS
def test_the_dead_letters_of_every_handler_are_counted(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event, meters: Metrics
) -> None:
    fill(bus, "a", "b")
    once(diary, "settle", "b", stop.set)
    run(Noting(diary, overlaps))
    assert meters.totals(metrics.DEAD_LETTERS) == {("collector", "Strange"): 2.0}


def test_a_batch_is_as_large_as_the_handler_takes(
    run: Run, bus: MemoryBus, diary: Diary, stop: threading.Event, meters: Metrics
) -> None:
    fill(bus, *"abcde")
    once(diary, "settle", "e", stop.set)
    run(Noting(diary, overlaps=False, batch=2))
    assert [batch for step, batch in diary.entries if step == "begin"] == [("a", "b"), ("c", "d"), ("e",)]


@WAYS
def test_the_models_time_is_counted(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, stop: threading.Event, meters: Metrics
) -> None:
    def at(step: str, _batch: list[str]) -> None:
        if step == "step":
            clock.advance(2.0)
        if step == "settle":
            stop.set()

    fill(bus, "a", "b")
    diary.at = at
    run(Noting(diary, overlaps, batch=2))
    assert meters.totals(metrics.BUSY) == {("collector",): 2.0}


def test_what_the_models_thread_waits_is_told_while_it_waits(
    run: Run, clock: FakeClock, diary: Diary, stop: threading.Event, meters: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "TELL_EVERY_S", 0.001)
    polls = iter(range(50))

    def at(step: str, _batch: list[str]) -> None:
        """Nothing ever comes; each time the loop looks for a message ten seconds have gone by."""
        if step != "poll":
            return
        clock.advance(10.0)
        if meters.totals(metrics.STARVED).get(("collector",), 0.0) or next(polls, None) is None:
            stop.set()

    diary.at = at
    run(Noting(diary, overlaps=True))
    assert meters.totals(metrics.STARVED)["collector",] >= 10.0
    assert next(polls, None) is not None


def test_a_handler_that_lingers_waits_for_more_until_its_time_is_up(
    run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, stop: threading.Event
) -> None:
    handler = Noting(diary, overlaps=False, batch=10)
    handler.linger_s = 1.0
    between: Iterator[Callable[[], None]] = iter(
        [lambda: fill(bus, "a"), lambda: fill(bus, "b"), lambda: clock.advance(handler.linger_s)]
    )

    def at(step: str, _batch: list[str]) -> None:
        if step == "poll":
            next(between)()
        if step == "settle":
            stop.set()

    diary.at = at
    run(handler)
    assert ("begin", ("a", "b")) in diary.entries


class Patient(Noting):
    """Holds its first batch back, rests until it is due, and is done with all in an empty turn."""

    due_s: float | None = None
    room = 4

    def __init__(self, diary: Diary, overlaps: bool, clock: FakeClock) -> None:
        super().__init__(diary, overlaps)
        self._clock, self._held = clock, list[Delivery]()

    @property
    def batch(self) -> int:
        return self.room

    @batch.setter
    def batch(self, _size: int) -> None:
        pass

    def step(self, work: list[Delivery]) -> None:
        super().step(work)
        if work:
            self._held += work
            work.clear()
            self.room, self.due_s = 0, self._clock.time + 3 * LEASE_S
            self._clock.advance(LEASE_S / 2)
        else:
            work += self._held
            self.due_s = None


@WAYS
def test_what_is_held_back_keeps_its_lease_and_is_done_in_an_empty_turn(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, stop: threading.Event
) -> None:
    fill(bus, "a", "b")
    handler = Patient(diary, overlaps, clock)

    def at(step: str, batch: list[str]) -> None:
        if step == "keep":
            clock.advance(LEASE_S / 4)
        if step == "ack" and "a" in batch:
            stop.set()

    diary.at = at
    run(handler)
    assert left(bus) == Lag(0, 0)
    assert [diary.steps(text).count("begin") for text in "ab"] == [1, 1]
    assert diary.steps("a")[-3:] == ["publish", "settle", "ack"]


def test_leases_are_kept_often_enough_for_the_shortest_that_may_be_set() -> None:
    (shortest,) = (rule.ge for rule in Settings.model_fields["lease_s"].metadata if isinstance(rule, Ge))
    assert isinstance(shortest, int | float)
    assert shortest >= 3 * KEEP_EVERY_S


@WAYS
def test_how_long_messages_waited_is_observed(
    overlaps: bool, run: Run, bus: MemoryBus, diary: Diary, clock: FakeClock, meters: Metrics, stop: threading.Event
) -> None:
    fill(bus, "a")
    clock.advance(30.0)
    fill(bus, "b")
    clock.advance(10.0)
    once(diary, "settle", "b", stop.set)
    run(Noting(diary, overlaps, batch=2))
    assert meters.quantiles(metrics.WAIT, (0.0, 0.99)) == [10.0, 40.0]


@WAYS
def test_a_loop_is_ready_once_it_is_loaded_and_has_joined_and_gone_when_it_ends(
    overlaps: bool, bus: MemoryBus, diary: Diary, meters: Metrics, clock: FakeClock, stop: threading.Event
) -> None:
    health = Health(clock, threading.Event())
    loop = Loop(Noting(diary, overlaps), NotingBus(bus, diary), meters, clock, stop, health=health)
    seen: list[tuple[str, str]] = []

    def at(step: str, batch: list[str]) -> None:
        if step in {"start", "settle"}:
            seen.append((step, health.unready))
        if step == "settle":
            stop.set()

    diary.at = at
    fill(bus, "a")
    assert health.unready == "collector: has not joined its group yet"
    loop.run()
    assert seen[0][1] != ""
    assert seen[-1] == ("settle", "")
    assert health.unready == "starting"


@WAYS
def test_a_step_may_take_long_and_a_stuck_one_is_told(
    overlaps: bool, bus: MemoryBus, diary: Diary, meters: Metrics, clock: FakeClock, stop: threading.Event
) -> None:
    health, found = Health(clock, stop), list[str]()
    loop = Loop(Noting(diary, overlaps), NotingBus(bus, diary), meters, clock, stop, health=health)

    def long() -> None:
        clock.advance(STEP_S - 1)
        found.append(next((one.trouble for one in health._pulses if one.trouble and "step" in one.name), ""))
        clock.advance(2)
        found.append(health.trouble)
        stop.set()

    once(diary, "step", "a", long)
    fill(bus, "a")
    loop.run()
    assert found[0] == ""
    assert "has not gone on for" in found[1]
