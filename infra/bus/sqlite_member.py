"""A member of a consumer group on the embedded bus: takes, renews and finishes leases.

A lease is one row for a contiguous range of offsets, handed out and not yet acknowledged, so a batch costs one row,
however large it is. Acknowledging part of a range leaves rows for what remains of it.
"""

import itertools
import sqlite3
from collections.abc import Iterable, Sequence

from infra.bus.sqlite_log import Log
from infra.bus.waiting import first_of
from infra.sqlite import Database
from schemas.ports import Clock, Delivery

Range = tuple[int, int]
"""First and last offset, both included."""

_LOOK = """
    SELECT g.takes, g.next, t.next, EXISTS (
        SELECT 1 FROM bus_leases WHERE topic = g.topic AND consumers = g.name AND renewed NOT BETWEEN ? AND ?)
    FROM bus_groups g JOIN bus_topics t ON t.number = g.topic WHERE g.topic = ? AND g.name = ?"""
_ADVANCE = "UPDATE bus_groups SET takes = ?, next = ? WHERE topic = ? AND name = ?"
_EXPIRED = """
    SELECT first, last FROM bus_leases
    WHERE topic = ? AND consumers = ? AND renewed NOT BETWEEN ? AND ? ORDER BY first LIMIT ?"""
_LEASE = "INSERT OR REPLACE INTO bus_leases VALUES (?, ?, ?, ?, ?, ?)"
_FINISH = "DELETE FROM bus_leases WHERE topic = ? AND consumers = ? AND first = ? AND take = ? RETURNING renewed"
_RENEW = "UPDATE bus_leases SET renewed = ? WHERE topic = ? AND consumers = ? AND first = ? AND take = ?"

_NOBODY = 0  # takes count from 1


class LeaseTimes:
    """How long a lease lives without being renewed, by a clock that all members share."""

    def __init__(self, clock: Clock, lease_s: float) -> None:
        self.clock = clock
        self.lease_s = lease_s

    def alive(self) -> tuple[float, float]:
        """A lease renewed between these times is alive; one from the far future is not (the clock was set back)."""
        now = self.clock.now()
        return now - self.lease_s, now + self.lease_s


class SqliteSubscription:
    """What one member holds is known here; what is leased to anyone stands in the file."""

    def __init__(self, database: Database, log: Log, group: str, times: LeaseTimes) -> None:
        self._database = database
        self._log = log
        self._group = (log.number, group)
        self._times = times
        self._held: dict[int, tuple[int, int]] = {}  # first offset -> last offset, take
        self._renewed = 0.0

    @property
    def joined(self) -> bool:
        """From the first."""
        return True

    def poll(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages, those of expired leases first, waiting at most `timeout_s` for any."""
        return first_of(lambda: self._take(limit), self._log.bell, timeout_s)

    def _take(self, limit: int) -> list[Delivery]:
        alive = self._times.alive()
        with self._database.read() as connection:
            _, position, end, expired = self._look(connection, alive)
            if limit < 1 or (position == end and not expired):
                return []
            with self._database.write():
                leased = self._lease(connection, limit, alive)
            self._held.update(leased)
            # Leased messages are not pruned, so other writers need not wait for this reading.
            found = [
                delivery
                for first, (last, _) in leased.items()
                for delivery in self._log.read(connection, first, last, limit)
            ]
        if len(found) < sum(last - first + 1 for first, (last, _) in leased.items()):
            self._stamp(self._times.clock.now())
            if leased.keys() <= self._held.keys():  # else whoever took them over may have done with them
                raise self._database.damaged()
        return found

    def _look(self, connection: sqlite3.Connection, alive: tuple[float, float]) -> tuple[int, int, int, int]:
        row: tuple[int, int, int, int] | None = connection.execute(_LOOK, (*alive, *self._group)).fetchone()
        if row is None or row[1] > row[2]:
            raise self._database.damaged()
        return row

    def _lease(
        self, connection: sqlite3.Connection, limit: int, alive: tuple[float, float]
    ) -> dict[int, tuple[int, int]]:
        takes, position, end, expired = self._look(connection, alive)
        take, ranges = takes + 1, list[Range]()
        if expired:
            ranges, rest = _cut(connection.execute(_EXPIRED, (*self._group, *alive, limit)), limit)
            connection.executemany(_LEASE, [(*self._group, *leftover, _NOBODY, 0.0) for leftover in rest])
        fresh = min(limit - sum(last - first + 1 for first, last in ranges), end - position)
        if fresh:
            ranges.append((position, position + fresh - 1))
        connection.execute(_ADVANCE, (take, position + fresh, *self._group))
        now = self._times.clock.now()
        connection.executemany(_LEASE, [(*self._group, *leased, take, now) for leased in ranges])
        return {first: (last, take) for first, last in ranges}

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Done with these for ever, in any order; what is no longer leased to this member is passed over."""
        done = {delivery.offset for delivery in deliveries}
        finished = {first: found for first, (last, _) in self._held.items() if (found := _within(done, first, last))}
        if not finished:
            return
        kept: dict[int, tuple[int, int]] = {}
        with self._database.write() as connection:
            for first, found in finished.items():
                kept.update(self._finish(connection, first, found))
            self._log.prune(connection, len(done))
        for first in finished:
            del self._held[first]
        self._held.update(kept)

    def _finish(self, connection: sqlite3.Connection, first: int, done: set[int]) -> dict[int, tuple[int, int]]:
        """End one lease, unless it was lost, and lease what is not done of it as before."""
        last, take = self._held[first]
        lease = connection.execute(_FINISH, (*self._group, first, take)).fetchone()
        rest = _gaps(first, last, done) if lease else []
        connection.executemany(_LEASE, [(*self._group, *leftover, take, *lease) for leftover in rest])
        return {start: (end, take) for start, end in rest}

    def keep(self) -> None:
        """Renew the leases of everything held; cheap to call often, for it writes once in 1/20 of a lease's life."""
        now = self._times.clock.now()
        if self._held and not 0 <= now - self._renewed < self._times.lease_s / 20:
            self._stamp(now)
            self._renewed = now

    def close(self) -> None:
        """Leave the group: what was not acknowledged goes to others at once."""
        if self._held:
            self._stamp(0.0)
            self._held.clear()
            self._log.bell.ring()

    def _stamp(self, renewed: float) -> None:
        """Date all leases held, and forget those that were lost."""
        lost = set()
        with self._database.write() as connection:
            for first, (_, take) in self._held.items():
                if not connection.execute(_RENEW, (renewed, *self._group, first, take)).rowcount:
                    lost.add(first)
        for first in lost:
            del self._held[first]


def _within(offsets: set[int], first: int, last: int) -> set[int]:
    if last - first < len(offsets):
        return offsets.intersection(range(first, last + 1))
    return {offset for offset in offsets if first <= offset <= last}


def _cut(ranges: Iterable[Range], limit: int) -> tuple[list[Range], list[Range]]:
    """The first `limit` offsets of the ranges, and the rest of the range that had to be cut."""
    taken: list[Range] = []
    for first, last in ranges:
        size = last - first + 1
        if size > limit:
            if limit:
                taken.append((first, first + limit - 1))
                return taken, [(first + limit, last)]
            break
        taken.append((first, last))
        limit -= size
    return taken, []


def _gaps(first: int, last: int, done: set[int]) -> list[Range]:
    """The maximal ranges of `first` to `last` that hold no offset of `done`."""
    fences = [first - 1, *sorted(done), last + 1]
    return [(left + 1, right - 1) for left, right in itertools.pairwise(fences) if right - left > 1]
