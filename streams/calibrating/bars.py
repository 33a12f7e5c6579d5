"""The least bar that is precise enough, with how far it would move had other pairs been labelled."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from streams import paper
from streams.calibrating import resampling
from streams.calibrating.deciding import THRESHOLDS
from streams.calibrating.samples import Array, Mask, Sample
from streams.statistics.intervals import Told
from streams.statistics.quantiles import normal

LEAST_ABOVE = 10
"""A bar that fewer labelled pairs reach says nothing of its precision."""

Why = Literal["few labels", "none is good", "all are good", "not reached", ""]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a bar is to give: so much `precision`; `sure`: even by the lower end of its 95 % interval.

    Good is what people score above `positive` on both scales; of fewer than `least` pairs no bar is told.
    """

    precision: float = 0.83
    sure: bool = False
    positive: float = paper.LABELLED_GOOD
    least: int = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """A common bar on both scores, with a 95 % interval, from `pairs` of which people found `good` ones.

    None where there is no such bar, `why` saying so. `unreached` is the share of resamples without one.
    """

    told: Told | None
    pairs: int
    good: int
    why: Why = ""
    unreached: float = 0.0

    @property
    def value(self) -> float | None:
        """The bar."""
        return self.told.value if self.told else None

    @property
    def words(self) -> str:
        """The bar, or why there is none, and from how many pairs."""
        around = self.told.interval if self.told else None
        bar = f"{self.value:.1f}" if self.value is not None else f"no bar ({self.why})"
        between = f" ({around.low:.1f} to {around.high:.1f})" if around else ""
        return f"{bar}{between}, from {self.pairs} labelled pair{'s' * (self.pairs != 1)}, {self.good} of them good"


def least(sample: Sample, aim: Aim, seed: int) -> Bar:
    """The least of THRESHOLDS that is precise enough and that enough labelled pairs reach.

    None lies below the lowest score that was labelled. Its interval is that of the bootstrap, resamples without a bar
    standing above all thresholds; an end up there is told as 5.0.
    """
    good = sample.positive(aim.positive)
    count, number = len(sample), int(good.sum())
    why = _hopeless(count, number, aim)
    if why:
        return Bar(None, count, number, why)
    accepted = sample.least[:, None] >= THRESHOLDS
    allowed = (accepted.sum(axis=0) >= LEAST_ABOVE) & _last_that_keeps(accepted)
    found = _Find((good[:, None] & accepted).astype(np.float64), accepted.astype(np.float64), allowed, aim)
    value = float(found(sample.weights[None, :])[0])
    drawn = np.concatenate([found(part * sample.weights) for part in resampling.resamples(count, seed)])
    unreached = float((drawn > THRESHOLDS[-1]).mean())
    if value > THRESHOLDS[-1]:
        return Bar(None, count, number, "not reached", unreached)
    return Bar(Told(value, resampling.interval(np.minimum(drawn, THRESHOLDS[-1]), count)), count, number, "", unreached)


def _hopeless(count: int, good: int, aim: Aim) -> Why:
    if count < aim.least:
        return "few labels"
    if not good:
        return "none is good"
    return "all are good" if good == count else ""


def _last_that_keeps(accepted: Mask) -> Mask:
    """Of bars that accept the very same pairs the highest alone: nothing is told of scores that nobody labelled."""
    kept = accepted.sum(axis=0)
    return np.append(kept[:-1] != kept[1:], True)


class _Find:
    """Finds the least bar for each row of weights; 5.1 where there is none."""

    def __init__(self, both: Array, kept: Array, allowed: Mask, aim: Aim) -> None:
        self._both, self._kept, self._allowed, self._aim = both, kept, allowed, aim

    def __call__(self, weights: Array) -> Array:
        kept = weights @ self._kept
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = weights @ self._both / kept
            if self._aim.sure:
                precision = _lower(precision, kept**2 / (weights**2 @ self._kept))
        reached = (precision >= self._aim.precision) & self._allowed
        bars = np.where(reached, THRESHOLDS, THRESHOLDS[-1] + 0.1)
        return np.asarray(bars.min(axis=1), dtype=np.float64)


def _lower(share: Array, units: Array) -> Array:
    """The lower end of Wilson's interval (see `streams.statistics.intervals.wilson`), for many shares at once."""
    z = normal(resampling.LEVEL)
    centre = (share + z**2 / (2 * units)) / (1 + z**2 / units)
    half = z / (1 + z**2 / units) * np.sqrt(share * (1 - share) / units + z**2 / (4 * units**2))
    return np.asarray(centre - half, dtype=np.float64)
