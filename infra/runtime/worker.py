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
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from infra import images
from infra.metrics import Metrics
from infra.runtime.inhand import DEADLY, InHand
from infra.runtime.item import Item
from infra.runtime.patience import Patience
from infra.runtime.pictures import Pictures
from infra.telemetry.billing import bill
from schemas import codec, headers, metrics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import Fatal, Missing, Pending, Reject, Retry, Undecodable, UserError
from schemas.ports import Billed, Blobs, Clock, Delivery, Image, Outgoing, Task
from workers import answers, roster
from workers.plugin import PlugIn

IO_THREADS = 8

log = logging.getLogger(__name__)


class Deadly(Reject):
    """A job that killed its process again and again."""


@dataclass(slots=True)
class Batch:
    """The jobs of one poll, later those that are ended; and dead letters for what was no job."""

    items: list[Item] = field(default_factory=list)
    letters: list[Outgoing] = field(default_factory=list)
    refused: list[Delivery] = field(default_factory=list)


class Worker:
    """Handler of one kind's topic. Jobs that found no answer are held here, unacknowledged, from batch to batch.

    `sayable` raises `Reject` for a written text that must not be said. Answers stand where the plug-in is dear, and
    with `keeps` whatever it is.
    """

    def __init__(
        self,
        kind: roster.Kind,
        plugin: PlugIn[Any],
        recipe: str,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        meters: Metrics,
        in_hand: InHand,
        threads: int = IO_THREADS,
        spent: Callable[[float], None] = lambda _usd: None,
        entitled: Callable[[Any], None] = lambda _job: None,
        sayable: Callable[[str], None] = lambda _text: None,
        keeps: bool = False,
    ) -> None:
        self.kind, self.plugin, self.recipe = kind, plugin, recipe
        self.topic, self.group = kind.takes, kind.name
        self.linger_s = 0.0
        self._keeps = keeps or plugin.INFO.dear
        self.overlaps = self._keeps or plugin.INFO.reads_images
        self._blobs, self._pictures, self._clock, self._meters = blobs, pictures, clock, meters
        self._in_hand, self._spent, self._entitled = in_hand, spent, entitled
        self._sayable = sayable
        self._copies: dict[str, list[Delivery]] = {}  # of the jobs from begin to settle, by their names
        self._copying = threading.Lock()
        self._patience = Patience(f"{kind.name} {recipe}", plugin.INFO.batch, clock)
        pooled = self.overlaps and threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"{kind.name}-io") if pooled else None
        self._machine = socket.gethostname()

    @property
    def batch(self) -> int:
        """Most messages wanted now: fewer while a service is away."""
        return self._patience.batch

    @property
    def due_s(self) -> float | None:
        """When a held job wants to be asked again."""
        return self._patience.due_s

    @property
    def name(self) -> str:
        """Kind and plug-in, for people."""
        return f"{self.kind.name} {self.recipe.partition('@')[0]}"

    @property
    def trouble(self) -> str:
        """What keeps this worker from working, in words for people; "" when nothing does."""
        since, reason = self._patience.away_since, self._patience.reason
        if since is None:
            return ""
        waited = int(self._clock.monotonic() - since)
        return f"{self.name}: service away for {waited} s ({reason}); asking again"

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
                batch.refused.append(delivery)
                continue
            job_id = answers.job_id(self.kind, job)
            if not self._is_copy(delivery, job_id):
                batch.items.append(Item(delivery, job, job_id))
        allowed = [item for item in batch.items if self._is_allowed(item)]
        if self._keeps:
            self._each(self._recall, allowed)
        self._fetch_all([item for item in allowed if self._may_run(item)])
        return batch

    def _is_allowed(self, item: Item) -> bool:
        """Whether the job's policy admits whoever made its picture; raises `UserError` where it bars this worker."""
        try:
            self._entitled(item.job)
        except Reject as error:
            item.outcome = error
        return item.outcome is None

    def _is_copy(self, delivery: Delivery, job_id: str) -> bool:
        """Whether the same job is in hand already: then it is done with when that one is, and not paid twice."""
        with self._copying:
            copies = self._copies.get(job_id)
            if copies is None:
                self._copies[job_id] = []
            else:
                copies.append(delivery)
        return copies is not None

    def _recall(self, item: Item) -> None:
        with suppress(Missing):
            item.standing = self._blobs.get(self._answer_key(item))

    def _may_run(self, item: Item) -> bool:
        """Whether the job is to be run as others are; one that may be deadly waits for its turn alone."""
        if item.standing is not None:
            return False
        item.deaths = self._in_hand.deaths(item.job_id)
        if item.deaths >= DEADLY:
            item.outcome = Deadly(f"{item.deaths} processes died with this job in hand, at last with it alone")
        return not item.deaths

    def _fetch_all(self, items: Sequence[Item]) -> None:
        if not self.plugin.INFO.reads_images:
            for item in items:
                item.task = Task(item.job)
        elif items:
            # While a job runs alone pictures come later, in the step: whoever waited here could keep no leases.
            with self._in_hand.together([item.job_id for item in items], wait=False) as held:
                self._each(self._fetch, items if held else [])

    def _fetch(self, item: Item) -> None:
        refs = self.kind.pictures(item.job) if self.plugin.INFO.reads_images else ()
        try:
            item.task = Task(item.job, tuple(self._pictures.fetch(ref) for ref in refs))
        except Reject as error:
            item.outcome = error

    # --- step: the model ----------------------------------------------------------------------------------------------

    def step(self, work: Batch) -> None:
        """Run the plug-in over the batch and over held jobs that are due; leaves in `work` the jobs that are ended.

        A job that may be deadly ends the step, so that what it answered is published before the next one is tried.
        Raises `FuseBlown`, but not before what was answered until then is published; and `Fatal`, at once.
        """
        fresh = [item for item in work.items if item.standing is None and item.outcome is None]
        known = set(work.items)
        ended = known.difference(fresh)
        while asked := self._patience.next(fresh):
            away, deadly = self._patience.away_since, asked[0].deaths
            self._ask(asked)
            learnt = self._patience.learn(asked)
            self._tell(asked, away)
            ended.update(learnt)
            work.items += [item for item in learnt if item not in known]
            if deadly:
                self._patience.hold(fresh)
                break
        work.items = [item for item in work.items if item in ended]
        pending = self._patience.pending
        self._patience.rest()
        if self._patience.pending != pending:
            self._meters.shift(metrics.PENDING, self.group, by=self._patience.pending - pending)
        if self._patience.blown is not None and not work.items:
            raise self._patience.blown

    def _ask(self, items: Sequence[Item]) -> None:
        """Run the plug-in over jobs, one that may be deadly alone, and note what it took."""
        started, at = self._clock.monotonic(), self._clock.now()
        job_ids = [item.job_id for item in items]
        with self._in_hand.alone(job_ids[0]) if items[0].deaths else self._in_hand.together(job_ids):
            self._each(self._fetch, [item for item in items if item.task is None])
            if ready := [item for item in items if item.task is not None]:
                self._run(ready)
        share, now = (self._clock.monotonic() - started) / len(items), self._clock.now()
        for item in items:
            item.seconds += share
            item.tries += 1
            item.first_at, item.last_at = item.first_at or at, now
            item.deaths = 0
            if isinstance(item.outcome, Pending):
                item.task = None  # its pictures come again when there is something to see: hundreds may be waiting

    def _run(self, items: Sequence[Item]) -> None:
        try:
            outcomes: Iterable[Any] = roster.run(self.kind, self.plugin, [item.task for item in items])
        except Fatal:
            raise
        except Retry as error:
            outcomes = [error] * len(items)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; whose fault it is shows later
            if len(items) > 1:
                for item in items:
                    self._run([item])
                return
            outcomes = [error]
        for item, outcome in zip(items, outcomes, strict=True):
            item.outcome = self._checked(item, outcome)

    def _checked(self, item: Item, outcome: Any) -> Any:
        """The answer to a job, or the error that it is: a result out of range is a bug of the plug-in."""
        if isinstance(outcome, Billed):
            item.usage = item.usage.plus(outcome.usage)
            self._spent(outcome.usage.cost_usd)
            bill(self._meters, self.group, self.recipe, outcome.usage)
            outcome = outcome.result
        if isinstance(outcome, Exception):
            return outcome
        try:
            if isinstance(outcome, Image) and self.kind.stage in {"generate", "edit"}:
                images.check(outcome)
                return outcome
            if isinstance(outcome, str):
                self._sayable(outcome)
            return answers.told(item.job, outcome, self.recipe, m.NO_METER)
        except (ValueError, TypeError, Reject) as error:
            return error

    def _tell(self, asked: Sequence[Item], away_before: float | None) -> None:
        """Count what was put off, and say when a service goes and when it is back."""
        put_off = sum(isinstance(item.outcome, Retry) and not isinstance(item.outcome, Pending) for item in asked)
        if put_off:
            self._meters.inc(metrics.RETRIES, self.group, by=put_off)
        away = self._patience.away_since
        if away is not None and away_before is None:
            self._meters.shift(metrics.BREAKERS, self.group, by=1)
            log.warning("%s: service away (%s); asking again until it is back", self.kind.name, self._patience.reason)
        if away is None and away_before is not None:
            self._meters.shift(metrics.BREAKERS, self.group, by=-1)
            log.warning("%s: service back after %.0f s", self.kind.name, self._clock.monotonic() - away_before)

    # --- finish: store, answer ----------------------------------------------------------------------------------------

    def finish(self, work: Batch) -> list[Outgoing]:
        """The answers, pictures and standing answers stored; and what is said of jobs that have none."""
        outputs = list(work.letters)
        counts: Counter[str] = Counter()
        for outcome, messages in self._each(self._answer, work.items):
            counts[outcome] += 1
            outputs.extend(messages)
        for outcome, count in counts.items():
            self._meters.inc(metrics.JOBS, self.group, outcome, by=count)
        return outputs

    def settle(self, work: Batch) -> Sequence[Delivery]:
        """Nothing to save; jobs that are held are not among those that are done."""
        for item in work.items:
            if isinstance(item.outcome, Deadly):
                self._in_hand.forget(item.job_id)
        with self._copying:
            copies = [copy for item in work.items for copy in self._copies.pop(item.job_id)]
        return [*work.refused, *(item.delivery for item in work.items), *copies]

    def _answer(self, item: Item) -> tuple[str, list[Outgoing]]:
        """How the job ended, and the messages that tell it."""
        if item.standing is not None:
            return "standing", [self._standing(item, item.standing)]
        if isinstance(item.outcome, Exception):
            return self._failure(item, item.outcome)
        try:
            answer = codec.outgoing(self._message(item), headers.carried(item.delivery))
        except (ValueError, Reject) as error:  # too long for a message
            return self._failure(item, error)
        if not self._keeps or self._blobs.put(self._answer_key(item), answer.value):
            return "answered", [answer]
        return "standing", [self._standing(item, self._blobs.get(self._answer_key(item)))]

    def _message(self, item: Item) -> m.Message:
        if isinstance(item.outcome, Image):
            folder = "candidates" if self.kind.stage == "edit" else "sources"
            key = f"scratch/{folder}/{item.job_id[:2]}/{item.job_id}.{self.recipe}"
            image = self._pictures.store(key, item.outcome)
            return answers.pictured(item.job, image, self.recipe, self._meter(item))
        told: m.Message = item.outcome.model_copy(update={"meter": self._meter(item)})
        return told

    def _failure(self, item: Item, error: Exception) -> tuple[str, list[Outgoing]]:
        rejected = isinstance(error, Reject)
        reason = str(error) if rejected else f"{type(error).__name__}: {error}"
        if isinstance(error, Retry):
            reason = f"put off {item.tries} times while other jobs were answered: {error}"
        log.warning("%s: job %s cannot be done: %s", self.kind.name, item.job_id, reason)
        failure = answers.failed(self.kind, item.job, reason, self.recipe, self._meter(item))
        letter = self._letter(item.delivery, type(error).__name__, reason, item)
        told = codec.outgoing(failure, headers.carried(item.delivery))
        return "rejected" if rejected else "failed", [told, letter]

    def _standing(self, item: Item, answer: bytes) -> Outgoing:
        topic = codec.answer_topic(self.kind.stage)
        try:
            codec.decode(topic, answer)
        except Undecodable as error:
            hint = "restore it, or delete it: then it is asked again"
            raise UserError(f"{self._answer_key(item)} is no answer ({error})", hint) from None
        return Outgoing(topic.name, answers.source_id(item.job), answer, headers.carried(item.delivery))

    def _letter(self, delivery: Delivery, error: str, reason: str, item: Item | None = None) -> Outgoing:
        job_id, tries, first_at = (item.job_id, item.tries, item.first_at) if item else ("", 1, 0.0)
        return dead_letter(
            delivery, self.group, error, reason, at=self._clock.now(), stage=self.kind.stage, job_id=job_id,
            attempts=max(1, tries), first_at=first_at,
        )  # fmt: skip

    def _meter(self, item: Item) -> m.Meter:
        return m.Meter(seconds=item.seconds, machine=self._machine, at=self._clock.now(), **item.usage._asdict())

    def _answer_key(self, item: Item) -> str:
        return f"answers/{self.kind.name}/{item.job_id[:2]}/{item.job_id}.{self.recipe}"

    def _each(self, do: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
        if self._pool is None or len(items) < 2:
            return [do(item) for item in items]
        return list(self._pool.map(do, items))
