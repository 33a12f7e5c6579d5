"""What every reader of a data set gives: rows by number, or why one cannot be read; and the bytes of a picture."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schemas.errors import NhrError

MOST_BYTES = 512 << 20
"""Of one picture's file."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Unreadable(NhrError):
    """A row, or a picture of one, that cannot be read; the message says why, without naming the row."""


@dataclass(frozen=True)
class Row:
    """A row: its number, its key (file and place in it), the folder its pictures' names are relative to, its values.

    `error` is why it cannot be read, where it cannot.
    """

    number: int
    key: str
    folder: Path
    values: Mapping[str, object]
    error: str = ""


class Rows(Protocol):
    """A data set's rows; `columns` are known before any is read."""

    format: str
    columns: Sequence[str]

    def count(self) -> int:
        """How many rows there are; no picture is read."""

    def read(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """The rows with these numbers (ascending), with those columns; pictures of other rows are not read."""


def picture(value: object, row: Row, root: Path) -> bytes:
    """The bytes of a picture's file: inside the row, or named by it; raises `Unreadable`."""
    if isinstance(value, dict):
        inside, named = value.get("bytes"), value.get("path")
        value = inside if inside is not None else named
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str) and value:
        return _file(value, row.folder, root)
    raise Unreadable("no picture in it" if value in (None, "") else f"a {type(value).__name__} in place of a picture")


def _file(name: str, folder: Path, root: Path) -> bytes:
    """The file that a row names; one outside the data set's folder is not opened, whoever wrote the row."""
    if _SCHEME.match(name):
        raise Unreadable("names a picture on the network, not in a file")
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(root.resolve()):
            raise Unreadable("names a picture outside the data set's folder")
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"a picture's file is over {MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"a picture's file cannot be read ({error.strerror})") from None
    except ValueError:  # a NUL in the name
        raise Unreadable("names no file") from None
