"""How far a judge is off: mean absolute error, bias and rank correlation, over all pairs and by bins of the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from streams.calibrating import resampling
from streams.calibrating.samples import EDGES, Array, Sample
from streams.statistics.intervals import Told

SPREAD = 1e-9
"""Ranks that spread less than this are all one."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs whose true score lies from `low` to below `high` (5.0 included in the last)."""

    low: float
    high: float
    pairs: int
    mae: Told | None
    bias: Told | None


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one scale: `mae` and `bias` (judge less people) in points, `rho` Spearman's rank correlation.

    None where a figure does not exist: of no pairs, or a correlation where either side says the same of all.
    """

    mae: Told | None
    bias: Told | None
    rho: Told | None
    bins: Sequence[Bin]


def errors(sample: Sample, scale: str, seed: int) -> Errors:
    """The errors of the judge on a scale of SCALES."""
    human, judged = sample.scale(scale)
    mae, bias, rho = resampling.told(_figures(human, judged, ranked=True), sample.weights, seed)
    edges = (1.0, *EDGES, 5.0)
    where = np.digitize(human, EDGES)
    bins = [
        _bin(low, high, human[where == number], judged[where == number], sample.weights[where == number], seed)
        for number, (low, high) in enumerate(pairwise(edges))
    ]
    return Errors(mae, bias, rho, bins)


def _bin(low: float, high: float, human: Array, judged: Array, weights: Array, seed: int) -> Bin:
    mae, bias = resampling.told(_figures(human, judged), weights, seed)
    return Bin(low, high, int(human.size), mae, bias)


def _figures(human: Array, judged: Array, ranked: bool = False) -> resampling.Statistic:
    off = judged - human

    def statistic(weights: Array) -> Array:
        total = weights.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            figures = [weights @ np.abs(off) / total, weights @ off / total]
        return np.column_stack([*figures, *([rank_correlation(human, judged, weights)] if ranked else [])])

    return statistic


def rank_correlation(one: Array, other: Array, weights: Array) -> Array:
    """Spearman's correlation of mid-ranks for each row of weights (rows x n); NaN where either side is constant."""
    ranks = [_ranks(values, weights) for values in (one, other)]
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (rank - (weights * rank).sum(axis=1, keepdims=True) / total for rank in ranks)
        together = (weights * first * second).sum(axis=1)
        spread = np.sqrt((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1))
        return np.asarray(np.where(spread > SPREAD, together / spread, np.nan), dtype=np.float64)


def _ranks(values: Array, weights: Array) -> Array:
    """The share of the weight below each value, those alike counting half."""
    if not values.size:
        return weights
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) > 0])
    alike = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(alike, axis=1) - alike / 2
    ranks = np.empty_like(weights)
    ranks[:, order] = np.repeat(middle, np.diff(np.r_[starts, values.size]), axis=1)
    return np.asarray(ranks / np.maximum(weights.sum(axis=1, keepdims=True), SPREAD), dtype=np.float64)
