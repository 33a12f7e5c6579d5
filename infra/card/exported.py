"""What an export holds, by the marker that it left in its folder; of its shards only the names of columns are read."""

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from infra.card.contents import Contents, DataFile, Kind, What
from infra.export.marker import FORMAT, MARKER
from schemas import formats
from schemas.errors import UserError
from streams.dataset.columns import CHAINS, EXPORTED, PREFERENCES, Column
from streams.dataset.tally import Tally

KINDS: Mapping[str, Kind] = {".parquet": "parquet", ".tar": "webdataset", ".jsonl": "metadata"}
COLUMNS: Mapping[What, Sequence[Column]] = {"triplets": EXPORTED, "preferences": PREFERENCES, "chains": CHAINS}
RELEASED: Sequence[Column] = (
    Column("sample_id", "string", "Name of the source; its triplets come one after another."),
    Column("source_file_name", "string", "File of the picture before the edit."),
    Column("edited_file_name", "string", "File of the picture after it."),
    Column("edit_instruction", "string", "What is asked of the picture."),
    Column("augmented_instructions", "strings", "The instruction in other forms and languages."),
    Column("category", "string", "Kind of edit, of NHR's taxonomy."),
    Column("style", "string", "Style of the source, of NHR's taxonomy."),
    Column("kind", "string", "forward, inverse (edited to source) or composite (edited to edited)."),
    Column("img_width", "int", "Width in pixels of the picture before the edit."),
    Column("img_height", "int", "Its height in pixels."),
)
"""A line of metadata.jsonl, in the layout the paper's data set was released in."""
VERSION = "1.0.0"
AGAIN = "export anew: nhr export --force --to"

Count = Annotated[int, Field(ge=0)]


class Marker(BaseModel):
    """What `nhr export` noted of what it wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[2]
    layout: Literal["nhr", "parquet", "webdataset"]
    what: What
    rows: Count
    splits: Mapping[str, Count]
    tallies: Mapping[str, Mapping[str, JsonValue]]
    left_out: Mapping[str, Count] = Field(default_factory=dict)
    files: Sequence[str] = ()
    image_format: str = ""


def exported(folder: Path) -> Contents:
    """The export in a folder; raises `UserError` where there is none, or files of it are gone or spoilt."""
    at = folder / MARKER
    marker = _marker(at)
    try:
        files = [file for name in sorted(marker.files) for file in _file(folder, name, marker)]
        columns = RELEASED if marker.layout == "nhr" else _columns(folder, files, COLUMNS[marker.what])
        return Contents(
            layout=marker.layout, name=folder.resolve().name, what=marker.what, splits=_splits(marker), files=files,
            at=at.stat().st_mtime, version=VERSION, columns=columns, left_out=marker.left_out,
            image_format=marker.image_format,
        )  # fmt: skip
    except (OSError, ValueError, tarfile.TarError) as error:
        raise UserError(f"the export {folder} is damaged ({error})", f"{AGAIN} {folder}") from None


def _marker(at: Path) -> Marker:
    try:
        raw = json.loads(at.read_bytes())
        formats.check(str(at), raw, FORMAT)
        return Marker.model_validate(raw)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{at.parent} is no export", "write one first: nhr export --to DIR") from None
    except (OSError, ValidationError, ValueError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise UserError(f"{at} cannot be used ({why})", f"{AGAIN} {at.parent}") from None


def _splits(marker: Marker) -> dict[str, Tally]:
    """The tally of each split that has rows."""
    found = {split: Tally.of(marker.tallies[split]) for split in marker.splits if split in marker.tallies}
    return {split: tally for split, tally in found.items() if tally.rows}


def _file(folder: Path, name: str, marker: Marker) -> list[DataFile]:
    """The file of rows of that name; nothing for anything else, and for what lies outside."""
    path = Path(name)
    kind = KINDS.get(path.suffix)
    if kind is None or path.is_absolute() or ".." in path.parts:
        return []
    split = next((one for one in marker.splits if _belongs(path, one)), next(iter(marker.splits)))
    digest = hashlib.sha256((folder / path).read_bytes()).hexdigest() if kind == "metadata" else ""
    return [DataFile(split, kind, path.as_posix(), (folder / path).stat().st_size, digest)]


def _belongs(path: Path, split: str) -> bool:
    return path.parts[0] == split or path.name.startswith(f"{split}-")


def _columns(folder: Path, files: Sequence[DataFile], known: Sequence[Column]) -> Sequence[Column]:
    """Those of the known columns that the first shard has: an export can do without some."""
    for file in files[:1]:
        names = _named(folder / file.path)
        return [column for column in known if column.name in names]
    return known


def _named(shard: Path) -> set[str]:
    """Names of a shard's columns: from a Parquet file's footer, or from the first sample of a tar."""
    if shard.suffix == ".parquet":
        return set(pq.read_schema(shard).names)
    names: set[str] = set()
    with tarfile.open(shard) as tar:
        for member in tar:
            _, column, *ending = member.name.split(".")
            if not ending and (file := tar.extractfile(member)) is not None:
                return names | set(json.load(file))
            names.add(column.rpartition("_")[0] if column.rpartition("_")[2].isdecimal() else column)
    return names
