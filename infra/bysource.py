"""Everything recorded, source by source, in fixed memory: verdicts of many sources lie interleaved on disk."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import groupby
from tempfile import NamedTemporaryFile

from schemas import codec, topics
from schemas.ports import Blobs
from streams import records
from streams.funnel import campaign_of
from streams.records import Event

AT_ONCE = 1000
Progress = Callable[[int, int], None]
"""Told (sources done, sources in all); (events read, 0) while reading."""


def by_source(
    blobs: Blobs, campaign: str = "", progress: Progress | None = None
) -> Iterator[tuple[str, list[Event]]]:  # fmt: skip
    """(source id, its events in the order recorded) of every source, sorted by id; each answer once.

    `campaign` leaves out other campaigns' sources. Spools the events through a temporary file.
    """
    with NamedTemporaryFile(prefix="nhr-", suffix=".sqlite") as file, closing(sqlite3.connect(file.name)) as spool:
        spool.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE told (source, event);")
        wanted: set[str] = set()
        batch: list[tuple[str, bytes]] = []
        for number, event in enumerate(records.events(blobs), 1):
            source_id = topics.VERDICTS.key(event)
            if campaign and campaign_of(event) == campaign:
                wanted.add(source_id)
            batch.append((source_id, codec.encode(event)))
            if len(batch) >= AT_ONCE:
                _spool(spool, batch)
                if progress:
                    progress(number, 0)
        _spool(spool, batch)
        spool.execute("CREATE INDEX by_source ON told (source)")
        (total,) = spool.execute("SELECT count(DISTINCT source) FROM told").fetchone()
        rows = spool.execute("SELECT source, event FROM told ORDER BY source, rowid")
        for done, (source_id, told) in enumerate(groupby(rows, key=lambda row: str(row[0])), 1):
            if not campaign or source_id in wanted:
                yield source_id, [codec.decode(topics.VERDICTS, data) for _, data in told]
            if progress:
                progress(done, total)


def _spool(spool: sqlite3.Connection, batch: list[tuple[str, bytes]]) -> None:
    spool.executemany("INSERT INTO told VALUES (?, ?)", batch)
    batch.clear()
