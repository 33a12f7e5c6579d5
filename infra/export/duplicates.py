"""Duplicates among the triplets of a spool: the best of those that are the same, or look alike, stays."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from infra.export.order import Dedup, Phases
from infra.export.pictures import read
from infra.export.spool import Spool, number_of
from infra.images import decode
from schemas.errors import Reject, UserError
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams.ahead import ahead
from streams.dataset.duplicates import Looks, alike, phash

AHEAD = 16
"""Pictures in memory at once."""
TOLD_EVERY = 50
BEST = "score DESC, id"
_EXACT = f"""
UPDATE triplets SET out = 'duplicates exact' WHERE number IN (
    SELECT number FROM (
        SELECT number, row_number() OVER (PARTITION BY before, after, said ORDER BY {BEST}) AS place
        FROM triplets NATURAL JOIN same WHERE out IS NULL
    ) WHERE place > 1
)"""
_LOOKS = f"""
SELECT number, one.hash, other.hash, operation, words, source, picture FROM triplets NATURAL JOIN same
JOIN pictures AS one ON one.sha = before JOIN pictures AS other ON other.sha = after
WHERE out IS NULL ORDER BY {BEST}"""


def leave_out(blobs: Blobs, spool: Spool, dedup: Dedup, phases: Phases) -> None:
    """Take the duplicates out: the same pictures and words, then those that look alike."""
    if dedup.exact:
        spool.db.execute(_EXACT)
    if dedup.near is not None:
        _hash(blobs, spool, phases)
        numbers, looks = _looks(spool)
        spool.leave_out("triplets", numbers[alike(looks, dedup.near)].tolist(), "duplicates near")


def _hash(blobs: Blobs, spool: Spool, phases: Phases) -> None:
    """Hash each picture once; raises `UserError` for one that cannot be read."""
    for one in spool.triplets():
        for ref in (one.before, one.after):
            spool.db.execute("INSERT OR IGNORE INTO pictures VALUES (?, ?, NULL)", (ref.sha256, ref.model_dump_json()))
    (total,) = spool.db.execute("SELECT count(*) FROM pictures").fetchone()
    with phases("pictures compared") as told:
        for done, (ref, found) in enumerate(ahead(partial(_hashed, blobs), _pictures(spool), most=AHEAD), 1):
            signed = int.from_bytes(found().to_bytes(8), signed=True)
            spool.db.execute("UPDATE pictures SET hash = ? WHERE sha = ?", (signed, ref.sha256))
            if done % TOLD_EVERY == 0 or done == total:
                told(done, total)


def _pictures(spool: Spool) -> Iterator[ImageRef]:
    last = ""
    while some := spool.db.execute(
        "SELECT sha, place FROM pictures WHERE sha > ? ORDER BY sha LIMIT 1000", (last,)
    ).fetchall():
        yield from (ImageRef.model_validate_json(place) for _, place in some)
        last = some[-1][0]


def _hashed(blobs: Blobs, ref: ImageRef) -> int:
    try:
        return phash(decode(read(blobs, ref)).pixels)
    except Reject as error:
        raise UserError(f"{ref.key}: {error}", "restore it from a copy") from None


def _looks(spool: Spool) -> tuple[NDArray[np.int64], Looks]:
    """The numbers of the triplets that are in, the best first, and their looks."""
    rows = (
        (number, before, after, number_of(operation), words, number_of(source), picture)
        for number, before, after, operation, words, source, picture in spool.db.execute(_LOOKS)
    )
    found = np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, 7)
    before, after, operation, words, source, picture = (found[:, at].copy().view(np.uint64) for at in range(1, 7))
    return found[:, 0], Looks(before, after, operation, words, source, picture)
