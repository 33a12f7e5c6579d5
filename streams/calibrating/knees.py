"""The survival curve of a judge's scores, its knees, and the paper's threshold: the midpoint between two of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schemas.messages import Scores
from streams.calibrating import resampling
from streams.calibrating.deciding import THRESHOLDS
from streams.calibrating.samples import Array
from streams.statistics.intervals import Told

SENSITIVITY = 1.0
"""Kneedle's S: how many mean steps a curve must fall off before a knee is one; 1.0 is its authors' choice."""
GRID = THRESHOLDS.size
_LADDER = THRESHOLDS.tolist()


@dataclass(frozen=True, slots=True)
class Survival:
    """S(T), the share of the `attempts` judged whose scores are both at least T, at each of THRESHOLDS.

    `knees` are all that were found, `between` the two whose midpoint is the threshold; None where there are no two, or
    where other attempts might as well have shown none.
    """

    attempts: int
    shares: Sequence[float]
    knees: Sequence[float]
    between: tuple[Told, Told] | None
    midpoint: Told | None


def place(scores: Scores) -> int:
    """Where an attempt belongs among the thresholds: the last that its lower score reaches."""
    return bisect_right(_LADDER, min(scores.adherence, scores.aesthetics)) - 1


def counted(least: Array) -> Array:
    """How many of the attempts with these lower scores belong to each threshold."""
    return np.bincount(np.searchsorted(THRESHOLDS, least, side="right") - 1, minlength=GRID).astype(np.float64)


def survival(counts: Array, above: float, seed: int) -> Survival:
    """The curve of attempts counted by `place`, with 95 % intervals of the knees from resampled counts."""
    attempts = int(counts.sum())
    shares = _survivors(counts)
    found = knees(shares)
    upper = _upper(shares, above)
    if upper is None:
        return Survival(attempts, shares.tolist(), [one for one, _ in found], None, None)
    drawn = np.array([_resampled(row, above) for row in _redrawn(counts, seed)])
    ranges = [resampling.interval(drawn[:, number], attempts) for number in range(3)]
    if None in ranges:
        return Survival(attempts, shares.tolist(), [one for one, _ in found], None, None)
    low, high, middle = (Told(*one) for one in zip((*upper, sum(upper) / 2), ranges, strict=True))
    return Survival(attempts, shares.tolist(), [one for one, _ in found], (low, high), middle)


def knees(shares: Array) -> list[tuple[float, float]]:
    """The knees of a falling curve over THRESHOLDS, before each cliff, with how far the cliff falls off the diagonal.

    Kneedle (Satopaa et al., Finding a "Kneedle" in a Haystack, ICDCS Workshops 2011): with both axes scaled to 0..1, a
    knee is where the curve lies highest over the straight fall, before it has dropped from there by S mean steps.
    """
    span = shares[0] - shares[-1]
    if span <= 0:
        return []
    x = (THRESHOLDS - THRESHOLDS[0]) / (THRESHOLDS[-1] - THRESHOLDS[0])
    over = (shares - shares[-1]) / span - (1 - x)
    drop = SENSITIVITY / (GRID - 1)
    found: list[tuple[float, float]] = []
    top = 0
    deepest: float | None = None
    for number in range(1, GRID):
        if deepest is None:
            if over[number] > over[top] - 1e-12:
                top = number
            elif over[number] < over[top] - drop:
                deepest = float(over[number])
        elif over[number] < deepest:
            deepest = float(over[number])
        else:  # the cliff's foot: from here on the curve may rise to its next knee
            found.append((float(THRESHOLDS[top]), float(over[top]) - deepest))
            top, deepest = number, None
    if deepest is not None:
        found.append((float(THRESHOLDS[top]), float(over[top]) - deepest))
    return found


def _upper(shares: Array, above: float) -> tuple[float, float] | None:
    """The two knees with the greatest falls among those above what people call good, the lower one first."""
    found = sorted((one for one in knees(shares) if one[0] > above), key=lambda one: -one[1])[:2]
    if len(found) < 2:
        return None
    low, high = sorted(one for one, _ in found)
    return low, high


def _resampled(counts: Array, above: float) -> tuple[float, float, float]:
    found = _upper(_survivors(counts), above)
    return (*found, sum(found) / 2) if found else (np.nan, np.nan, np.nan)


def _survivors(counts: Array) -> Array:
    total = counts.sum()
    return np.asarray(np.cumsum(counts[::-1])[::-1] / total if total else np.zeros(GRID), dtype=np.float64)


def _redrawn(counts: Array, seed: int) -> Array:
    random = np.random.default_rng(seed)
    drawn = random.multinomial(int(counts.sum()), counts / counts.sum(), resampling.TIMES // 2)
    return drawn.astype(np.float64)
