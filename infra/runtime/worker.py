"""A worker kind with a plug-in, as a handler: decode, fetch pictures, step, store what was made, answer.

Whatever is dear is answered once: its answer is put, create-only, under `answers/` before it is published, and
whoever loses that race, or comes back after a crash, publishes what stands.
"""

import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from infra.metrics import Metrics
from infra.runtime.pictures import Pictures
from schemas import codec, metrics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import Missing, NhrError, Reject, Retry, Undecodable
from schemas.ports import Blobs, Clock, Delivery, Image, Outgoing, Task
from workers import answers, roster
from workers.plugin import PlugIn

IO_THREADS = 8
FUSE = 5

log = logging.getLogger(__name__)


class FuseBlown(NhrError):
    """A plug-in failed several jobs in a row: the fault is hardly theirs. Those in hand are not answered."""


@dataclass(slots=True)
class Item:
    """One job on its way through: `outcome` is a result or the error that ended it, `standing` an earlier answer."""

    delivery: Delivery
    job: Any
    job_id: str
    task: Task[Any] | None = None
    standing: bytes | None = None
    outcome: Any = None
    seconds: float = 0.0


@dataclass(slots=True)
class Batch:
    """The jobs of one poll, and dead letters for what was no job."""

    items: list[Item] = field(default_factory=list)
    letters: list[Outgoing] = field(default_factory=list)


