"""The ports between the pipeline and the world, all synchronous: stores, bus, clock, pictures and plug-in tasks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schemas.topics import Topic

    Pixels = NDArray[np.uint8]
"""Height x width x 3, RGB, 0-255, C-contiguous."""

# --- bus -------------------------------------------------------------------------------------------------------------


class Outgoing(NamedTuple):
    """An encoded message on its way to a topic."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = {}


class Delivery(NamedTuple):
    """A message handed to one member of a consumer group; (topic, partition, offset) names it.

    `at` is when it was published, Unix seconds by the publisher's clock; 0.0 where that is not known.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    at: float = 0.0


class Lag(NamedTuple):
    """How far a group is behind: messages not yet handed out, messages handed out but not acknowledged.

    A bus that cannot tell the two apart (Kafka) counts all of them as waiting.
    """

    waiting: int
    in_flight: int


class Offsets(NamedTuple):
    """Where groups and topics stood at one look, by partition: the next offset of each.

    `committed` (by topic and group; nothing for what was never committed) was read before `ends` (by topic).
    """

    committed: Mapping[tuple[str, str], Mapping[int, int]]
    ends: Mapping[str, Mapping[int, int]]

    def done(self, topic: str, group: str, ends: Mapping[int, int]) -> bool:
        """Whether the group is done with all that came before those ends."""
        committed = self.committed.get((topic, group), {})
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())


class Subscription(Protocol):
    """One member's view of a topic within a consumer group; used by one thread at a time."""

    @property
    def joined(self) -> bool:
        """Whether the group counts this member just now."""

    def poll(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages, waiting at most `timeout_s` for the first; they are leased to this member."""

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Done with these for ever, in any order. Acknowledging a lease that was lost does nothing."""

    def keep(self) -> None:
        """Renew the leases of everything handed out and not acknowledged; call at least every few seconds."""

    def close(self) -> None:
        """Leave the group; what was not acknowledged goes to others at once."""


class Bus(Protocol):
    """Topics with consumer groups, at-least-once."""

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append the messages, in order; returns when they are durable."""

    def subscribe(self, topic: str, group: str, leaving: Callable[[], None] | None = None) -> Subscription:
        """Join `group` as a new member; a new group starts at the earliest message.

        `leaving` may be called by `poll` and `keep`, on their thread, before some of what this member holds goes to
        another: a chance to finish what is in hand and to acknowledge it. It should take seconds, not minutes.
        """

    def lag(self) -> dict[tuple[str, str], Lag]:
        """Lag of every declared (topic, group). Where all are 0, there was an instant at which nothing was queued."""

    def close(self) -> None:
        """Release the bus's resources."""


# --- stores ----------------------------------------------------------------------------------------------------------


class Blobs(Protocol):
    """Create-only storage of bytes under slash-separated keys."""

    def put(self, key: str, data: bytes) -> bool:
        """Store `data`, durable and whole, unless `key` already stands; says whether this call created it."""

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        """Like `put` for each item, cheaper than one by one; gives the keys that this call created."""

    def put_file(self, key: str, path: Path) -> bool:
        """Like `put` for a local file, which is never whole in memory; nobody may change it afterwards."""

    def get(self, key: str) -> bytes:
        """The bytes under `key`; raises `Missing`."""

    def fetch(self, key: str, path: Path) -> None:
        """Like `get` into a local file, replaced if it stands; raises `Missing`, and then writes nothing."""

    def has(self, key: str) -> bool:
        """Whether `key` stands."""

    def copy(self, source: str, key: str) -> bool:
        """Create `key` with the bytes of `source` (raises `Missing`) unless it stands; says whether it created it."""

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""


class Saved(NamedTuple):
    """A document and its version (1, 2, ...)."""

    data: bytes
    version: int


class Change(NamedTuple):
    """Write `data` under `name` if its version still is `expected` (0: it does not exist)."""

    name: str
    data: bytes
    expected: int
    closed: bool = False


class Ledgers(Protocol):
    """Small documents with compare-and-set, listed apart as open and closed."""

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        """Those of `names` that exist."""

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        """Apply each change whose `expected` version holds; returns the names of those that lost (conflicts)."""

    def names(self, state: Literal["open", "closed"]) -> Iterator[str]:
        """Names of open or closed documents, sorted."""

    def count(self, state: Literal["open", "closed"]) -> int:
        """How many documents are open or closed."""


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> float:
        """Unix time in seconds."""

    def monotonic(self) -> float:
        """Seconds that never go back."""


# --- handlers --------------------------------------------------------------------------------------------------------

Work = TypeVar("Work")


class Handler(Protocol[Work]):
    """One consumer group's part in the stream; the loop polls for it, publishes for it and acknowledges last.

    The loop calls begin -> step -> finish, publishes what finish gave, then calls settle, then acknowledges what
    settle names. Each may be cut short by a crash and is then done again, so each may be repeated without harm.
    `begin` and `finish` do I/O; `step` alone runs on the thread that owns the model. With `overlaps` they run in
    threads of their own. A handler may hold deliveries back and name them in a later settle.

    `batch` is how many messages it would take just now: 0 while it rests. `due_s` is when, on the clock's monotonic
    scale, it wants a turn even though nothing new has come (an empty batch); None where never.
    """

    topic: "Topic"
    group: str
    linger_s: float
    overlaps: bool

    @property
    def batch(self) -> int:
        """Most messages wanted now."""

    @property
    def due_s(self) -> float | None:
        """When a turn is wanted without new messages."""

    def start(self) -> None:
        """Called once by the stepping thread before its first step."""

    def begin(self, deliveries: Sequence[Delivery], /) -> Work:
        """Decode, and fetch what the step needs."""

    def step(self, work: Work, /) -> None:
        """The work itself."""

    def finish(self, work: Work, /) -> list[Outgoing]:
        """Store what was made; gives the messages to publish."""

    def settle(self, work: Work, /) -> Sequence[Delivery]:
        """Save state, now that the messages are published; gives the deliveries that are done with for ever."""


# --- pictures and plug-ins -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in memory. `note` travels inside the stored file: a simulated picture's ground truth (JSON), else "".

    A `name` is given only by models whose pictures are a few constants (null): equal names are one stored file.
    """

    pixels: "Pixels"
    note: str = ""
    name: str = ""


Job = TypeVar("Job", covariant=True)


@dataclass(frozen=True, slots=True)
class Task(Generic[Job]):
    """A job with the pictures it refers to, in the order its kind names them (before, after)."""

    job: Job
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Gated:
    """A gate's answer."""

    yes: bool
    reason: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screened:
    """A screen's answer: named measures ("<screen>.<measure>"); the policy, not the screen, holds the bars."""

    measures: Mapping[str, float]
    reason: str = ""
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A judge's answer: scores from 1.0 to 5.0."""

    adherence: float
    aesthetics: float
    preservation: float | None = None
    reason: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


class Usage(NamedTuple):
    """What was asked of a service for one job: tokens in and out, US dollars by the price table."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out, self.cost_usd + other.cost_usd
        )


@dataclass(frozen=True, slots=True)
class Billed:
    """A plug-in's result for one task, or the `Retry` or `Reject` in its place, and what was used to come by it."""

    result: object
    usage: Usage


@dataclass(frozen=True, slots=True)
class Info:
    """What a plug-in says of itself; readable without loading any model.

    `dear`: its answers cost GPU time or money, so each is stored once and reused. `reads_images`: whether its tasks
    need pixels. `batch`: most jobs a step takes. `commercial`: may its outputs be used commercially (None: unknown).
    `repository` is where the model comes from, `revision` which one, `steps` of its sampler, `sizes` the picture sizes
    it is made for, in words, `memory_gb` what it takes on a GPU or in memory. `extra` is the extra of the package `nhr`
    that brings what it imports. `accepts` says what it needs of a job, in words.
    """

    summary: str
    licence: str = "Apache-2.0"
    commercial: bool | None = True
    revision: str = "1"
    dear: bool = False
    reads_images: bool = True
    batch: int = 8
    memory_gb: float = 0.1
    operations: frozenset[str] | None = None
    repository: str = ""
    steps: int = 0
    sizes: str = ""
    accepts: str = ""
    extra: str = ""
