"""Small shelves to pack, packers over them, and what must be true of what they leave."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from infra.blobs.memory import MemoryBlobs
from schemas.ports import Blobs, Clock
from streams import shelf
from streams.dataset import identities, manifests, orphans
from streams.dataset.manifests import Shard, State
from streams.dataset.packing import Options, Outcome, Packer
from tests.contract.clocks import FakeClock
from tests.large_shelf import LargeShelf, picture

TWO = len(picture("x")) * 2
"""Bytes of a triplet's two pictures: they are all of one size."""
PER_SHARD = 4
OPTIONS = Options(size=PER_SHARD * TWO)
LARGE = LargeShelf(40)


def put(blobs: Blobs, numbers: Iterable[int]) -> None:
    """Put these triplets of the large shelf on a shelf, pictures first."""
    for number in numbers:
        triplet = LARGE.triplet(number)
        for _, key in shelf.images(triplet):
            blobs.put(key, LARGE.get(key))
        blobs.put(LARGE.key(number), LARGE.get(LARGE.key(number)))


def filled(numbers: Iterable[int]) -> MemoryBlobs:
    """A shelf with these triplets."""
    blobs = MemoryBlobs()
    put(blobs, numbers)
    return blobs


def name(number: int) -> str:
    """The id of a triplet."""
    return LARGE.triplet(number).triplet_id


def pack(blobs: Blobs, options: Options = OPTIONS, clock: Clock | None = None, rebuild: bool = False) -> Outcome:
    """One run of a packer."""
    with TemporaryDirectory() as folder:
        packer = Packer(blobs, Path(folder), clock or FakeClock(), options)
        return packer.rebuild() if rebuild else packer.pack()


def packed(blobs: Blobs) -> list[str]:
    """Ids in the shards that stand, sorted; twice what is there twice."""
    state = manifests.read(blobs)
    return sorted(one for _, found in identities.of_shards(blobs, state.shards) for one in identities.names(found))


def check(blobs: Blobs) -> State:
    """Everything announced stands, is what its manifest says, and has the same rows in every format."""
    state = manifests.read(blobs)
    for shard in state.shards:
        ids = list(identities.names(identities.of_shard(blobs, shard)))
        assert (len(ids), ids) == (shard.rows, sorted(set(ids)))
        for file in shard.files:
            data = blobs.get(file.key)
            assert (len(data), sha256(data).hexdigest()) == (file.bytes, file.sha256)
        if shard.parquet:
            assert pq.read_table(io.BytesIO(blobs.get(shard.parquet.key)))["triplet_id"].to_pylist() == ids
        if shard.webdataset:
            assert list(samples(blobs.get(shard.webdataset.key))) == ids
        assert shard.counted.rows == shard.rows
    return state


def samples(data: bytes) -> Iterator[str]:
    """The names of the samples in a tar, in order."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            if member.name.endswith(".json"):
                yield member.name.removesuffix(".json")


def announced(blobs: Blobs) -> Mapping[str, bytes]:
    """The bytes of every file that stands in the data set, by key."""
    return {file.key: blobs.get(file.key) for shard in manifests.read(blobs).shards for file in shard.files}


def names(shards: Iterable[Shard]) -> list[str]:
    return [shard.name for shard in shards]


def unannounced(blobs: Blobs) -> list[str]:
    """Files of shards that no manifest's fold has."""
    return [key for key in orphans.files(blobs) if key not in announced(blobs)]
