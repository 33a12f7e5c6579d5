"""Ledgers, and other small documents, in a table of the NHR database."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from infra.sqlite import Database, opened
from schemas.ports import Change, Saved

CHUNK = 1000
"""Names read at a time."""


class SqliteLedgers:
    """Documents by name with compare-and-set; a batch is one transaction, however many processes write.

    `where` is a file or an open `Database` (share one with the bus); `table` keeps kinds of documents apart. Open
    documents have an index of their own, so listing and counting them does not slow down as closed ones pile up.
    """

    def __init__(self, where: Database | Path | str, table: str = "ledgers") -> None:
        if not table.isidentifier():
            raise ValueError(f"{table!r} cannot name a table")
        self._database, self._owned = opened(where)
        self._load = f"SELECT name, data, version FROM {table} WHERE name IN (SELECT value FROM json_each(?))"
        self._create = f"INSERT INTO {table} (name, version, closed, data) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING"
        self._update = f"UPDATE {table} SET version = version + 1, closed = ?, data = ? WHERE name = ? AND version = ?"
        # The state stands in the text, so that the planner can use the partial index.
        self._names = {
            state: f"SELECT name FROM {table} WHERE closed = {closed} AND name > ? ORDER BY name LIMIT ?"
            for closed, state in enumerate(("open", "closed"))
        }
        self._count = {
            "open": f"SELECT count(*) FROM {table} WHERE closed = 0",
            "closed": f"SELECT count(*) - (SELECT count(*) FROM {table} WHERE closed = 0) FROM {table}",
        }
        self._database.define(
            (
                f"""CREATE TABLE IF NOT EXISTS {table} (
                    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
                    closed INTEGER NOT NULL, data BLOB NOT NULL)""",
                f"CREATE INDEX IF NOT EXISTS {table}_open ON {table} (name) WHERE closed = 0",
            )
        )

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        """Those of `names` that exist, all as of one instant."""
        with self._database.read() as connection:
            rows = connection.execute(self._load, (json.dumps(list(names)),))
            return {name: Saved(data, version) for name, data, version in rows}

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        """Apply each change whose `expected` version holds; returns the names of those that lost."""
        if not changes:
            return frozenset()
        with self._database.write() as connection:
            return frozenset(change.name for change in changes if not self._apply(connection, change))

    def _apply(self, connection: sqlite3.Connection, change: Change) -> bool:
        if change.expected:
            row = (change.closed, change.data, change.name, change.expected)
            return connection.execute(self._update, row).rowcount == 1
        return connection.execute(self._create, (change.name, change.closed, change.data)).rowcount == 1

    def names(self, state: Literal["open", "closed"]) -> Iterator[str]:
        """Names of open or closed documents, sorted, read in chunks: one that changes meanwhile may be either way."""
        last = ""
        while True:
            with self._database.read() as connection:
                chunk = connection.execute(self._names[state], (last, CHUNK)).fetchall()
            for (name,) in chunk:
                yield name
            if len(chunk) < CHUNK:
                return
            (last,) = chunk[-1]

    def count(self, state: Literal["open", "closed"]) -> int:
        """How many documents are open or closed."""
        with self._database.read() as connection:
            (number,) = connection.execute(self._count[state]).fetchone()
        return int(number)

    def close(self) -> None:
        """Close the database, unless it was passed in open."""
        if self._owned:
            self._database.close()
