"""The bootstrap: how far a figure would move had other pairs been labelled."""

from collections.abc import Callable, Iterator
from math import sqrt
from statistics import NormalDist

import numpy as np

from streams.calibrating.samples import Array
from streams.statistics.intervals import Interval, Told
from streams.statistics.quantiles import student

TIMES = 1000
LEVEL = 0.95
FEWEST = 10
"""Of fewer pairs the bootstrap says nothing, so there is no interval."""
MOST_CELLS = 2_000_000
"""Weights held at once: 16 MB."""
DEFINED = 0.95
"""Where a figure exists in fewer of the resamples than this, it has no interval."""

Statistic = Callable[[Array], Array]
"""Figures (resamples x figures, NaN where one does not exist) by the weights of the pairs (resamples x pairs)."""


def told(statistic: Statistic, weights: Array, seed: int, units: int | None = None) -> list[Told | None]:
    """The figures with 95 % intervals; None for those that do not exist.

    Pairs are resampled whole, with all their opinions (Efron & Tibshirani, An Introduction to the Bootstrap, 1993).
    Percentiles are widened for few pairs as by Hesterberg (The American Statistician 69, 2015, section 3.3). `units`:
    how many of the pairs a figure rests on, if not on all.
    """
    values = statistic(weights[None, :])[0]
    drawn = np.concatenate([statistic(part * weights) for part in resamples(weights.size, seed)])
    rests_on = weights.size if units is None else units
    return [_told(float(value), drawn[:, number], rests_on) for number, value in enumerate(values)]


def resamples(size: int, seed: int, times: int = TIMES) -> Iterator[Array]:
    """How often each of `size` pairs was drawn, part by part: together `times` rows that each add up to `size`."""
    random = np.random.default_rng(seed)
    most = max(1, MOST_CELLS // max(1, size))
    for first in range(0, times, most):
        rows = min(most, times - first)
        drawn = random.integers(0, max(1, size), (rows, size)) + size * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size).astype(np.float64)


def interval(drawn: Array, units: int) -> Interval | None:
    """The interval that resampled values of a figure give, NaN being none; None where too few pairs or values are."""
    known = drawn[~np.isnan(drawn)]
    if units < FEWEST or known.size < DEFINED * drawn.size or not known.size:
        return None
    tail = NormalDist().cdf(-sqrt(units / (units - 1)) * student(LEVEL, units - 1))
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _told(value: float, drawn: Array, units: int) -> Told | None:
    return None if np.isnan(value) else Told(value, interval(drawn, units))
