"""What was recorded and shelved, source by source, in fixed memory: on disk many sources lie interleaved."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, groupby
from pathlib import Path
from tempfile import NamedTemporaryFile

from infra.sqlite import explain
from schemas import codec, topics
from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import records, shelf
from streams.funnel import campaign_of
from streams.records import Event

AT_ONCE = 1000
Progress = Callable[[int, int], None]
"""Told (sources done, sources in all); (events read, 0) while reading."""

Row = tuple[str, str, bytes]
"""A source's id, the campaign ("" where the item does not say), and the item."""


def by_source(
    blobs: Blobs, campaign: str = "", progress: Progress | None = None, more: Iterable[Event] = ()
) -> Iterator[tuple[str, list[Event]]]:  # fmt: skip
    """(source id, its events in the order recorded) of every source, sorted by id; each answer once.

    `campaign` leaves out other campaigns' sources; `more` events come after those recorded. Spools the events through
    a temporary file.
    """
    rows = (
        (topics.VERDICTS.key(event), campaign_of(event), codec.encode(event))
        for event in chain(records.events(blobs), more)
    )
    for source_id, items in _grouped(rows, campaign, progress):
        yield source_id, [codec.decode(topics.VERDICTS, data) for data in items]


def shelf_by_source(blobs: Blobs, campaign: str = "") -> Iterator[tuple[str, list[Triplet]]]:
    """(source id, its triplets sorted by id) of every source with triplets on the shelf, sorted; retracted left out."""
    rows = (
        (triplet.subject.source_id, triplet.subject.campaign, codec.encode(triplet))
        for triplet in shelf.triplets(blobs)
    )
    for source_id, items in _grouped(rows, campaign):
        yield source_id, [codec.decode(topics.TRIPLETS, data) for data in items]


def _grouped(
    rows: Iterable[Row], campaign: str, progress: Progress | None = None
) -> Iterator[tuple[str, list[bytes]]]:  # fmt: skip
    """The items of each source of `campaign` ("": of all), in the order given."""
    with NamedTemporaryFile(prefix="nhr-", suffix=".sqlite") as file, _spool(Path(file.name)) as spool:
        _fill(spool, rows, progress)
        (total,) = spool.execute("SELECT count(DISTINCT source) FROM told").fetchone()
        told: Iterable[Row] = spool.execute("SELECT source, campaign, item FROM told ORDER BY source, rowid")
        for done, (source_id, group) in enumerate(groupby(told, key=lambda row: row[0]), 1):
            items = list(group)
            if not campaign or any(said == campaign for _, said, _ in items):
                yield source_id, [item for _, _, item in items]
            if progress:
                progress(done, total)


@contextmanager
def _spool(path: Path) -> Iterator[sqlite3.Connection]:
    """A table that nobody needs after a crash; raises `UserError` when there is no room for it."""
    try:
        with closing(sqlite3.connect(path)) as spool:
            spool.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            spool.execute("CREATE TABLE told (source TEXT, campaign TEXT, item BLOB)")
            yield spool
    except sqlite3.Error as error:
        clear = explain(error, path)
        if clear is None:
            raise
        raise clear from error


def _fill(spool: sqlite3.Connection, rows: Iterable[Row], progress: Progress | None) -> None:
    batch: list[Row] = []
    for number, row in enumerate(rows, 1):
        batch.append(row)
        if len(batch) == AT_ONCE:
            _insert(spool, batch)
            if progress:
                progress(number, 0)
    _insert(spool, batch)
    spool.execute("CREATE INDEX by_source ON told (source)")


def _insert(spool: sqlite3.Connection, batch: list[Row]) -> None:
    spool.executemany("INSERT INTO told VALUES (?, ?, ?)", batch)
    batch.clear()
