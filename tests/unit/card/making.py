"""A packed data set without the packer: shards of what is on a shelf, as manifests announce them."""

import hashlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from schemas.messages import ImageRef, Triplet
from schemas.ports import Blobs
from streams import calibrations, shelf
from streams.dataset import manifests
from streams.dataset.columns import TRIPLETS, Picture
from streams.dataset.manifests import File, Shard, State
from streams.dataset.rows import row
from streams.dataset.shards import ParquetShard, TarShard
from streams.dataset.tally import Tally

AT = 1_750_000_000.0


def pack(blobs: Blobs, folder: Path, per_shard: int = 40) -> State:
    """Every triplet on the shelf, in shards of so many; written by way of `folder`."""
    state, left = manifests.read(blobs), iter(list(shelf.triplets(blobs)))
    while rows := list(islice(left, per_shard)):
        found = manifests.commit(blobs, state, [_shard(blobs, folder, rows)], [], AT)
        assert found is not None
        state = found
    return state


def _shard(blobs: Blobs, folder: Path, triplets: Sequence[Triplet]) -> Shard:
    name = hashlib.sha256("".join(one.triplet_id for one in triplets).encode()).hexdigest()[:32]
    tally = Tally()
    calibrated = calibrations.calibrated(blobs)
    parquet, tar = folder / f"{name}.parquet", folder / f"{name}.tar"
    with ParquetShard(parquet, TRIPLETS) as one, TarShard(tar, TRIPLETS) as two:
        for triplet in triplets:
            whole = row(triplet, calibrated)
            tally.add(whole)
            for column, ref in (("source_image", triplet.before), ("edited_image", triplet.after)):
                whole[column] = picture = _picture(blobs, ref)
                tally.pictures, tally.bytes = tally.pictures + 1, tally.bytes + len(picture.data)
            one.add(whole)
            two.add(whole)
    ids = b"".join(bytes.fromhex(one.triplet_id) for one in triplets)
    kept = {
        "parquet": _kept(blobs, f"{manifests.PARQUET}{name}.parquet", parquet.read_bytes()),
        "webdataset": _kept(blobs, f"{manifests.WEBDATASET}{name}.tar", tar.read_bytes()),
        "ids": _kept(blobs, f"{manifests.IDS}{name}.ids", ids),
    }
    return Shard.model_validate({"name": name, "rows": len(triplets), "tally": tally.as_dict(), **kept})


def _picture(blobs: Blobs, ref: ImageRef) -> Picture:
    key = shelf.image_key(ref)
    return Picture(blobs.get(key), key.rsplit("/", 1)[1])


def _kept(blobs: Blobs, key: str, data: bytes) -> File:
    blobs.put(key, data)
    return File(key=key, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
