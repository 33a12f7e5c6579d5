"""Parquet files: row counts from their footers, then only the row groups that hold a row of the sample."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from infra.scoring.rows import Row
from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError

BATCH = 8
"""Rows decoded at a time: pictures of so many rows are in memory."""
BUFFER = 1 << 20


def _pyarrow() -> Any:
    with packages_of_the_dataset():
        import pyarrow.parquet
    return pyarrow


class ParquetRows:
    """The rows of Parquet files, file after file. Raises `UserError` for a file that is none."""

    format = "Parquet"

    def __init__(self, files: Sequence[Path], root: Path) -> None:
        self._files, self._root, self._arrow = files, root, _pyarrow()
        with self._opened(files[0]) as first:
            self.columns: Sequence[str] = list(first.schema_arrow.names)
        self._ends: list[int] | None = None

    def count(self) -> int:
        """Rows of all files, from their footers."""
        return self._starts()[-1]

    def read(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """The rows with these numbers (see `Rows`).

        A row group is read page by page, from its beginning up to the last row wanted of it. Many writers make one page
        of all its pictures: then those of one row group are in memory at a time.
        """
        starts = self._starts()
        for at, chosen in groupby(numbers, lambda number: bisect_right(starts, number) - 1):
            yield from self._of_file(self._files[at], starts[at], list(chosen), columns)

    def _starts(self) -> list[int]:
        """The number of each file's first row, and of all rows at the end."""
        if self._ends is None:
            counts = []
            for path in self._files:
                with self._opened(path) as file:
                    counts.append(file.metadata.num_rows)
            self._ends = [0, *accumulate(counts)]
        return self._ends

    def _of_file(self, path: Path, start: int, numbers: list[int], columns: Sequence[str]) -> Iterator[Row]:
        with self._opened(path) as file:
            metadata = file.metadata
            groups = [0, *accumulate(metadata.row_group(at).num_rows for at in range(metadata.num_row_groups))]
            there = [name for name in columns if name in file.schema_arrow.names]
            for group, chosen in groupby(numbers, lambda number: bisect_right(groups, number - start) - 1):
                wanted = list(chosen)
                first = start + groups[group]
                yield from self._of_group(path, file, group, [number - first for number in wanted], wanted, there)

    def _of_group(
        self, path: Path, file: Any, group: int, offsets: list[int], numbers: list[int], columns: list[str]
    ) -> Iterator[Row]:  # fmt: skip
        told = 0
        name = path.relative_to(self._root).as_posix()
        try:
            for values in _picked(file.iter_batches(BATCH, row_groups=[group], columns=columns), offsets):
                yield Row(numbers[told], f"{name}:{numbers[told]}", path.parent, values)
                told += 1
        except (self._arrow.ArrowException, OSError) as error:
            why = f"its row group cannot be read ({' '.join(str(error).split())[:120]})"
            for number in numbers[told:]:
                yield Row(number, f"{name}:{number}", path.parent, {}, why)

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        try:
            file = self._arrow.parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        except (self._arrow.ArrowException, OSError) as error:
            why = " ".join(str(error).split())[:120]
            raise UserError(f"{path} is no Parquet file that can be read ({why})", "fetch it again") from None
        with file:
            yield file


def _picked(batches: Iterable[Any], offsets: list[int]) -> Iterator[dict[str, object]]:
    """The rows at these offsets (ascending); nothing is decoded past the last."""
    start, left = 0, list(reversed(offsets))
    for batch in batches:
        while left and left[-1] < start + batch.num_rows:
            found: list[dict[str, object]] = batch.slice(left.pop() - start, 1).to_pylist()
            yield found[0]
        start += batch.num_rows
        if not left:
            return
