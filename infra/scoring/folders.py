"""Image folders: a line of `metadata.jsonl` or `metadata.csv` is a row, its pictures are files beside it."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

from infra.blobs.folder import explained
from infra.scoring.index import Index
from infra.scoring.rows import Row

NAMES = ("metadata.jsonl", "metadata.csv")
LOOKED_AT = 64
"""Lines whose fields are the columns."""
MOST_LINE = 1 << 22
"""Bytes of a line."""


class FolderRows:
    """The lines of metadata files, file after file."""

    format = "image folder"

    def __init__(self, files: Sequence[Path], root: Path) -> None:
        self._root, self._index = root, Index(files, _begins)
        self.columns: Sequence[str] = self._told(files[0])

    def count(self) -> int:
        """Lines of all files."""
        return self._index.count()

    def read(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """The rows with these numbers (see `Rows`); their pictures are read by whoever wants them."""
        for path, places in self._index.places(numbers):
            name = path.relative_to(self._root).as_posix()
            with explained(path), path.open("rb") as file:
                lines = _Lines(path, file)
                for place in places:
                    file.seek(place.begin)
                    values, error = lines.values(lines.next())
                    wanted = {column: values[column] for column in columns if column in values}
                    yield Row(place.number, f"{name}:{place.within + 1}", path.parent, wanted, error)

    def _told(self, path: Path) -> list[str]:
        """The fields of the first lines of a file."""
        with explained(path), path.open("rb") as file:
            lines = _Lines(path, file)
            first = [lines.values(record)[0] for _, record in islice(lines.all(), LOOKED_AT)]
        return list(dict.fromkeys(name for values in first for name in values))


def _begins(path: Path) -> Iterator[int]:
    with explained(path), path.open("rb") as file:
        yield from (begin for begin, _ in _Lines(path, file).all())


class _Lines:
    """The records of one metadata file: lines of JSON, or of CSV, whose quoted fields may run over several lines."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._file, self._csv = file, path.suffix == ".csv"
        self._head = next(csv.reader([self.next().decode("utf-8-sig", "replace")]), []) if self._csv else []

    def next(self) -> bytes:
        """The next record; empty at the end."""
        found = self._file.readline(MOST_LINE)
        while self._csv and found.count(b'"') % 2 and len(found) < MOST_LINE:
            more = self._file.readline(MOST_LINE)
            if not more:
                break
            found += more
        return found

    def all(self) -> Iterator[tuple[int, bytes]]:
        """Each record that is not blank, and where it begins."""
        begin = self._file.tell()
        while record := self.next():
            if record.strip():
                yield begin, record
            begin = self._file.tell()

    def values(self, record: bytes) -> tuple[Mapping[str, object], str]:
        """The record's values by column; and why it has none, where it is no record."""
        try:
            text = record.decode("utf-8-sig")
            if self._csv:
                return dict(zip(self._head, next(csv.reader(text.splitlines(keepends=True))), strict=False)), ""
            found = json.loads(text)
        except UnicodeDecodeError:
            return {}, "its line is not UTF-8"
        except (ValueError, RecursionError, csv.Error, StopIteration):
            return {}, f"its line is no {'CSV' if self._csv else 'JSON'}"
        return (found, "") if isinstance(found, dict) else ({}, "its line is no JSON object")
