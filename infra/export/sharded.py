"""The layouts that trainers read as shards: Parquet, as the Hugging Face hub names it, and tar for WebDataset."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, count
from pathlib import Path

from infra.export.drafts import Draft
from infra.export.order import Encoding, Layout, Told
from infra.export.pictures import exported
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams.ahead import ahead
from streams.dataset.columns import Column, Picture
from streams.dataset.rows import Row
from streams.dataset.shards import ParquetShard, Shard, TarShard
from streams.dataset.tally import AXES, Tally

AHEAD = 16
"""Rows whose pictures are read and encoded ahead of the one being written."""
MOST_ROWS = 10_000
"""Rows of a shard, however small their pictures are: its writer remembers something of each."""
LISTED: Mapping[str, str] = {"operations": "operation", "kinds": "kind", "judges": "judge"}
"""Columns of chains that list values of an axis of the tally."""

Open = Callable[[Path, Sequence[Column]], Shard]
_OPENS: Mapping[Layout, Open] = {"parquet": ParquetShard, "webdataset": TarShard}


def write(
    blobs: Blobs, layout: Layout, columns: Sequence[Column], drafts: Iterable[Draft], split: str, root: Path,
    encoding: Encoding, shard_bytes: int, told: Told, threads: int,
) -> tuple[Tally, list[str]]:  # fmt: skip
    """Write a split as shards of about `shard_bytes` of pictures; gives what is in it, and its files below `root`."""
    folder = root / ("data" if layout == "parquet" else split)
    folder.mkdir(exist_ok=True)
    tally = Tally()
    made = (row() for _, row in ahead(partial(_made, blobs, encoding), drafts, threads, AHEAD))
    rows = _counted(made, tally, told)
    paths = (folder / f"{split}-{number:06d}.tar" for number in count())
    written = _shards(paths, _OPENS[layout], columns, rows, shard_bytes)
    if layout == "parquet":
        written = [
            path.rename(folder / f"{split}-{number:05d}-of-{len(written):05d}.parquet")
            for number, path in enumerate(written)
        ]
    return tally, [path.relative_to(root).as_posix() for path in written]


def _made(blobs: Blobs, encoding: Encoding, draft: Draft) -> Row:
    """The draft's row with its pictures."""

    def found(named: ImageRef | list[ImageRef]) -> Picture | list[Picture]:
        if isinstance(named, list):
            return [exported(blobs, ref, encoding) for ref in named]
        return exported(blobs, named, encoding)

    return draft.row | {name: found(named) for name, named in draft.pictures.items()}


def _counted(rows: Iterable[Row], tally: Tally, told: Told) -> Iterator[Row]:
    """The rows, counted as they pass."""
    for row in rows:
        if "triplet_ids" in row or "pair_id" in row:
            _count(tally, row)
        else:
            tally.add(row)
        pictures = pictures_of(row)
        tally.pictures += len(pictures)
        tally.bytes += sum(len(picture.data) for picture in pictures)
        told(tally.rows, 0)
        yield row


def _count(tally: Tally, row: Row) -> None:
    """Count a pair or a chain: by the axes it has, and by each value where it lists some."""
    tally.rows += 1
    for axis in AXES:
        if axis in row:
            tally.count(axis, str(row[axis]))
    tally.count("size", f"{row['width']}x{row['height']}")
    tally.count("judge_calibrated", "true" if row["judge_calibrated"] else "false")
    for column, axis in {"editors": "editor", **LISTED}.items():
        values = row.get(column)
        for value in values if isinstance(values, list) else ():
            tally.count(axis, str(value))


def pictures_of(row: Row) -> list[Picture]:
    """The pictures of a row."""
    found: list[Picture] = []
    for value in row.values():
        if isinstance(value, Picture):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, Picture)]
    return found


def _shards(
    paths: Iterator[Path], opened: Open, columns: Sequence[Column], rows: Iterator[Row], most: int
) -> list[Path]:  # fmt: skip
    """Write one shard after another; gives their paths."""
    written: list[Path] = []
    following = next(rows, None)
    while following is not None:
        written.append(path := next(paths))
        with opened(path, columns) as shard:
            following = _fill(shard, chain([following], rows), most)
    return written


def _fill(shard: Shard, rows: Iterator[Row], most: int) -> Row | None:
    """Add rows until their pictures are `most` bytes; gives the row after them, None where there is none."""
    held = 0
    for number, row in enumerate(rows):
        if held >= most or number == MOST_ROWS:
            return row
        shard.add(row)
        held += sum(len(picture.data) for picture in pictures_of(row))
    return None
