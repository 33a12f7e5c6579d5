"""Rows as the messages of a bus: the judge's loop takes jobs from here and publishes its answers here.

Nothing is queued that lasts: what is not answered is read from the data set again by the next run, and what is
answered stands under `answers/`.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from infra.scoring.dataset import DataSet
from infra.scoring.jobs import judge_job
from infra.scoring.pictures import Desk
from infra.scoring.rows import Row, Unreadable
from infra.scoring.samples import Sample, sample
from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Reject
from schemas.ports import Clock, Delivery, Lag, Outgoing, Usage
from streams.ahead import ahead
from streams.scoring.scores import Scores

THREADS = 4
AHEAD = 16
"""Rows read before their turn."""
MOST_PIXELS = 128 << 20
"""Bytes of decoded pictures in one batch, unless it is a single row."""


@dataclass
class Part:
    """The rows of one data set that are to be scored, and what came of them."""

    of: DataSet
    numbers: Sequence[int]
    scores: Scores


@dataclass(frozen=True)
class Asked:
    """A row that is being judged."""

    part: Part
    sample: Sample
    offset: int


class Feed:
    """A bus of one topic, one member and one run, and that member's subscription.

    At the end of all rows `ended` and `stop` are set. `tick` is called every few tenths of a second, by the loop's own
    thread.
    """

    joined = True

    def __init__(
        self, parts: Sequence[Part], desk: Desk, clock: Clock, stop: threading.Event, ended: threading.Event,
        tick: Callable[[], None],
    ) -> None:  # fmt: skip
        self._desk, self._clock, self._stop, self._ended, self._tick = desk, clock, stop, ended, tick
        self._rows = _sampled(parts)
        self._asked: dict[str, Asked] = {}
        self._open: dict[int, Asked] = {}
        self._over = False
        self._offset = 0
        self._lock = threading.Lock()

    # --- bus ----------------------------------------------------------------------------------------------------------

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Take in what became of rows; dead letters say nothing that a failure does not."""
        for message in messages:
            if message.topic == topics.VERDICTS.name:
                self._learn(codec.decode(topics.VERDICTS, message.value))

    def subscribe(self, _topic: str, _group: str, _leaving: Callable[[], None] | None = None) -> "Feed":
        """There is one member."""
        return self

    def lag(self) -> dict[tuple[str, str], Lag]:
        """Nothing waits outside the data sets."""
        return {}

    def _learn(self, verdict: m.JudgeVerdict | m.Failure) -> None:
        with self._lock:
            asked = self._asked.pop(verdict.job_id, None)
            if asked is None:
                return
            scores, told = asked.part.scores, asked.sample
            meter = verdict.meter
            scores.spend(Usage(meter.tokens_in, meter.tokens_out, meter.cost_usd))
            if isinstance(verdict, m.JudgeVerdict):
                scores.add(verdict.adherence, verdict.aesthetics, told.category, told.cluster)
            else:
                scores.fail(verdict.reason, told.key)

    # --- subscription -------------------------------------------------------------------------------------------------

    def poll(self, limit: int, _timeout_s: float) -> list[Delivery]:
        """Jobs of the next rows, as many as fit into memory with their pictures; counts rows that cannot be read."""
        found: list[Delivery] = []
        room = MOST_PIXELS
        while len(found) < limit and room > 0 and not self._stop.is_set():
            following = next(self._rows, None)
            if following is None:
                self._over = True
                self._end()
                break
            part, row, read = following
            try:
                asked, job = self._laid(part, read())
            except (Unreadable, Reject) as error:
                with self._lock:
                    part.scores.fail(str(error), row.key)
                continue
            found.append(self._delivery(asked, job))
            room -= 3 * (job.before.width * job.before.height + job.after.width * job.after.height)
        return found

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """These rows are done: their pictures leave the desk."""
        for delivery in deliveries:
            asked = self._open.pop(delivery.offset)
            for name in asked.sample.names:
                self._desk.clear(name)
        self._end()

    def keep(self) -> None:
        """A moment to look around."""
        self._tick()

    def close(self) -> None:
        """Stop reading."""
        self._rows.close()

    def _end(self) -> None:
        if self._over and not self._open:
            self._ended.set()
            self._stop.set()

    def _laid(self, part: Part, read: Sample) -> tuple[Asked, m.JudgeJob]:
        """The job of a row, whose pictures lie on the desk; raises `Reject`."""
        before = self._desk.lay(read.names[0], read.before)
        try:
            after = self._desk.lay(read.names[1], read.after)
        except Reject:
            self._desk.clear(read.names[0])
            raise
        return Asked(part, read, self._offset), judge_job(part.of.known_as, read, before, after)

    def _delivery(self, asked: Asked, job: m.JudgeJob) -> Delivery:
        sent = codec.outgoing(job)
        with self._lock:
            self._asked[job.job_id] = asked
        self._open[asked.offset] = asked
        self._offset += 1
        return Delivery(sent.topic, 0, asked.offset, sent.key, sent.value, sent.headers, self._clock.now())


Following = tuple[Part, Row, Callable[[], Sample]]


def _sampled(parts: Sequence[Part]) -> Generator[Following, None, None]:
    """Each row of the samples, with what gives it read or raises `Unreadable`; closing it ends its threads."""
    for (part, row), read in ahead(lambda one: sample(one[1], one[0].of), _numbered(parts), THREADS, AHEAD):
        yield part, row, read


def _numbered(parts: Sequence[Part]) -> Iterator[tuple[Part, Row]]:
    for part in parts:
        for row in part.of.rows.read(part.numbers, part.of.reads):
            yield part, row
