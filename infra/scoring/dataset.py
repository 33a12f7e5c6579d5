"""A data set as the user names it: a folder, a file, a pattern, or what `nhr pack` made; what it is, is found out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.blobs.folder import FolderBlobs
from infra.scoring import columns as known
from infra.scoring.columns import Chosen
from infra.scoring.folders import NAMES, FolderRows
from infra.scoring.parquet import ParquetRows
from infra.scoring.rows import Rows
from infra.scoring.tars import TarRows
from schemas.errors import UserError
from streams import retractions
from streams.dataset import manifests
from streams.retractions import Retractions

LAYOUTS = "Parquet files, WebDataset tars, or pictures with metadata.jsonl or metadata.csv"
TRIPLET, SOURCE = "triplet_id", "source_id"
"""Columns of our own rows by which they are taken back."""
Files = Sequence[Path]


@dataclass(frozen=True)
class DataSet:
    """A data set to be scored: what it is called, its rows, which columns count, and the folder of its pictures.

    Answers go by `known_as`, what its path calls it, so that another name in a table asks nothing anew. Rows of our
    own packed data may have been taken back since: `retracted` knows them.
    """

    name: str
    known_as: str
    root: Path
    rows: Rows
    chosen: Chosen
    retracted: Retractions = field(default_factory=Retractions)

    @property
    def reads(self) -> Sequence[str]:
        """The columns that are read."""
        own = (TRIPLET, SOURCE) if len(self.retracted) else ()
        return tuple(dict.fromkeys((*self.chosen.columns.wanted, *own)))


def opened(text: str, preset: str, mapping: Mapping[str, str]) -> DataSet:
    """The data set under a path, a quoted pattern, or NAME=PATH; raises `UserError`."""
    name, path = _meant(text)
    root, files, taken_back = _packed(path) or (*_found(path), Retractions())
    rows = _rows(files, root)
    chosen = known.choose(rows.columns, preset, mapping, str(path))
    return DataSet(name or _called(path, root), _called(path, root), root, rows, chosen, taken_back)


def _meant(text: str) -> tuple[str, Path]:
    """The name given, if any, and the path meant."""
    name, separator, rest = text.partition("=")
    whole = Path(text).expanduser()
    return (name, Path(rest).expanduser()) if separator and not whole.exists() else ("", whole)


def _found(path: Path) -> tuple[Path, Files]:
    """The folder of a data set, and its files: of the kind of which there are some."""
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        return path, _below(path)
    above = Path(path.anchor)
    files = sorted(one for one in above.glob(str(path.relative_to(above))) if one.is_file()) if path.name else []
    if not files:
        raise UserError(f"{path} is not there", f"name {LAYOUTS}, or a folder of them")
    return Path(os.path.commonpath([file.parent for file in files])), files


def _below(folder: Path) -> Files:
    """What makes up a data set below a folder: metadata files come first, for their pictures may be anything."""
    found: dict[str, list[Path]] = {"metadata": [], ".parquet": [], ".tar": []}
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            kind = "metadata" if name in NAMES else Path(name).suffix
            if kind in found and not name.startswith("."):
                found[kind].append(Path(parent, name))
    files = next(filter(None, found.values()), None)
    if files is None:
        raise UserError(f"{folder} holds no data set that is known", f"wanted are {LAYOUTS}")
    return files


def _rows(files: Files, root: Path) -> Rows:
    endings = {path.suffix for path in files}
    if endings == {".parquet"}:
        return ParquetRows(files, root)
    if endings == {".tar"}:
        return TarRows(files, root)
    if endings <= {".jsonl", ".csv"}:
        return FolderRows(files, root)
    raise UserError(f"{files[0]} is of no kind that is known", f"wanted are {LAYOUTS}")


def _packed(path: Path) -> tuple[Path, Files, Retractions] | None:
    """The shards of a data folder that was packed, as its manifests name them; None for any other."""
    place = path.parent if path.name == manifests.FOLDER.strip("/") else path
    if not (place / manifests.MANIFESTS).is_dir():
        return None
    blobs = FolderBlobs(place)
    shards = manifests.read(blobs).shards
    parquet = [place / shard.parquet.key for shard in shards if shard.parquet]
    files = parquet or [place / shard.webdataset.key for shard in shards if shard.webdataset]
    if not files:
        raise UserError(f"{place} holds nothing that is packed", "pack something first: nhr pack --help")
    return place, files, retractions.load(blobs)


def _called(path: Path, root: Path) -> str:
    """What a data set is called that was given no name: its file, or its folder."""
    return path.stem if path.is_file() else root.resolve().name or "data"
