"""What a judge's decisions are worth: confusion with people's, and precision, recall and F1 over thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.calibrating import resampling
from streams.calibrating.samples import Array, Mask, Sample
from streams.statistics.intervals import Told, wilson
from streams.statistics.quantiles import normal

THRESHOLDS: Array = np.round(np.arange(10, 51) / 10, 1)
"""1.0 to 5.0 in tenths, the finest step in which judges are asked to score."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions of one bar: pairs rightly and wrongly accepted, wrongly and rightly rejected, and their rates.

    The counts are of labelled pairs, the rates weighted as the sample is; None where there is nothing to divide by.
    """

    kept_good: int
    kept_bad: int
    lost_good: int
    lost_bad: int
    precision: Told | None
    recall: Told | None
    f1: Told | None


@dataclass(frozen=True, slots=True)
class Point(Decided):
    """The decisions of a common bar on both scores."""

    threshold: float


def decided(sample: Sample, accepted: Mask, positive: float, seed: int) -> Decided:
    """What it is worth to accept those pairs, good being both of people's scores above `positive`."""
    good = sample.positive(positive)
    (f1,) = resampling.told(_f1(good, accepted[:, None]), sample.weights, seed, int((good | accepted).sum()))
    return Decided(*_counted(sample, good, accepted), f1)


def curve(sample: Sample, positive: float, seed: int) -> list[Point]:
    """The same for each of THRESHOLDS as a common bar."""
    good, accepted = sample.positive(positive), sample.least[:, None] >= THRESHOLDS
    scores = resampling.told(_f1(good, accepted), sample.weights, seed)
    return [
        Point(*_counted(sample, good, accepted[:, number]), f1, float(threshold))
        for number, (threshold, f1) in enumerate(zip(THRESHOLDS, scores, strict=True))
    ]


def share(part: Mask, whole: Mask, weights: Array) -> Told | None:
    """The weighted share of `part` in `whole` with Wilson's 95 % interval.

    Weighted units are worth (sum w)^2 / sum w^2 plain ones (Kish, Survey Sampling, 1965).
    """
    found = weights[whole]
    if not found.sum():
        return None
    value = min(1.0, float(weights[part & whole].sum() / found.sum()))
    units = float(found.sum() ** 2 / (found**2).sum())
    return Told(value, wilson(value, units, normal(resampling.LEVEL)))


def _counted(
    sample: Sample, good: Mask, accepted: Mask
) -> tuple[int, int, int, int, Told | None, Told | None]:  # fmt: skip
    parts: Sequence[Mask] = (good & accepted, ~good & accepted, good & ~accepted, ~good & ~accepted)
    kept_good, kept_bad, lost_good, lost_bad = (int(part.sum()) for part in parts)
    precision, recall = share(good, accepted, sample.weights), share(accepted, good, sample.weights)
    return kept_good, kept_bad, lost_good, lost_bad, precision, recall


def _f1(good: Mask, accepted: Mask) -> resampling.Statistic:
    """F1 = 2 TP / (accepted + good), for each column of `accepted` (pairs x bars)."""
    both, all_kept = (good[:, None] & accepted).astype(np.float64), accepted.astype(np.float64)

    def statistic(weights: Array) -> Array:
        with np.errstate(invalid="ignore"):
            found = 2 * (weights @ both) / (weights @ all_kept + weights @ good.astype(np.float64)[:, None])
        return np.asarray(found, dtype=np.float64)

    return statistic
