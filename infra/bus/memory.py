"""The bus in memory, for tests and the simulator; with a `Chance` it reorders and repeats messages."""

import random
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence

from infra.bus.waiting import Bell, first_of
from schemas.ports import Clock, Delivery, Lag, Outgoing
from schemas.topics import ALL, Topic

PRUNE_EVERY = 4096
"""Acknowledged messages of a topic between two prunings."""


class _Lease:
    """Offsets handed out by one poll and not yet acknowledged; `renewed` is Unix seconds."""

    def __init__(self, offsets: Sequence[int], renewed: float) -> None:
        self.offsets = set(offsets)
        self.renewed = renewed
        self.lost = False


class _Group:
    """Where a consumer group stands: the next new offset, offsets given back (sorted), leases in order of polls."""

    def __init__(self, earliest: int) -> None:
        self.next = earliest
        self.returned: list[int] = []
        self.leases: list[_Lease] = []

    def expire(self, alive: tuple[float, float]) -> None:
        """End the leases that were not renewed in time."""
        gone = [lease for lease in self.leases if not alive[0] <= lease.renewed <= alive[1]]
        if not gone:
            return
        for lease in gone:
            lease.lost = True
            self.returned.extend(lease.offsets)
        self.returned.sort()
        self.leases = [lease for lease in self.leases if not lease.lost]

    def pick(self, end: int, limit: int) -> list[int]:
        """The next offsets to hand out, those given back first."""
        picked = self.returned[:limit]
        del self.returned[:limit]
        fresh = min(limit - len(picked), end - self.next)
        picked += range(self.next, self.next + fresh)
        self.next += fresh
        return picked

    def floor(self) -> int:
        """The lowest offset that this group has not done with."""
        return min([self.next, *self.returned[:1], *(min(lease.offsets) for lease in self.leases)])


class _Chance:
    """What an unkind network does, as a function of the generator: any order, any batch size, repetitions."""

    def __init__(self, rng: random.Random, duplicates: float) -> None:
        self._rng = rng
        self._duplicates = duplicates

    def pick(self, group: _Group, end: int, limit: int) -> list[int]:
        """A random number of random waiting offsets."""
        group.returned.extend(range(group.next, end))
        group.next = end
        most = min(limit, len(group.returned))
        if not most:
            return []
        places = self._rng.sample(range(len(group.returned)), self._rng.randint(1, most))
        picked = [group.returned[place] for place in places]
        for place in sorted(places, reverse=True):
            del group.returned[place]
        return picked

    def repeated(self, group: _Group, most: int) -> list[int]:
        """For each of `most`, perhaps an offset that was handed out before, whoever has it or had it."""
        given = group.next - len(group.returned)
        times = sum(self._rng.random() < self._duplicates for _ in range(most))
        return [_nth_absent(group.returned, self._rng.randrange(given)) for _ in range(times)]


def _nth_absent(present: list[int], n: int) -> int:
    """The n-th natural number, from 0, that the sorted list does not hold."""
    return n + bisect_right(range(len(present)), n, key=lambda place: present[place] - place)


