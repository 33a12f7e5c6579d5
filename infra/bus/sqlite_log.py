"""The tables of the embedded bus, and one topic's log among them."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import msgpack
from pydantic import TypeAdapter

from infra.bus.waiting import Bell
from schemas import formats, headers
from schemas.ports import Delivery, Outgoing
from schemas.topics import Topic

PRUNE_EVERY = 2048
"""Acknowledged messages of a topic (by one process) between two prunings."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS bus_topics (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL DEFAULT 0)""",
    # `next` is the first message not yet handed out; `takes` counts the polls that found something.
    """CREATE TABLE IF NOT EXISTS bus_groups (
        topic INTEGER NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL, takes INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (topic, name)) WITHOUT ROWID""",
    # `take` is the number of the poll: who still knows it holds the lease. `renewed`: Unix seconds, 0 if given back.
    """CREATE TABLE IF NOT EXISTS bus_leases (
        topic INTEGER NOT NULL, consumers TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        take INTEGER NOT NULL, renewed REAL NOT NULL, PRIMARY KEY (topic, consumers, first)) WITHOUT ROWID""",
)

_FLOOR = """
    SELECT min(coalesce((SELECT min(first) FROM bus_leases WHERE topic = g.topic AND consumers = g.name), g.next))
    FROM bus_groups g WHERE g.topic = ? AND ? IN ('', g.name)"""
_AT = "nhr-at"
"""When a message was published, among its stored headers: databases older than that have none."""
_HEADERS = TypeAdapter(dict[str, str])
_PARTITION = 0

Columns = tuple[list[str], list[bytes], list[bytes]]


class Log:
    """The messages of one topic, rows numbered from 0, in a table of their own; with the bell for those who wait."""

    def __init__(self, number: int, topic: Topic) -> None:
        table = f"bus_messages_{number}"
        self.number = number
        self.name = topic.name
        self.bell = Bell()
        self._acked = 0
        self._create = f"""CREATE TABLE IF NOT EXISTS {table} (
            offset INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL, headers BLOB)"""
        self._insert = f"INSERT INTO {table} VALUES (?, ?, ?, ?)"
        self._select = f"SELECT * FROM {table} WHERE offset BETWEEN ? AND ? ORDER BY offset LIMIT ?"
        self._lowest = f"SELECT min(offset) FROM {table}"
        self._delete = f"DELETE FROM {table} WHERE offset < ?"

    def create(self, connection: sqlite3.Connection) -> None:
        """Make the table where it does not exist."""
        connection.execute(self._create)

    def join(self, connection: sqlite3.Connection, group: str) -> None:
        """Add a group unless it is known; it starts at the earliest message still kept."""
        (earliest,) = connection.execute(self._lowest).fetchone()
        connection.execute(
            """INSERT OR IGNORE INTO bus_groups (topic, name, next)
            SELECT number, ?, coalesce(?, next) FROM bus_topics WHERE number = ?""",
            (group, earliest, self.number),
        )

    def append(self, connection: sqlite3.Connection, count: int, columns: Columns) -> None:
        """Add `count` messages within the current transaction."""
        (end,) = connection.execute(
            "UPDATE bus_topics SET next = next + ? WHERE number = ? RETURNING next", (count, self.number)
        ).fetchone()
        connection.executemany(self._insert, zip(range(end - count, end), *columns, strict=True))

    def read(self, connection: sqlite3.Connection, first: int, last: int, limit: int) -> list[Delivery]:
        """Up to `limit` messages from offset `first` to `last`."""
        rows: Iterable[tuple[int, str, bytes, bytes | None]]
        rows, name = connection.execute(self._select, (first, last, limit)), self.name
        return [
            Delivery(
                name, _PARTITION, offset, key, value, *(_unpacked(packed) if packed else (headers.NO_HEADERS, 0.0))
            )
            for offset, key, value, packed in rows
        ]

    def floor(self, connection: sqlite3.Connection, group: str = "") -> int:
        """The lowest offset that `group`, or any group, has not done with; 0 where there is none."""
        (floor,) = connection.execute(_FLOOR, (self.number, group)).fetchone()
        return floor or 0

    def prune(self, connection: sqlite3.Connection, acked: int) -> None:
        """Note that `acked` more were acknowledged; now and then delete what every group has done with."""
        self._acked += acked
        if self._acked < PRUNE_EVERY:
            return
        self._acked = 0
        floor = self.floor(connection)
        (lowest,) = connection.execute(self._lowest).fetchone()
        if lowest is not None and lowest < floor:
            connection.execute(self._delete, (min(floor, lowest + 4 * PRUNE_EVERY),))


@lru_cache(maxsize=1024)
def _unpacked(packed: bytes) -> tuple[Mapping[str, str], float]:
    """A message's headers, and when it was published; those of one batch are much the same, and read by every group."""
    with formats.readable("a message in the database is damaged", formats.DATABASE_HINT):
        found = _HEADERS.validate_python(msgpack.unpackb(packed))
    at = headers.number(found, _AT)
    found.pop(_AT, None)
    return MappingProxyType(found), at


def columns(batch: Sequence[Outgoing], at: float) -> Columns:
    """Keys, values and packed headers of the messages, which are published at that time."""
    said = f"{at:.3f}"
    return (
        [message.key for message in batch],
        [message.value for message in batch],
        [_packed(said, tuple(message.headers.items())) for message in batch],
    )


@lru_cache(maxsize=1024)
def _packed(at: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    packed: bytes = msgpack.packb({**dict(headers), _AT: at})
    return packed
