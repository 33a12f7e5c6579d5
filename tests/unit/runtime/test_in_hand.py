"""A job that kills its process is found out: it runs alone after a death, and the third death is its failure."""

import sys
import threading

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Batch, Worker
from schemas import messages as m
from schemas.errors import Fatal, UserError
from schemas.ports import Change, Gated
from tests.contract.clocks import FakeClock
from tests.unit.runtime.fakes import (
    DEAR,
    RECIPE,
    SEEING,
    Scripted,
    Told,
    deliveries,
    flatly,
    picture,
    source,
    turns,
    work,
    yes,
)  # fmt: skip

NAMES = [source(number).job_id for number in range(6)]


class Died(BaseException):
    """The process ends here: nothing of it runs any more."""


class Processes:
    """Lives of one gate, over stores that outlive them; source 3 kills whoever runs it."""

    def __init__(self) -> None:
        self.notes, self.blobs, self.clock = MemoryLedgers(), MemoryBlobs(), FakeClock()
        self.deadly = {3}
        self.death: type[BaseException] = Died
        self.asked: list[list[int]] = []

    def worker(self) -> Worker:
        plugin = Scripted("gate", self._say, DEAR)
        self.asked.append([])
        return Worker(
            plugin.kind, plugin, RECIPE, self.blobs, Pictures(self.blobs), self.clock, Metrics(), InHand(self.notes)
        )

    def _say(self, task: object) -> Gated:
        number = int(task.job.subject.source_id)  # type: ignore[attr-defined]
        self.asked[-1].append(number)
        if number in self.deadly:
            raise self.death
        return Gated(True)

    def live(self, *numbers: int) -> Told:
        """A life with one batch, and as many turns as it wants."""
        worker = self.worker()
        return flatly([work(worker, deliveries(*map(source, numbers))), *turns(worker, self.clock)])


def killed(processes: Processes, *numbers: int) -> None:
    """A life that a batch ends. Nothing runs after a death: what a `finally` would note must not be noted."""
    saved = processes.notes
    processes.notes = Frozen(saved)
    with pytest.raises(Died):
        processes.live(*numbers)
    processes.notes = saved


class Frozen(MemoryLedgers):
    """Notes that take nothing more once a process has died in them."""

    def __init__(self, inner: MemoryLedgers) -> None:
        super().__init__()
        self.load, self._inner = inner.load, inner  # type: ignore[method-assign]

    def save(self, changes: object) -> frozenset[str]:
        if sys.exc_info()[0] is Died:
            return frozenset()
        return self._inner.save(changes)  # type: ignore[arg-type]


def test_jobs_in_hand_at_a_death_run_alone_in_the_next_life() -> None:
    processes = Processes()
    killed(processes, 1, 2, 3, 4)
    processes.deadly.clear()
    assert len(processes.live(1, 2, 3, 4, 5).answers) == 5
    assert InHand(processes.notes).deaths(NAMES[1]) == 0


def test_what_a_suspect_answered_is_told_before_the_next_one_is_tried() -> None:
    processes = Processes()
    killed(processes, 1, 2, 3)
    assert len(work(processes.worker(), deliveries(*map(source, (1, 2, 3)))).answers) == 1
    assert processes.asked[-1] == [1]


def test_only_the_job_that_was_alone_is_to_blame_for_the_second_death() -> None:
    processes = Processes()
    killed(processes, 1, 3, 2)
    killed(processes, 1, 3, 2)
    note = InHand(processes.notes)
    assert [note.deaths(NAMES[number]) for number in (1, 3, 2)] == [0, 2, 1]


def test_the_third_death_of_a_job_is_its_failure_and_the_others_are_answered() -> None:
    processes = Processes()
    for _ in range(3):
        killed(processes, 1, 3, 2)
    told = processes.live(1, 3, 2)
    assert sorted(type(answer).__name__ for answer in told.answers) == ["Failure", "GateVerdict", "GateVerdict"]
    (failure,) = [answer for answer in told.answers if isinstance(answer, m.Failure)]
    assert (failure.job_id, failure.reason) == (
        NAMES[3], "3 processes died with this job in hand, at last with it alone",
    )  # fmt: skip
    assert [letter.headers["nhr-error"] for letter in told.letters] == ["Deadly"]
    assert 3 not in processes.asked[-1]


