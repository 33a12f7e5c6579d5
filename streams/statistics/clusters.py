"""Counts by cluster, and what they say of a rate: its value, and how far each cluster pulls it.

What comes from one source hangs together (a dull picture fails all its edits), and so do the sources of one prompt.
So the unit of chance is the prompt. Prompts are thrown into `GROUPS` groups by a hash of their names, and each group
is a cluster: the method of random groups (Wolter, Introduction to Variance Estimation, chapter 2), which estimates
the same variance as the prompts themselves would, in memory that does not grow with them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

GROUPS = 1024
Array = NDArray[np.float64]
Columns = str | Sequence[str]


def group_of(name: str) -> int:
    """The group, 0 to GROUPS - 1, that a prompt belongs to: the same on every machine."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") % GROUPS


@dataclass(frozen=True)
class Estimate:
    """A rate and its uncertainty.

    `pull` says by how much each cluster pulls the value (the linearised residuals); `units` is what the rate counts
    against, `sources` how many sources those units come from, `clusters` how many groups.
    """

    value: float
    pull: Array
    units: float
    sources: float
    clusters: int

    @property
    def variance(self) -> float:
        """Variance of the value; NaN for fewer than two clusters.

        Of a ratio R = Y/X: m/(m-1) * sum((y_g - R x_g)^2) / X^2 over m clusters, the delta method (Cochran, Sampling
        Techniques, 3rd edition, equations 6.13 and 11.30, without finite population correction).
        """
        if self.clusters < 2:
            return float("nan")
        return float(self.clusters / (self.clusters - 1) * np.square(self.pull).sum())

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the variance: m - 1 clusters, fewer where few of them make up most of it.

        By matching the variance's own moments (Satterthwaite 1946; O'Neill, The American Statistician 68, 2014):
        2m / (kurtosis - 1), which is about m for residuals of normal tails.
        """
        squares = np.square(self.pull)
        kurtosis = float(self.clusters * np.square(squares).sum() / squares.sum() ** 2) if squares.any() else 1.0
        most = self.clusters - 1
        return max(1, min(most, int(2 * self.clusters / (kurtosis - 1)))) if kurtosis > 1 + 2 / self.clusters else most

    def constant(self, value: float) -> "Estimate":
        """A number that is certain."""
        return replace(self, value=value, pull=np.zeros_like(self.pull))

    def plus(self, other: "Estimate", times: float = 1) -> "Estimate":
        """The sum of this and so many times the other."""
        return replace(self, value=self.value + times * other.value, pull=self.pull + times * other.pull)

    def times(self, other: "Estimate") -> "Estimate":
        """The product."""
        return replace(self, value=self.value * other.value, pull=self.pull * other.value + other.pull * self.value)

    def over(self, other: "Estimate") -> "Estimate":
        """The quotient."""
        value = self.value / other.value
        return replace(self, value=value, pull=(self.pull - value * other.pull) / other.value)


class Sample:
    """Totals of named columns, cluster by cluster; filled source by source."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._at = {name: number for number, name in enumerate(columns)}
        self._sums = np.zeros((len(columns), GROUPS))
        self._sources = np.zeros(len(columns))

    def add(self, group: int, values: Mapping[str, float]) -> None:
        """Count what one source of that group brings."""
        for name, value in values.items():
            if value:
                at = self._at[name]
                self._sums[at, group] += value
                self._sources[at] += 1

    def total(self, columns: Columns) -> float:
        """Sum of the columns over everything."""
        return float(self._by_group(columns).sum())

    def count(self, columns: Columns) -> int:
        """Sum of columns that count things."""
        return round(self.total(columns))

    def rate(self, part: Columns, whole: Columns) -> Estimate | None:
        """The ratio of two totals; None while there is nothing to divide by."""
        y, x = self._by_group(part), self._by_group(whole)
        total = float(x.sum())
        if not total:
            return None
        value = float(y.sum()) / total
        sources = max(self._sources[self._at[name]] for name in _names(whole))
        return Estimate(
            value, (y - value * x) / total, total, float(sources), int(np.count_nonzero((x != 0) | (y != 0)))
        )

    def _by_group(self, columns: Columns) -> Array:
        found: Array = sum((self._sums[self._at[name]] for name in _names(columns)), np.zeros(GROUPS))
        return found


def _names(columns: Columns) -> Sequence[str]:
    return (columns,) if isinstance(columns, str) else columns