class _Log:
    """The messages of one topic that are still kept, the first of them at offset `base`, and its groups."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.base = 0
        self.kept: list[Delivery] = []
        self.groups = {group: _Group(0) for group in topic.groups}
        self.bell = Bell()
        self.acked = 0

    @property
    def end(self) -> int:
        """The offset that the next message gets."""
        return self.base + len(self.kept)

    def append(self, messages: Sequence[Outgoing], at: float) -> None:
        """Add messages at the end, at that time."""
        name = self.topic.name
        self.kept += [
            Delivery(name, 0, offset, key, value, headers, at)
            for offset, (_, key, value, headers) in enumerate(messages, self.end)
        ]

    def floor(self, group: str = "") -> int:
        """The lowest offset that `group`, or any group, has not done with; 0 where there is none."""
        return min((one.floor() for name, one in self.groups.items() if group in {"", name}), default=0)

    def prune(self, acked: int) -> None:
        """Note that `acked` more were acknowledged; now and then forget what every group has done with."""
        self.acked += acked
        if self.acked >= PRUNE_EVERY:
            self.acked = 0
            floor = self.floor()
            del self.kept[: floor - self.base]
            self.base = floor


class MemoryBus:
    """Topics with consumer groups in one process, with the semantics of the embedded bus; safe for many threads.

    With `rng`, a poll hands out a random number of random waiting messages and, for each of them, with probability
    `duplicates`, one more that the group was given before. The same generator and calls give the same deliveries.
    """

    def __init__(
        self,
        clock: Clock,
        lease_s: float = 30.0,
        rng: random.Random | None = None,
        duplicates: float = 0.0,
        topics: Sequence[Topic] = ALL,
    ) -> None:
        self._clock = clock
        self._lease_s = lease_s
        self._chance = _Chance(rng, duplicates) if rng else None
        self._lock = threading.Lock()
        self._logs = {topic.name: _Log(topic) for topic in topics}

    def _log(self, topic: str) -> _Log:
        log = self._logs.get(topic)
        if log is None:
            raise ValueError(f"no topic {topic!r} on this bus")
        return log

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append the messages, each topic's in their order."""
        batches: dict[str, list[Outgoing]] = {}
        for message in messages:
            batches.setdefault(message.topic, []).append(message)
        logs = [(self._log(topic), batch) for topic, batch in batches.items()]
        at = self._clock.now()
        with self._lock:
            for log, batch in logs:
                log.append(batch, at)
        for log, _ in logs:
            log.bell.ring()

    def subscribe(self, topic: str, group: str, leaving: Callable[[], None] | None = None) -> "MemorySubscription":  # noqa: ARG002
        """Join `group` as a new member; a new group starts at the earliest message still kept.

        Nothing that is held goes to others as long as its leases are kept, so `leaving` is never called.
        """
        log = self._log(topic)
        with self._lock:
            joined = log.groups.setdefault(group, _Group(log.base))
        return MemorySubscription(self, log, joined)

    def lag(self) -> dict[tuple[str, str], Lag]:
        """Lag of every declared (topic, group); messages of expired leases count as waiting."""
        alive = self._alive()
        with self._lock:
            return {
                (log.topic.name, name): _lag(log.groups[name], log.end, alive)
                for log in self._logs.values()
                for name in log.topic.groups
            }

    def read(self, topic: str, start: int = 0, limit: int = 100, partition: int = 0) -> list[Delivery]:
        """Up to `limit` stored messages from offset `start` on, leased to nobody; there is one partition, 0."""
        log = self._log(topic)
        with self._lock:
            place = max(0, start - log.base)
            return log.kept[place : place + limit] if partition == 0 else []

    def floors(self, topic: str, group: str = "") -> dict[int, int]:
        """By partition, the lowest offset that `group`, or any group, has not done with; 0 where nobody reads."""
        log = self._log(topic)
        with self._lock:
            return {0: log.floor(group)}

    def ends(self) -> dict[str, int]:
        """How many messages each topic ever had: the offset that its next one gets."""
        with self._lock:
            return {name: log.end for name, log in sorted(self._logs.items())}

    def release_all(self) -> None:
        """End every lease at once; for the one process that knows that no other is at work (a fresh start)."""
        with self._lock:
            for log in self._logs.values():
                for group in log.groups.values():
                    group.expire((float("inf"), float("inf")))
        for log in self._logs.values():
            log.bell.ring()

    def close(self) -> None:
        """Nothing to release."""

    def _alive(self) -> tuple[float, float]:
        now = self._clock.now()
        return now - self._lease_s, now + self._lease_s

    def take(self, log: _Log, group: _Group, limit: int) -> tuple[_Lease | None, list[Delivery]]:
        """Lease up to `limit` waiting messages; for subscriptions."""
        now, repeated = self._clock.now(), list[int]()
        with self._lock:
            group.expire(self._alive())
            if self._chance is None:
                offsets = group.pick(log.end, limit)
            else:
                offsets = self._chance.pick(group, log.end, limit)
                repeated = self._chance.repeated(group, min(len(offsets), limit - len(offsets)))
            if not offsets:
                return None, []
            lease = _Lease(offsets, now)
            group.leases.append(lease)
            return lease, [log.kept[offset - log.base] for offset in (*offsets, *repeated)]

    def finish(self, log: _Log, group: _Group, done: Sequence[tuple[_Lease, int]]) -> None:
        """Acknowledge offsets of leases that were not lost; for subscriptions."""
        with self._lock:
            for lease, offset in done:
                lease.offsets.discard(offset)
            if any(not lease.offsets for lease, _ in done):
                group.leases = [lease for lease in group.leases if lease.offsets]
            if self._chance is None:
                log.prune(len(done))

    def stamp(self, leases: Sequence[_Lease], renewed: float | None = None) -> None:
        """Renew leases, now or as of `renewed`; for subscriptions."""
        now = self._clock.now() if renewed is None else renewed
        with self._lock:
            for lease in leases:
                lease.renewed = now


class MemorySubscription:
    """A member of a group: which lease each delivery it holds belongs to."""

    def __init__(self, bus: MemoryBus, log: _Log, group: _Group) -> None:
        self._bus = bus
        self._log = log
        self._group = group
        self._held: dict[int, _Lease] = {}

    @property
    def joined(self) -> bool:
        """From the first."""
        return True

    def poll(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages, waiting at most `timeout_s` for any."""
        return first_of(lambda: self._take(limit), self._log.bell, timeout_s)

    def _take(self, limit: int) -> list[Delivery]:
        lease, deliveries = self._bus.take(self._log, self._group, max(0, limit))
        if lease is not None:
            self._held.update(dict.fromkeys(lease.offsets, lease))
        return deliveries

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Done with these for ever, in any order; what is no longer leased to this member is passed over."""
        held = ((self._held.pop(delivery.offset, None), delivery.offset) for delivery in deliveries)
        done = [(lease, offset) for lease, offset in held if lease is not None and not lease.lost]
        if done:
            self._bus.finish(self._log, self._group, done)

    def keep(self) -> None:
        """Renew the leases of everything held; forgets those that were lost."""
        self._held = {offset: lease for offset, lease in self._held.items() if not lease.lost}
        self._bus.stamp(list(dict.fromkeys(self._held.values())))

    def close(self) -> None:
        """Leave the group: what was not acknowledged goes to others at once."""
        self._bus.stamp(list(self._held.values()), renewed=float("-inf"))
        self._held.clear()
        self._log.bell.ring()


def _lag(group: _Group, end: int, alive: tuple[float, float]) -> Lag:
    group.expire(alive)
    return Lag(end - group.next + len(group.returned), sum(len(lease.offsets) for lease in group.leases))
