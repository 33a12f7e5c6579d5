"""What a card describes: the packed data set by its manifests, or an export by its marker; pictures are never read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from schemas.errors import UserError
from schemas.ports import Blobs
from streams.dataset import manifests
from streams.dataset.columns import TRIPLETS, Column
from streams.dataset.tally import Tally

Layout = Literal["packed", "parquet", "webdataset", "nhr"]
What = Literal["triplets", "preferences", "chains"]
Kind = Literal["parquet", "webdataset", "metadata"]
"""Shards, or the released layout's lines beside its pictures."""
KINDS: Sequence[Kind] = get_args(Kind)


class DataFile(NamedTuple):
    """A file of rows: where it lies seen from the card, and what is known of it ("" and 0: nothing)."""

    split: str
    kind: Kind
    path: str
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class Contents:
    """Rows by split, counted, and the files they are in.

    `name` is what the card's folder is called, `at` when it last changed, in Unix seconds; `version` tells two states
    apart. `left_out` says what an export did
    without, by reason; `image_format` is "" where pictures are as they were stored.
    """

    layout: Layout
    name: str
    splits: Mapping[str, Tally]
    files: Sequence[DataFile]
    at: float
    version: str
    what: What = "triplets"
    columns: Sequence[Column] = TRIPLETS
    left_out: Mapping[str, int] | None = None
    image_format: str = ""

    @cached_property
    def tally(self) -> Tally:
        """All splits together."""
        whole = Tally()
        for part in self.splits.values():
            whole.merge(part)
        return whole

    def counts(self, axis: str) -> Mapping[str, int]:
        """Rows by their value on an axis; empty where it was not counted."""
        return self.tally.axes.get(axis, Counter())

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of files there are; the first one is what `datasets` opens."""
        return tuple(kind for kind in KINDS if any(file.kind == kind for file in self.files))

    def of(self, kind: Kind, split: str = "") -> list[DataFile]:
        """The files of that kind, of one split or ("") of all."""
        return [file for file in self.files if file.kind == kind and split in {"", file.split}]


def packed(blobs: Blobs) -> tuple[Contents, manifests.State]:
    """The packed data set as its manifests tell it; raises `UserError` where nothing is packed."""
    state = manifests.read(blobs)
    if not state.rows:
        raise UserError("nothing is packed here", "pack it first: nhr pack")
    found = [_shard_file(kind, file) for shard in state.shards for kind, file in _files(shard)]
    return Contents("packed", "packed", {"train": state.tally}, found, state.at, f"1.{state.number}.0"), state


def _files(shard: manifests.Shard) -> list[tuple[Kind, manifests.File]]:
    both: list[tuple[Kind, manifests.File | None]] = [("parquet", shard.parquet), ("webdataset", shard.webdataset)]
    return [(kind, file) for kind, file in both if file is not None]


def _shard_file(kind: Kind, file: manifests.File) -> DataFile:
    return DataFile("train", kind, file.key.removeprefix(manifests.FOLDER), file.bytes, file.sha256)
