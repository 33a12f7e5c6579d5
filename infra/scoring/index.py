"""Where rows begin in files that are read from front to end: found in one pass, 8 bytes a row."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """A row: its number in all files and in its own, and the byte at which it begins there."""

    number: int
    within: int
    begin: int


class Index:
    """The rows of `files`, one file after the other; `begins` passes over one and gives where each row begins."""

    def __init__(self, files: Sequence[Path], begins: Callable[[Path], Iterable[int]]) -> None:
        self._files, self._find = files, begins

    def count(self) -> int:
        """Rows of all files."""
        return self._starts[-1]

    def places(self, numbers: Sequence[int]) -> Iterator[tuple[Path, Iterator[Place]]]:
        """Each file that has some of these rows (ascending), with where they begin; take them before the next file."""
        for at, chosen in groupby(numbers, lambda number: bisect_right(self._starts, number) - 1):
            start, begins = self._starts[at], self._begins[at]
            yield self._files[at], (Place(number, number - start, begins[number - start]) for number in chosen)

    @cached_property
    def _begins(self) -> "list[array[int]]":
        return [array("Q", self._find(path)) for path in self._files]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(begins) for begins in self._begins)]
