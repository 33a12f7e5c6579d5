"""The scores of one data set, kept as numbers alone, and the tables that come of them."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas.ports import Usage
from streams.scoring.means import Means, means
from streams.statistics.intervals import Interval

SCORES = ("adherence", "aesthetics", "geometric_mean")
"""Columns of every table; the last is the mean over rows of sqrt(adherence x aesthetics), the paper's overall score."""
OVERALL = SCORES.index("geometric_mean")
MOST_REASONS = 256
"""Different reasons that are counted one by one."""
OTHER = "other reasons"


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean score with its interval, where there is one."""

    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Line:
    """The means of some rows: all of a data set, or those of one `category`. In the order of `SCORES`."""

    category: str
    rows: int
    means: tuple[Mean, ...]


@dataclass
class Scores:
    """Scores row by row, as they come; and what was not scored, by reason, with the first row it befell."""

    failures: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    _values: "array[float]" = field(default_factory=lambda: array("d"))
    _clusters: "array[int]" = field(default_factory=lambda: array("Q"))
    _categories: "array[int]" = field(default_factory=lambda: array("I"))
    _names: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows that were scored."""
        return len(self._clusters)

    @property
    def done(self) -> int:
        """Rows that were scored, or that cannot be."""
        return self.rows + self.failures.total()

    def add(self, adherence: float, aesthetics: float, category: str, cluster: str) -> None:
        """A row was scored; rows of the same `cluster` (source) hang together."""
        self._values.extend((adherence, aesthetics))
        self._clusters.append(int.from_bytes(hashlib.sha256(cluster.encode(errors="replace")).digest()[:8], "big"))
        self._categories.append(self._names.setdefault(category, len(self._names)))

    def fail(self, reason: str, key: str) -> None:
        """A row could not be read or judged."""
        if reason not in self.failures and len(self.failures) >= MOST_REASONS:
            reason = OTHER
        self.failures[reason] += 1
        self.firsts.setdefault(reason, key)

    def spend(self, usage: Usage) -> None:
        """A row's answer took so much, in this run or in an earlier one."""
        self.usage = self.usage.plus(usage)

    def overall(self, seed: int) -> Means | None:
        """The means of all rows; None for no row."""
        return means(self._table(), self._named(), seed) if self.rows else None

    def lines(self, level: float, seed: int) -> list[Line]:
        """The means of each category, those with the most rows first; none where rows have none."""
        names = [name for name in self._names if name]
        table, clusters = self._table(), self._named()
        categories = np.frombuffer(self._categories, dtype=self._categories.typecode) if self.rows else np.zeros(0)
        found = []
        for name in names:
            mine = categories == self._names[name]
            found.append(line(name, int(mine.sum()), means(table[mine], clusters[mine], seed), level))
        return sorted(found, key=lambda one: (-one.rows, one.category))

    def _table(self) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        pairs = np.frombuffer(self._values, np.float64).reshape(-1, 2) if self.rows else np.zeros((0, 2))
        return np.column_stack([pairs, np.sqrt(pairs.prod(axis=1))])

    def _named(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        return np.frombuffer(self._clusters, np.uint64) if self.rows else np.zeros(0, np.uint64)


def line(category: str, rows: int, found: Means, level: float) -> Line:
    """Means as they are told."""
    told: Sequence[Mean] = [
        Mean(float(value), found.interval(column, level)) for column, value in enumerate(found.means)
    ]
    return Line(category, rows, tuple(told))
