"""Duplicates among the triplets of a spool: the best of those that are the same, or look alike, stays."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from infra.export.order import Dedup, Phases, Told
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
        FROM triplets WHERE out IS NULL
    ) WHERE place > 1
)"""
_LOOKS = f"""
SELECT number, one.hash, other.hash, operation, words, source, picture FROM triplets
JOIN hashes AS one ON one.sha = before JOIN hashes AS other ON other.sha = after
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
    refs = (ref for one in spool.triplets() for ref in (one.before, one.after))
    places = ((ref.sha256, ref.model_dump_json()) for ref in refs)
    spool.db.executemany("INSERT OR IGNORE INTO pictures VALUES (?, ?)", places)
    (total,) = spool.db.execute("SELECT count(*) FROM pictures").fetchone()
    pictures = (ImageRef.model_validate_json(place) for (place,) in spool.db.execute("SELECT place FROM pictures"))

    def hashes(told: Told) -> Iterator[tuple[str, int]]:
        for done, (ref, found) in enumerate(ahead(partial(_hashed, blobs), pictures, most=AHEAD), 1):
            if done % TOLD_EVERY == 0 or done == total:
                told(done, total)
            yield ref.sha256, int.from_bytes(found().to_bytes(8), signed=True)

    with phases("pictures compared") as told:
        spool.db.executemany("INSERT INTO hashes VALUES (?, ?)", hashes(told))


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
