"""Plug-ins that do as a test says, jobs for them, and what a worker made of it all."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from infra.runtime.worker import Worker
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Delivery, Gated, Image, Info, Outgoing
from tests.contract.clocks import FakeClock
from workers.plugin import Options, PlugIn
from workers.roster import KINDS, Kind

RECIPE = "scripted@0123456789ab"
CHEAP = Info(summary="does as it is told", reads_images=False)
DEAR = Info(summary="does as it is told, for money", reads_images=False, dear=True)
SEEING = Info(summary="does as it is told, looking at pictures")
MISSING = m.ImageRef(key="scratch/missing.webp", sha256="0" * 64, width=8, height=8)


class Scripted(PlugIn[Options]):
    """Answers each task as `say` says; what `say` raises, the whole step raises. `asked`: the jobs of each step."""

    def __init__(self, kind: str, say: Callable[[Any], Any], info: Info = CHEAP) -> None:
        super().__init__(Options())
        self.INFO = info  # type: ignore[misc]  # each script has its own
        self.kind = KINDS[kind]
        self.asked: list[list[Any]] = []
        self.loaded = 0
        self._say = say
        setattr(self, self.kind.method, self._step)

    def load(self) -> None:
        self.loaded += 1

    def _step(self, tasks: Sequence[Any]) -> list[Any]:
        self.asked.append([task.job for task in tasks])
        return [self._say(task) for task in tasks]


def unless(number: int, error: Exception) -> Any:
    """Says yes, but raises `error` in any step that has source `number` in it."""

    def say(task: Any) -> Gated:
        if task.job.subject.source_id == f"{number:032}":
            raise error
        return Gated(True)

    return say


def yes(_task: Any) -> Gated:
    return Gated(True, "plausible")


def picture(level: int = 100, name: str = "") -> Image:
    return Image(np.full((4, 6, 3), level, np.uint8), name=name)


def source(number: int = 0, image: m.ImageRef = MISSING) -> m.Source:
    subject = m.Subject(campaign="c", source_id=f"{number:032}", prompt_id="p", image=image)
    return m.Source(subject=subject, requests=(m.Request(instruction="Remove it.", operation="remove"),))


def edit_job(number: int = 0, image: m.ImageRef = MISSING) -> m.EditJob:
    subject = source(number, image).subject
    return m.EditJob(
        job_id=f"{number:032}", policy_id="p", subject=subject, request=source().requests[0], request_id="r", attempt=0,
        seed=1,
    )  # fmt: skip


def deliveries(*messages: m.Message) -> list[Delivery]:
    """The messages as they come from the bus, at offsets from 0 on."""
    sent = [codec.outgoing(message) for message in messages]
    return [Delivery(one.topic, 0, offset, one.key, one.value, {}) for offset, one in enumerate(sent)]


def raw(value: bytes, kind: Kind = KINDS["gate"]) -> Delivery:
    return Delivery(kind.takes.name, 0, 0, "k", value, {})


_JUDGE_JOB = m.JudgeJob(
    job_id="j", policy_id="p", triplet_id="t", subject=source().subject, kind="forward", request=source().requests[0],
    instruction="Remove it.", before=MISSING, after=MISSING,
)  # fmt: skip
_TEXT_JOB = m.TextJob(
    job_id="t", policy_id="p", triplet_id="t", subject=source().subject, task="inverse", kind="inverse",
    request=source().requests[0], instruction="Remove it.",
)  # fmt: skip
JOBS: dict[str, m.Message] = {"gate": source(), "edit": edit_job(), "judge": _JUDGE_JOB, "text": _TEXT_JOB}
"""A job of each stage that refers to no stored picture."""


class Told(NamedTuple):
    """What came of a turn: answers, dead letters, and offsets that are done."""

    answers: list[Any]
    letters: list[Outgoing]
    done: list[int]


def work(worker: Worker, batch: Sequence[Delivery]) -> Told:
    """Take a batch through the worker as the loop does."""
    hand = worker.begin(batch)
    worker.step(hand)
    outputs = worker.finish(hand)
    letters = [out for out in outputs if out.topic == topics.DEAD_LETTERS.name]
    by_name = {topic.name: topic for topic in topics.ALL}
    told = [codec.decode(by_name[out.topic], out.value) for out in outputs if out not in letters]
    return Told(told, letters, [delivery.offset for delivery in worker.settle(hand)])


def turns(worker: Worker, clock: FakeClock, most: int = 100) -> list[Told]:
    """Turns without anything new, each when it is due, until nothing is held."""
    told = []
    for _ in range(most):
        if worker.due_s is None:
            break
        clock.time = max(clock.time, worker.due_s)
        told.append(work(worker, []))
    return told


def flatly(told: list[Told]) -> Told:
    """Turns as one."""
    return Told(
        [answer for turn in told for answer in turn.answers],
        [letter for turn in told for letter in turn.letters],
        [offset for turn in told for offset in turn.done],
    )
