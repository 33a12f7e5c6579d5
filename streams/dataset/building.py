"""Builds shards on local disk, one after another, from triplets in order; the same triplets give the same bytes.

A shard is full with the triplet that brings the bytes of its pictures to the size asked for, so where one ends depends
on the triplets alone. Its name is a digest of all that decides its bytes: these rows, that size, the formats' writers.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa

from streams.dataset import identities
from streams.dataset.columns import TRIPLETS
from streams.dataset.entries import Entry
from streams.dataset.identities import Ids
from streams.dataset.manifests import IDS, PARQUET, WEBDATASET, File, Shard
from streams.dataset.shards import ParquetShard, TarShard
from streams.dataset.shards import Shard as Writer
from streams.dataset.tally import Tally

FORMAT = 1
"""Of the bytes; raise it with whatever changes them."""
BLOCK = 1 << 20
BYTES = 500_000_000

Format = Literal["parquet", "webdataset"]
FORMATS: tuple[Format, ...] = get_args(Format)
_PLACES = {"parquet": (PARQUET, "parquet"), "webdataset": (WEBDATASET, "tar"), "ids": (IDS, "ids")}
_WRITERS: dict[Format, type[ParquetShard | TarShard]] = {"parquet": ParquetShard, "webdataset": TarShard}


@dataclass(frozen=True)
class Built:
    """A shard on local disk: where the file of each key lies, and what its manifest will say; `full`: of whole size."""

    shard: Shard
    paths: dict[str, Path]
    ids: Ids
    full: bool


class Naming:
    """The name of a shard, from its triplets in order."""

    def __init__(self, size: int) -> None:
        self._digest = hashlib.sha256(f"nhr shard {FORMAT} of {size} by pyarrow {pa.__version__}\n".encode())

    def add(self, entry: Entry) -> None:
        """The next triplet."""
        self._digest.update(hashlib.sha256(entry.told).digest())

    @property
    def name(self) -> str:
        """32 hex digits."""
        return self._digest.hexdigest()[:32]


def shards(entries: Iterable[Entry], folder: Path, size: int, formats: Sequence[Format]) -> Iterator[Built]:
    """Build shards of about `size` bytes of pictures in `folder`; each one's files are gone when the next is wanted."""
    left = iter(entries)
    for first in left:
        built = _build(chain([first], left), folder, size, formats)
        yield built
        for path in built.paths.values():
            path.unlink(missing_ok=True)


def _build(entries: Iterator[Entry], folder: Path, size: int, formats: Sequence[Format]) -> Built:
    naming, tally, raw = Naming(size), Tally(), bytearray()
    written = {name: folder / f"shard.{name}" for name in (*formats, "ids")}
    with ExitStack() as stack:
        writers: list[Writer] = [_WRITERS[name](written[name], TRIPLETS) for name in formats]
        for writer in writers:
            stack.enter_context(writer)
        for entry in entries:
            for writer in writers:
                writer.add(entry.row)
            naming.add(entry)
            tally.add(entry.row)
            tally.pictures, tally.bytes = tally.pictures + 2, tally.bytes + entry.size
            raw += bytes.fromhex(entry.triplet_id)
            if tally.bytes >= size:
                break
    written["ids"].write_bytes(raw)
    files = {name: _file(naming.name, name, path) for name, path in written.items()}
    shard = Shard.model_validate({"name": naming.name, "rows": tally.rows, "tally": tally.as_dict(), **files})
    paths = {files[name].key: path for name, path in written.items()}
    return Built(shard, paths, identities.of(raw), tally.bytes >= size)


def _file(shard: str, name: str, path: Path) -> File:
    folder, suffix = _PLACES[name]
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return File(key=f"{folder}{shard}.{suffix}", bytes=path.stat().st_size, sha256=digest.hexdigest())