def test_a_job_that_was_answered_already_needs_no_second_run() -> None:
    processes = Processes()
    first = processes.live(1, 2)
    killed(processes, 1, 3)
    assert processes.live(1).answers == first.answers[:1]
    assert processes.asked[-1] == []


def test_a_job_alone_waits_for_those_in_hand_and_lets_none_in() -> None:
    notes = MemoryLedgers()
    in_hand = InHand(notes)
    order: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    def together(name: str) -> None:
        with in_hand.together([name]):
            order.append(name)
            entered.set()
            leave.wait(10)

    def alone() -> None:
        with in_hand.alone("alone"):
            order.append("alone")

    first = threading.Thread(target=together, args=["first"])
    first.start()
    assert entered.wait(10)
    lone = threading.Thread(target=alone)
    lone.start()
    lone.join(0.05)
    assert order == ["first"]
    leave.set()
    first.join(10)
    lone.join(10)
    together("second")
    assert order == ["first", "alone", "second"]


def test_a_batch_is_begun_although_a_job_runs_alone_so_that_leases_are_kept() -> None:
    blobs, notes = MemoryBlobs(), MemoryLedgers()
    in_hand, pictures = InHand(notes), Pictures(blobs)
    plugin = Scripted("gate", yes, SEEING)
    worker = Worker(plugin.kind, plugin, RECIPE, blobs, pictures, FakeClock(), Metrics(), in_hand)
    job, begun = source(1, pictures.store("scratch/one", picture())), list[Batch]()
    beginning = threading.Thread(target=lambda: begun.append(worker.begin(deliveries(job))), daemon=True)
    with in_hand.alone("alone"):
        beginning.start()
        beginning.join(10)
        assert begun
    worker.step(begun[0])
    assert [type(item.outcome) for item in begun[0].items] == [m.GateVerdict]


def test_a_newer_note_stops_the_process_with_a_clear_word() -> None:
    notes = MemoryLedgers()
    notes.save([Change("/in-hand", b"\x81\xa6format\x02", 0)])
    with pytest.raises(UserError, match="format 2, this NHR knows 1; upgrade nhr"):
        InHand(notes)


def test_a_clean_end_leaves_no_suspicion() -> None:
    processes = Processes()
    killed(processes, 1, 3)
    InHand(processes.notes).clear()
    assert InHand(processes.notes).deaths(NAMES[3]) == 0


def test_a_process_that_somebody_else_killed_leaves_no_suspects() -> None:
    processes = Processes()
    killed(processes, 1, 3)
    assert InHand(processes.notes, died=False).deaths(NAMES[3]) == 0
    assert InHand(processes.notes).deaths(NAMES[3]) == 0  # what was in hand is forgotten


def test_a_death_counts_once_for_a_job_that_is_in_hand_in_several_copies() -> None:
    notes = MemoryLedgers()
    first = InHand(notes)
    with first.together([NAMES[1], NAMES[1]]), first.together([NAMES[1], NAMES[3]]):
        assert InHand(notes).deaths(NAMES[1]) == 1


class Full(MemoryLedgers):
    """Notes on a disk that is full."""

    def save(self, changes: object) -> frozenset[str]:
        raise UserError("disk full")


def test_a_note_that_cannot_be_written_keeps_nobody_waiting() -> None:
    in_hand = InHand(Full())
    for hold in (in_hand.together([NAMES[1]]), in_hand.alone(NAMES[2]), in_hand.together([NAMES[3]])):
        with pytest.raises(UserError, match="disk full"), hold:
            pass


def test_a_fatal_error_is_a_death_though_the_process_tidies_up() -> None:
    processes = Processes()
    processes.death = Fatal
    for _ in range(3):
        worker = processes.worker()
        batch = deliveries(*map(source, (1, 3, 2)))
        with pytest.raises(Fatal):
            flatly([work(worker, batch), *turns(worker, processes.clock)])
        worker._in_hand.save()
    told = processes.live(1, 3, 2)
    (failure,) = [answer for answer in told.answers if isinstance(answer, m.Failure)]
    assert failure.reason == "3 processes died with this job in hand, at last with it alone"
    assert sorted(told.done) == [0, 1, 2]
