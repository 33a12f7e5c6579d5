"""Files and the room they take, counted fast: folders of a hundred thousand files are usual."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


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
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 999.95 or (unit == "B" and abs(count) < 1000):
            return f"{count:,.0f} B" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
