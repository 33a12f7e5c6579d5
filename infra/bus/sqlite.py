"""The embedded bus: topics with consumer groups in one SQLite file, shared by many threads and processes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from infra.bus.sqlite_log import SCHEMA, Log, columns
from infra.bus.sqlite_member import LeaseTimes, SqliteSubscription
from infra.sqlite import Database, opened
from schemas.ports import Clock, Delivery, Lag, Outgoing
from schemas.topics import ALL, Topic

_LAG = """
    SELECT t.name, g.name, t.next - g.next,
        coalesce(sum(l.last - l.first + 1), 0),
        coalesce(sum(CASE WHEN l.renewed BETWEEN ? AND ? THEN l.last - l.first + 1 END), 0)
    FROM bus_topics t JOIN bus_groups g ON g.topic = t.number
    LEFT JOIN bus_leases l ON l.topic = g.topic AND l.consumers = g.name GROUP BY g.topic, g.name"""


_UNSOUND = """
    SELECT 1 FROM bus_topics t LEFT JOIN bus_groups g ON g.topic = t.number
    WHERE typeof(t.next) != 'integer' OR t.next < 0
        OR g.name IS NOT NULL AND (typeof(g.next) != 'integer' OR g.next NOT BETWEEN 0 AND t.next)
    UNION ALL SELECT 1 FROM bus_leases l LEFT JOIN bus_groups g ON g.topic = l.topic AND g.name = l.consumers
    WHERE g.next IS NULL OR typeof(l.renewed) NOT IN ('integer', 'real')
        OR NOT (typeof(l.first) = 'integer' AND typeof(l.last) = 'integer' AND 0 <= l.first AND l.first <= l.last
            AND l.last < g.next)
    LIMIT 1"""


class SqliteBus:
    """Topics with consumer groups in an NHR database; messages that all groups acknowledged are pruned in time.

    `where` is a file or an open `Database` (share one with the ledgers); `clock` rules the leases, and all processes
    should give the same `lease_s`. A group that `topics` does not declare counts for pruning once it has subscribed.
    A topic without groups keeps everything.
    """

    def __init__(
        self, where: Database | Path | str, clock: Clock, lease_s: float = 30.0, topics: Sequence[Topic] = ALL
    ) -> None:
        self._database, self._owned = opened(where)
        self._times = LeaseTimes(clock, lease_s)
        self._declared = [(topic.name, group) for topic in topics for group in topic.groups]
        self._logs = self._create(topics)

    def _create(self, topics: Sequence[Topic]) -> dict[str, Log]:
        self._database.define(SCHEMA)
        with self._database.write() as connection:
            names = [(topic.name,) for topic in topics]
            connection.executemany("INSERT OR IGNORE INTO bus_topics (name) VALUES (?)", names)
            numbers: dict[str, int] = dict(connection.execute("SELECT name, number FROM bus_topics").fetchall())
            if not numbers.keys() >= {topic.name for topic in topics}:
                raise self._database.damaged()
            logs = {topic.name: Log(numbers[topic.name], topic) for topic in topics}
            for log in logs.values():
                log.create(connection)
            for topic, group in self._declared:
                logs[topic].join(connection, group)
            if connection.execute(_UNSOUND).fetchone():
                raise self._database.damaged()
        return logs

    def _log(self, topic: str) -> Log:
        log = self._logs.get(topic)
        if log is None:
            raise ValueError(f"no topic {topic!r} on this bus")
        return log

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append all messages in one transaction, each topic's in their order; raises `UserError` for a full disk."""
        batches: dict[str, list[Outgoing]] = {}
        for message in messages:
            batches.setdefault(message.topic, []).append(message)
        at = self._times.clock.now()
        packed = [(self._log(topic), len(batch), columns(batch, at)) for topic, batch in batches.items()]
        if not packed:
            return
        with self._database.write() as connection:
            for log, count, data in packed:
                log.append(connection, count, data)
        for log, _, _ in packed:
            log.bell.ring()

    def subscribe(self, topic: str, group: str, leaving: Callable[[], None] | None = None) -> SqliteSubscription:  # noqa: ARG002
        """Join `group` as a new member; a new group starts at the earliest message still kept.

        Nothing that is held goes to others as long as its leases are kept, so `leaving` is never called.
        """
        log = self._log(topic)
        if (topic, group) not in self._declared:
            with self._database.write() as connection:
                log.join(connection, group)
        return SqliteSubscription(self._database, log, group, self._times)

    def lag(self) -> dict[tuple[str, str], Lag]:
        """Lag of every declared (topic, group); messages of expired leases count as waiting."""
        with self._database.read() as connection:
            rows = connection.execute(_LAG, self._times.alive()).fetchall()
        found = {(topic, group): Lag(new + leased - held, held) for topic, group, new, leased, held in rows}
        if not found.keys() >= set(self._declared):
            raise self._database.damaged()
        return {name: found[name] for name in self._declared}

    def read(self, topic: str, start: int = 0, limit: int = 100, partition: int = 0) -> list[Delivery]:
        """Up to `limit` stored messages from offset `start` on, leased to nobody; there is one partition, 0."""
        log = self._log(topic)
        with self._database.read() as connection:
            return log.read(connection, start, 1 << 62, limit) if partition == 0 else []

    def floors(self, topic: str, group: str = "") -> dict[int, int]:
        """By partition, the lowest offset that `group`, or any group, has not done with; 0 where nobody reads."""
        with self._database.read() as connection:
            return {0: self._log(topic).floor(connection, group)}

    def ends(self) -> dict[str, int]:
        """How many messages each topic ever had: the offset that its next one gets."""
        with self._database.read() as connection:
            return dict(connection.execute("SELECT name, next FROM bus_topics ORDER BY name").fetchall())

    def release_all(self) -> None:
        """End every lease at once; for the one process that knows that no other is at work (a fresh start)."""
        with self._database.write() as connection:
            connection.execute("UPDATE bus_leases SET renewed = 0")
        for log in self._logs.values():
            log.bell.ring()

    def close(self) -> None:
        """Close the database, unless it was passed in open."""
        if self._owned:
            self._database.close()
