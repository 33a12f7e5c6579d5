"""What may be exported, in a temporary file: memory holds a few rows, however many there are."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, groupby, islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal, NamedTuple

from infra.sqlite import explain
from schemas import codec, topics
from schemas.messages import Subject, Triplet
from streams.dataset.splitting import Splits, group_of

Table = Literal["triplets", "derived"]
"""Triplets of the shelf, and what was derived from them: pairs or chains."""

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE attempts (
    request TEXT, attempt INTEGER, fate INTEGER, decided TEXT, reason TEXT, verdict BLOB, editor TEXT,
    PRIMARY KEY (request, attempt)
) WITHOUT ROWID;
CREATE TABLE pictures (sha TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID;
CREATE TABLE hashes (sha TEXT PRIMARY KEY, hash INTEGER) WITHOUT ROWID;
CREATE TABLE allotted (operation TEXT PRIMARY KEY, rows INTEGER) WITHOUT ROWID;
"""
_ROWS = """
CREATE TABLE {} (
    number INTEGER PRIMARY KEY, id TEXT, split TEXT, source TEXT, operation TEXT, score REAL, chance INTEGER, out TEXT,
    before TEXT, after TEXT, said INTEGER, words INTEGER, picture INTEGER, item BLOB
);
"""
_VALUES = "(NULL, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?)"
AT_ONCE = 64
"""Rows written and read at once: SQLite lets other threads go first at each, so few at a time would wait for many."""


def number_of(*parts: object) -> int:
    """64 bits of SHA-256 over what is named, as SQLite's signed integer."""
    return int.from_bytes(sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], signed=True)


class Sameness(NamedTuple):
    """By what duplicates are told: SHA-256 of both pictures, the instruction to the letter and as words alone, and the
    source picture, as numbers."""

    before: str = ""
    after: str = ""
    said: int = 0
    words: int = 0
    picture: int = 0


class Entry(NamedTuple):
    """A row that may be exported, and `item`, what it is made of; `out` says why it is not to be, if so."""

    name: str
    subject: Subject
    operation: str
    score: float
    item: bytes
    out: str = ""
    same: Sameness = Sameness()


@dataclass(frozen=True)
class Spool:
    """The temporary file, open; rows keep the order in which they were added."""

    db: sqlite3.Connection
    splits: Splits
    seed: int

    def add(self, table: Table, entries: Iterable[Entry]) -> None:
        """Append rows, which may be made from other tables as they are taken."""
        rows = map(self._row, entries)
        while some := list(islice(rows, AT_ONCE)):
            values = ", ".join([_VALUES] * len(some))
            self.db.execute(f"INSERT INTO {table} VALUES {values}", tuple(chain.from_iterable(some)))

    def _row(self, entry: Entry) -> tuple[object, ...]:
        split, chance = self.splits.of(group_of(entry.subject)), number_of(self.seed, entry.name)
        source = entry.subject.source_id
        return (entry.name, split, source, entry.operation, entry.score, chance, entry.out, *entry.same, entry.item)

    def has(self, table: Literal["triplets", "attempts"]) -> bool:
        """Whether there is anything in the table."""
        return bool(self.db.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1)").fetchone()[0])

    def leave_out(self, table: Table, numbers: Iterable[int], why: str) -> None:
        """Take rows out, unless they are out already."""
        self.db.executemany(
            f"UPDATE {table} SET out = ? WHERE number = ? AND out IS NULL", ((why, int(one)) for one in numbers)
        )

    def counts(self, table: Table, column: Literal["split", "operation", "out"]) -> dict[str, int]:
        """Rows that are in, by split or operation; by "out", those that are not, by reason."""
        state = "IS NOT NULL" if column == "out" else "IS NULL"
        found = self.db.execute(
            f"SELECT {column}, count(*) FROM {table} WHERE out {state} GROUP BY {column} ORDER BY {column}"
        )
        return dict(found.fetchall())

    def items(self, table: Table, split: str = "") -> Iterator[bytes]:
        """What the rows that are in (of a split) are made of, in order."""
        found = self.db.execute(
            f"SELECT item FROM {table} WHERE out IS NULL AND (? = '' OR split = ?) ORDER BY number",
            (split, split),
        )
        while some := found.fetchmany(AT_ONCE):
            yield from (item for (item,) in some)

    def triplets(self, split: str = "") -> Iterator[Triplet]:
        """The triplets that are in (of a split), in order."""
        return map(_triplet, self.items("triplets", split))

    def by_source(self, split: str = "") -> Iterator[tuple[str, list[Triplet]]]:
        """The triplets that are in (of a split), by their source, sorted."""
        found = self.db.execute(
            "SELECT source, number FROM triplets WHERE out IS NULL AND (? = '' OR split = ?) ORDER BY source, number",
            (split, split),
        )
        for source, rows in groupby(found, key=lambda row: str(row[0])):
            yield source, [self._triplet(number) for _, number in rows]

    def _triplet(self, number: int) -> Triplet:
        (item,) = self.db.execute("SELECT item FROM triplets WHERE number = ?", (number,)).fetchone()
        return _triplet(item)


def _triplet(item: bytes) -> Triplet:
    found: Triplet = codec.decode(topics.TRIPLETS, item)
    return found


@contextmanager
def spool(splits: Splits, seed: int) -> Iterator[Spool]:
    """A spool that nobody needs after a crash; raises `UserError` when there is no room for it."""
    with NamedTemporaryFile(prefix="nhr-", suffix=".sqlite") as file:
        try:
            with closing(sqlite3.connect(file.name)) as db:
                db.executescript(_TABLES + _ROWS.format("triplets") + _ROWS.format("derived"))
                yield Spool(db, splits, seed)
        except sqlite3.Error as error:
            clear = explain(error, Path(file.name))
            if clear is None:
                raise
            raise clear from error
