"""Means of scores with bootstrap intervals: sources are drawn again, not rows, for rows of one source hang together."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from streams.statistics.intervals import ALIKE, FEW_CLUSTERS, Interval, p_value
from streams.statistics.quantiles import student

Array = NDArray[np.float64]
Names = NDArray[np.uint64]

RESAMPLES = 4000
MOST_CLUSTERS = 4096
"""More sources than these are thrown into so many groups by their names: the method of random groups, as everywhere
(`streams.statistics.clusters`)."""
AT_ONCE = 1 << 22
"""Draws held in memory at a time."""


@dataclass(frozen=True)
class Means:
    """Means of the columns of some scores: `resampled` has a row for each resample; `clusters` were drawn from.

    With fewer than two clusters nothing was drawn, and `resampled` is empty.
    """

    means: Array
    resampled: Array
    clusters: int

    def interval(self, column: int, level: float) -> Interval | None:
        """The interval that holds the true mean with probability `level`; None for fewer than two clusters."""
        return _interval(self.resampled[:, column], level, self.clusters) if self.clusters > 1 else None


def means(scores: Array, clusters: Names, seed: int, resamples: int = RESAMPLES) -> Means:
    """Means of the columns of `scores` (rows x columns), and of resamples of the clusters that rows are named by.

    A resample draws as many clusters as there are, with replacement, and takes the mean over all their rows (Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 8).
    """
    groups, count = _groups(clusters)
    if count < 2:
        return Means(scores.mean(axis=0), np.zeros((0, scores.shape[1])), count)
    sums = np.stack([np.bincount(groups, weights=column, minlength=count) for column in scores.T], axis=1)
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    chance, found = np.random.default_rng(seed), list[Array]()
    step = max(1, AT_ONCE // count)
    for first in range(0, resamples, step):
        part = min(step, resamples - first)
        times = _drawn(chance, count, part)
        found.append((times @ sums) / (times @ sizes)[:, None])
    return Means(scores.mean(axis=0), np.concatenate(found), count)


@dataclass(frozen=True)
class Difference:
    """Mean here minus mean there, of two data sets; `p` for none at all, None where nothing can be said."""

    value: float
    interval: Interval | None
    p: float | None


def difference(one: Means, two: Means, column: int, level: float) -> Difference:
    """The difference of two means, whose samples are taken to be independent.

    `p` is two-sided, of Student's t with the resamples' spread; None where few clusters are all alike.
    """
    value = float(one.means[column] - two.means[column])
    fewest = min(one.clusters, two.clusters)
    if fewest < 2:
        return Difference(value, None, None)
    many = min(len(one.resampled), len(two.resampled))
    apart = one.resampled[:many, column] - two.resampled[:many, column]
    spread = float(apart.std()) * (fewest / (fewest - 1)) ** 0.5

    def around(level: float) -> Interval:
        reach = student(level, fewest - 1) * spread
        return Interval(value - reach, value + reach)

    known = spread > ALIKE or fewest >= FEW_CLUSTERS
    return Difference(value, _interval(apart, level, fewest), p_value(around) if known else None)


def _groups(clusters: Names) -> tuple[NDArray[np.intp], int]:
    """The number (from 0) of each row's cluster, and how many clusters there are."""
    known, groups = np.unique(clusters, return_inverse=True)
    if len(known) > MOST_CLUSTERS:
        known, groups = np.unique(clusters % MOST_CLUSTERS, return_inverse=True)
    return groups.reshape(-1), len(known)


def _drawn(chance: np.random.Generator, count: int, resamples: int) -> Array:
    """How often each of `count` clusters is drawn, for each resample."""
    picked = chance.integers(count, size=(resamples, count)) + np.arange(resamples)[:, None] * count
    return np.bincount(picked.reshape(-1), minlength=resamples * count).reshape(resamples, count).astype(np.float64)


def _interval(resampled: Array, level: float, clusters: int) -> Interval:
    """Percentiles of the resamples, further out where clusters are few.

    The expanded percentile interval: a plain one is too narrow by sqrt((n - 1) / n) and by the normal quantile in
    place of Student's (Hesterberg, The American Statistician 69, 2015, section 5.3).
    """
    reach = student(level, clusters - 1) * (clusters / (clusters - 1)) ** 0.5
    tail = NormalDist().cdf(-reach)
    low, high = np.quantile(resampled, (tail, 1 - tail))
    return Interval(float(low), float(high))