class Worker:
    """Handler of one kind's topic. `stop` ends waiting for a service that is away, leaving its jobs unanswered."""

    def __init__(
        self,
        kind: roster.Kind,
        plugin: PlugIn[Any],
        recipe: str,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        meters: Metrics,
        stop: threading.Event,
    ) -> None:
        self.kind, self.plugin, self.recipe = kind, plugin, recipe
        self.topic, self.group = kind.takes, kind.name
        self.batch = plugin.INFO.batch
        self.linger_s = 0.0
        self.overlaps = plugin.INFO.dear or plugin.INFO.reads_images
        self._blobs, self._pictures, self._clock, self._meters, self._stop = blobs, pictures, clock, meters, stop
        self._pool = ThreadPoolExecutor(IO_THREADS, thread_name_prefix=f"{kind.name}-io") if self.overlaps else None
        self._machine = socket.gethostname()
        self._failed_in_a_row = 0

    def start(self) -> None:
        """Load the model."""
        self.plugin.load()

    # --- begin: decode, look for a standing answer, fetch pictures ----------------------------------------------------

    def begin(self, deliveries: Sequence[Delivery]) -> Batch:
        """Decode the jobs and bring their pictures."""
        batch = Batch()
        for delivery in deliveries:
            try:
                job = codec.decode(self.topic, delivery.value)
            except Undecodable as error:
                batch.letters.append(self._letter(delivery, "Undecodable", str(error)))
                continue
            batch.items.append(Item(delivery, job, answers.job_id(self.kind, job)))
        self._each(self._prepare, batch.items)
        return batch

    def _prepare(self, item: Item) -> None:
        if self.plugin.INFO.dear:
            try:
                item.standing = self._blobs.get(self._answer_key(item))
            except Missing:
                pass
            else:
                return
        refs = self.kind.pictures(item.job) if self.plugin.INFO.reads_images else ()
        try:
            item.task = Task(item.job, tuple(self._pictures.fetch(ref) for ref in refs))
        except Reject as error:
            item.outcome = error

    # --- step: the model ----------------------------------------------------------------------------------------------

    def step(self, work: Batch) -> None:
        """Run the plug-in over the batch; jobs whose service is away are asked again until it is back."""
        waiting = [item for item in work.items if item.task is not None]
        while waiting:
            started = self._clock.monotonic()
            self._run(waiting)
            share = (self._clock.monotonic() - started) / len(waiting)
            for item in waiting:
                item.seconds += share
            waiting = [item for item in waiting if isinstance(item.outcome, Retry)]
            if waiting:
                self._meters.inc(metrics.RETRIES, self.group, by=len(waiting))
                log.warning("%s: %s; asking again", self.kind.name, waiting[0].outcome)
                if self._stop.wait(max(item.outcome.after_s for item in waiting)):
                    return

    def _run(self, items: Sequence[Item]) -> None:
        try:
            outcomes: Iterable[Any] = roster.run(self.kind, self.plugin, [item.task for item in items])
        except Retry as error:
            outcomes = [error] * len(items)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; the fuse decides what it means
            if len(items) > 1:
                for item in items:
                    self._run([item])
                return
            outcomes = [error]
        for item, outcome in zip(items, outcomes, strict=True):
            item.outcome = outcome
            self._watch_fuse(item)

    def _watch_fuse(self, item: Item) -> None:
        if isinstance(item.outcome, Retry | Reject):
            return
        if not isinstance(item.outcome, Exception):
            self._failed_in_a_row = 0
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FUSE:
            what = f"{self.kind.name} {self.recipe} failed {FUSE} jobs in a row"
            why = f"{type(item.outcome).__name__}: {item.outcome}"
            raise FuseBlown(f"{what} ({why}); nothing is lost: mend it and run again") from item.outcome

    # --- finish: store, answer ----------------------------------------------------------------------------------------

    def finish(self, work: Batch) -> list[Outgoing]:
        """The answers, pictures and standing answers stored; jobs still waiting for a service have none."""
        outputs = list(work.letters)
        counts: Counter[str] = Counter()
        for outcome, messages in self._each(self._answer, work.items):
            counts[outcome] += 1
            outputs.extend(messages)
        for outcome, count in counts.items():
            self._meters.inc(metrics.JOBS, self.group, outcome, by=count)
        return outputs

    def settle(self, work: Batch) -> Sequence[Delivery]:
        """Nothing to save; jobs whose service was away to the end stay."""
        return [item.delivery for item in work.items if isinstance(item.outcome, Retry)]

    def _answer(self, item: Item) -> tuple[str, list[Outgoing]]:
        """How the job ended, and the messages that tell it."""
        if item.standing is not None:
            return "standing", [self._standing(item, item.standing)]
        if isinstance(item.outcome, Retry):
            return "waiting", []
        if isinstance(item.outcome, Exception):
            return self._failure(item, item.outcome)
        try:
            answer = codec.outgoing(self._message(item))
        except (ValueError, TypeError, Reject) as error:  # a result out of range, too long or of no known shape
            return self._failure(item, error)
        if not self.plugin.INFO.dear or self._blobs.put(self._answer_key(item), answer.value):
            return "answered", [answer]
        return "standing", [self._standing(item, self._blobs.get(self._answer_key(item)))]

    def _message(self, item: Item) -> m.Message:
        if isinstance(item.outcome, Image):
            folder = "candidates" if self.kind.stage == "edit" else "sources"
            key = f"scratch/{folder}/{item.job_id[:2]}/{item.job_id}.{self.recipe}"
            return answers.pictured(item.job, self._pictures.store(key, item.outcome), self.recipe)
        return answers.told(item.job, item.outcome, self.recipe, self._meter(item))

    def _failure(self, item: Item, error: Exception) -> tuple[str, list[Outgoing]]:
        rejected = isinstance(error, Reject)
        reason = str(error) if rejected else f"{type(error).__name__}: {error}"
        log.warning("%s: job %s cannot be done: %s", self.kind.name, item.job_id, reason)
        failure = answers.failed(self.kind, item.job, reason, self.recipe, self._meter(item))
        letter = self._letter(item.delivery, type(error).__name__, reason)
        return "rejected" if rejected else "failed", [codec.outgoing(failure), letter]

    def _standing(self, item: Item, answer: bytes) -> Outgoing:
        return Outgoing(codec.answer_topic(self.kind.stage).name, answers.source_id(item.job), answer)

    def _letter(self, delivery: Delivery, error: str, reason: str) -> Outgoing:
        self._meters.inc(metrics.DEAD_LETTERS, self.group, error)
        return dead_letter(delivery, self.group, error, reason)

    def _meter(self, item: Item) -> m.Meter:
        return m.Meter(seconds=item.seconds, machine=self._machine, at=self._clock.now())

    def _answer_key(self, item: Item) -> str:
        return f"answers/{self.kind.name}/{item.job_id[:2]}/{item.job_id}.{self.recipe}"

    def _each(self, do: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
        if self._pool is None or len(items) < 2:
            return [do(item) for item in items]
        return list(self._pool.map(do, items))
