"""The room that a data folder takes, by area, how fast that grows, and when the disk is full at this rate."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400.0
LEAST_SPAN_S = 60.0
"""Seconds below which a rate of growth says nothing."""

FOLDERS = ("shelf", "records", "scratch", "answers")
DATABASE = "database"
OTHER = "other"


@dataclass
class Area:
    """Files of one kind: bytes they take, and how many of these came in the last day (or since the first file)."""

    name: str
    files: int = 0
    bytes: int = 0
    grown: float = 0.0


@dataclass(frozen=True)
class Usage:
    """Areas of a data folder; `span_s` is the time in which they grew; `free` and `total` are the disk's bytes."""

    areas: Sequence[Area]
    span_s: float
    free: int
    total: int

    @property
    def bytes(self) -> int:
        """Bytes that the folder takes."""
        return sum(area.bytes for area in self.areas)

    @property
    def per_day(self) -> float | None:
        """Bytes it grows by in a day, at the rate of the last one; None where that cannot be said yet."""
        if self.span_s < LEAST_SPAN_S:
            return None
        return sum(area.grown for area in self.areas) * DAY_S / self.span_s

    @property
    def full_in_days(self) -> float | None:
        """Days until the disk is full at this rate; None where the folder does not grow."""
        return self.free / self.per_day if self.per_day else None


def usage(out: Path, database: str, now: float) -> Usage:
    """Count everything below `out`; a file with several names counts once, in the first area that has it.

    A database is one file, whose age says nothing: it is taken to grow in proportion to the files.
    """
    seen: set[tuple[int, int]] = set()
    areas = {name: Area(name) for name in (*FOLDERS, DATABASE, OTHER)}
    oldest = now
    for name in FOLDERS:
        for entry in files(out / name):
            at = _count(areas[name], entry, seen, now)
            oldest = min(oldest, at)
    for entry in _rest(out):
        _count(areas[DATABASE if entry.name.startswith(database) else OTHER], entry, seen, now)
    _estimate(areas)
    room = shutil.disk_usage(out)
    return Usage(list(areas.values()), min(DAY_S, now - oldest), room.free, room.total)


def files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Every file below `folder`, as the system lists them; what vanishes meanwhile is passed over."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield entry


def taken(stat: os.stat_result) -> int:
    """Bytes of disk that a file takes: whole blocks, where the file system tells."""
    return max(stat.st_size, 512 * getattr(stat, "st_blocks", 0))


def size(count: float) -> str:
    """Bytes for people: "3.2 MB"."""
    if abs(count) < 1000:
        return f"{count:,.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if abs(count) < 999.95:
            return f"{count:,.1f} {unit}"
    return f"{count / 1000:,.1f} TB"


def _rest(out: Path) -> Iterator[os.DirEntry[str]]:
    """Files of the folder that lie in none of the counted ones."""
    with os.scandir(out) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield entry
            elif entry.is_dir(follow_symlinks=False) and entry.name not in FOLDERS:
                yield from files(entry.path)


def _count(area: Area, entry: os.DirEntry[str], seen: set[tuple[int, int]], now: float) -> float:
    """Count a file; gives when it was made."""
    try:
        stat = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return now
    area.files += 1
    name = (stat.st_dev, stat.st_ino)
    if stat.st_nlink > 1 and name in seen:
        return stat.st_mtime
    if stat.st_nlink > 1:
        seen.add(name)
    area.bytes += taken(stat)
    area.grown += taken(stat) * (stat.st_mtime >= now - DAY_S)
    return stat.st_mtime


def _estimate(areas: dict[str, Area]) -> None:
    counted = [areas[name] for name in FOLDERS]
    whole = sum(area.bytes for area in counted)
    share = sum(area.grown for area in counted) / whole if whole else 1.0
    areas[DATABASE].grown = areas[DATABASE].bytes * share
    areas[OTHER].grown = 0.0
