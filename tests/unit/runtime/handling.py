"""A handler and a bus that write down who did what, in order."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from infra.bus.memory import MemoryBus
from schemas import topics
from schemas.ports import Bus, Delivery, Lag, Outgoing, Subscription

TOPIC = topics.TRIPLETS
SOON_S = 10.0
"""How long a test waits for what must come; only a broken loop makes it wait so long."""

Hook = Callable[[str, list[str]], None]


class Diary:
    """What happened, in order; safe for many threads. `at` may interfere: called with each step and its batch."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[str, ...]]] = []
        self.threads: dict[str, set[str]] = {}
        self.at: Hook = lambda _step, _batch: None
        self._lock = threading.Lock()

    def note(self, step: str, batch: Sequence[str]) -> None:
        with self._lock:
            self.entries.append((step, tuple(batch)))
            self.threads.setdefault(step, set()).add(threading.current_thread().name)
        self.at(step, list(batch))

    def steps(self, text: str) -> list[str]:
        """The steps that the batch with `text` went through, in order."""
        with self._lock:
            return [step for step, batch in self.entries if text in batch]


class Noting:
    """A handler that publishes one dead letter a batch and leaves `undone` texts unacknowledged."""

    topic = TOPIC
    group = "collector"
    linger_s = 0.0
    due_s: float | None = None

    def __init__(self, diary: Diary, overlaps: bool, batch: int = 1, undone: Sequence[str] = ()) -> None:
        self.diary, self.overlaps, self.batch, self.undone = diary, overlaps, batch, undone

    def start(self) -> None:
        self.diary.note("start", [])

    def begin(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        self.diary.note("begin", _texts(deliveries))
        return list(deliveries)

    def step(self, work: list[Delivery]) -> None:
        self.diary.note("step", _texts(work))

    def finish(self, work: list[Delivery]) -> list[Outgoing]:
        self.diary.note("finish", _texts(work))
        return [Outgoing(topics.DEAD_LETTERS.name, "k", ",".join(_texts(work)).encode(), {"nhr-error": "Strange"})]

    def settle(self, work: list[Delivery]) -> list[Delivery]:
        self.diary.note("settle", _texts(work))
        return [delivery for delivery in work if delivery.value.decode() not in self.undone]


class NotingBus:
    """A bus that notes publishing, acknowledging and keeping."""

    def __init__(self, inner: Bus, diary: Diary) -> None:
        self._inner, self._diary = inner, diary

    def publish(self, messages: Sequence[Outgoing]) -> None:
        self._diary.note("publish", messages[0].value.decode().split(","))
        self._inner.publish(messages)

    def subscribe(self, topic: str, group: str, leaving: Callable[[], None] | None = None) -> "NotingMember":
        return NotingMember(self._inner.subscribe(topic, group), self._diary)

    def lag(self) -> dict[tuple[str, str], Lag]:
        return self._inner.lag()

    def close(self) -> None:
        self._inner.close()


class NotingMember:
    """A member of a group that notes what it does."""

    def __init__(self, inner: Subscription, diary: Diary) -> None:
        self._inner, self._diary = inner, diary

    @property
    def joined(self) -> bool:
        return self._inner.joined

    def poll(self, limit: int, timeout_s: float) -> list[Delivery]:
        self._diary.note("poll", [])
        return self._inner.poll(limit, timeout_s)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._inner.ack(deliveries)
        self._diary.note("ack", _texts(deliveries))

    def keep(self) -> None:
        self._inner.keep()
        self._diary.note("keep", [])

    def close(self) -> None:
        self._inner.close()
        self._diary.note("close", [])


def fill(bus: MemoryBus, *texts: str) -> None:
    bus.publish([Outgoing(TOPIC.name, "k", text.encode()) for text in texts])


def left(bus: Bus) -> Lag:
    """What the group has not done."""
    return bus.lag()[TOPIC.name, Noting.group]


def _texts(deliveries: Sequence[Any]) -> list[str]:
    return [delivery.value.decode() for delivery in deliveries]
