"""Sets of triplet ids in 16 bytes each, as sorted arrays: what is on the shelf, what is packed, what is not yet.

An id is 32 hex digits; as 16 bytes a million of them take 16 MB.
"""

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams import shelf
from streams.ahead import ahead
from streams.dataset.manifests import RESTORE, Shard, State

Ids = NDArray[np.bytes_]
"""Sorted, each once, of type S16."""
WIDTH = 16
_ID = re.compile(rf"{shelf.TRIPLETS}[0-9a-f]{{2}}/([0-9a-f]{{32}})\.json")


def of(raw: bytes | bytearray) -> Ids:
    """The ids whose bytes these are, sorted."""
    return np.unique(np.frombuffer(bytes(raw), f"S{WIDTH}"))


def of_hex(names: Iterable[str]) -> Ids:
    """The ids with these names; names that are no 32 hex digits name none."""
    return of(b"".join(bytes.fromhex(name) for name in names if re.fullmatch("[0-9a-f]{32}", name)))


def on_shelf(blobs: Blobs) -> Ids:
    """Everything on the shelf, retracted or not; raises `UserError` for a file that is no record by its name."""
    raw = bytearray()
    for key in blobs.list(shelf.TRIPLETS):
        name = _ID.fullmatch(key)
        if name is None:
            raise UserError(f"{key} is no triplet record by its name", "move it away")
        raw += bytes.fromhex(name[1])
    return of(raw)


def of_shard(blobs: Blobs, shard: Shard) -> Ids:
    """The ids in a shard; raises `UserError` where their file is not what its manifest says, or not there."""
    try:
        raw = blobs.get(shard.ids.key)
    except Missing:
        raise UserError(f"{shard.ids.key} is missing, a manifest names it", RESTORE) from None
    found = of(raw) if len(raw) == WIDTH * shard.rows else of(b"")
    if found.tobytes() != raw:
        raise UserError(f"{shard.ids.key} does not hold {shard.rows} sorted ids", RESTORE)
    return found


def of_shards(blobs: Blobs, shards: Iterable[Shard]) -> Iterator[tuple[Shard, Ids]]:
    """Each shard with its ids; raises like `of_shard`."""
    for shard, read in ahead(lambda one: of_shard(blobs, one), shards):
        yield shard, read()


def packed(blobs: Blobs, state: State) -> Ids:
    """Every id in a shard that stands."""
    return union(found for _, found in of_shards(blobs, state.shards))


def union(sets: Iterable[Ids]) -> Ids:
    """What is in any of them."""
    return np.unique(np.concatenate([of(b""), *sets]))


def within(ids: Ids, known: Ids) -> NDArray[np.bool_]:
    """For each of `ids` whether it is in `known`."""
    if not len(known):
        return np.zeros(len(ids), bool)
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.equal(known[at], ids)


def holds(known: Ids, name: str) -> bool:
    """Whether the id with that name is in `known`."""
    return bool(within(np.frombuffer(bytes.fromhex(name), f"S{WIDTH}"), known)[0])


def common(ids: Ids, known: Ids) -> Ids:
    """What is in both."""
    return ids[within(ids, known)]


def without(ids: Ids, known: Ids) -> Ids:
    """What is in the first alone."""
    return ids[~within(ids, known)]


def names(ids: Ids) -> Iterator[str]:
    """Each id as 32 hex digits."""
    raw = ids.tobytes()
    return (raw[at : at + WIDTH].hex() for at in range(0, len(raw), WIDTH))
