"""What an export holds, by the marker that it left in its folder; the shards are not opened."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from infra.card.contents import Contents, DataFile, Kind, What
from schemas import formats
from schemas.errors import UserError
from streams.dataset.columns import TRIPLETS, Column
from streams.dataset.tally import Tally

MARKER = ".nhr-export.json"
FORMAT = 2
KINDS: Mapping[str, Kind] = {".parquet": "parquet", ".tar": "webdataset"}
COLUMNS: Mapping[What, Sequence[Column]] = {"triplets": TRIPLETS}
VERSION = "1.0.0"

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
    """The export in a folder; raises `UserError` where there is none, or none that has rows."""
    at = folder / MARKER
    marker = _marker(at)
    if not marker.rows:
        raise UserError(f"the export {folder} has no rows", "export more: nhr export --help")
    files = [file for name in marker.files for file in _file(folder, name, marker)]
    return Contents(
        layout=marker.layout, name=folder.resolve().name, what=marker.what, splits=_splits(marker), files=files,
        at=at.stat().st_mtime, version=VERSION, columns=COLUMNS[marker.what], left_out=marker.left_out, image_format=marker.image_format,
    )  # fmt: skip


def _marker(at: Path) -> Marker:
    try:
        raw = json.loads(at.read_bytes())
        formats.check(str(at), raw, FORMAT)
        return Marker.model_validate(raw)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{at.parent} is no export", "write one first: nhr export --to DIR") from None
    except (ValidationError, ValueError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise UserError(f"{at} cannot be used ({why})", "export anew: nhr export --to DIR") from None


def _splits(marker: Marker) -> dict[str, Tally]:
    """The tally of each split that has rows, its rows as the marker counts them."""
    found = {split: Tally.of(marker.tallies[split]) for split in marker.splits if split in marker.tallies}
    return {split: tally for split, tally in found.items() if tally.rows}


def _file(folder: Path, name: str, marker: Marker) -> list[DataFile]:
    """The shard of that name; nothing for pictures and the like, and for what lies outside."""
    path = Path(name)
    kind = KINDS.get(path.suffix)
    if kind is None or path.is_absolute() or ".." in path.parts:
        return []
    split = next((one for one in marker.splits if _belongs(path, one)), next(iter(marker.splits)))
    try:
        size = (folder / path).stat().st_size
    except OSError as error:
        raise UserError(f"{folder / path} cannot be read ({error.strerror})", "export anew") from None
    return [DataFile(split, kind, path.as_posix(), size)]


def _belongs(path: Path, split: str) -> bool:
    return path.parts[0] == split or path.name.startswith(f"{split}-")
