"""Confidence intervals of rates, of the difference of two rates, and what of several differences is clear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, isnan, log, sqrt
from typing import Literal

import numpy as np

from streams.statistics.clusters import Estimate
from streams.statistics.quantiles import normal, student

Kind = Literal["share", "ratio", "gain"]
"""A part of all units (0 to 1); so many for each unit; so many more, compared in points like a share."""
SURE = 1e-9
"""A p value below this is told as this."""
ALIKE = 1e-9
"""Less spread than this is rounding."""
LOOSEST = 100.0
"""An interval that reaches further than this in the logarithm says nothing."""
FEW_CLUSTERS = 30
"""Fewer say nothing of a correlation, and when they are all alike, nothing of how others may be."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def covers(self, value: float) -> bool:
        """Whether `value` lies inside."""
        return self.low <= value <= self.high

    def moved(self, by: float) -> "Interval":
        """The same width elsewhere."""
        return Interval(self.low + by, self.high + by)


@dataclass(frozen=True)
class Rate:
    """An estimate of some kind, told plus `shift` (-1 for what a stage takes away).

    `independent`: each unit is drawn by itself, so clusters do not matter.
    """

    estimate: Estimate
    kind: Kind
    shift: float = 0.0
    independent: bool = False

    @property
    def value(self) -> float:
        """The rate."""
        return self.estimate.value + self.shift

    def interval(self, level: float) -> Interval | None:
        """The interval that holds the true rate with probability `level`; None where too little is known for one."""
        inner = _share(self, level) if self.kind == "share" else _ratio(self.estimate, level)
        return inner.moved(self.shift) if inner else None


@dataclass(frozen=True, slots=True)
class Told:
    """A rate's value with its interval, where it has one."""

    value: float
    interval: Interval | None


def told(rate: Rate | None, level: float) -> Told | None:
    """The rate as it is told, if there is one."""
    return Told(rate.value, rate.interval(level)) if rate else None


def wilson(share: float, units: float, quantile: float) -> Interval:
    """The score interval of a share of independent `units` (Wilson, JASA 22, 1927)."""
    z = quantile**2
    centre = (share + z / (2 * units)) / (1 + z / units)
    half = quantile / (1 + z / units) * sqrt(share * (1 - share) / units + z / (4 * units**2))
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return Interval(low, high)


def _share(rate: Rate, level: float) -> Interval | None:
    """Wilson's interval for as many independent units as the clustered ones are worth, with Student's t.

    Kish, Survey Sampling (1965): a share p with variance v is worth p(1-p)/v independent units, here never more than
    there are. Where every unit or none counts, v says nothing: then each source is taken for one unit.
    """
    estimate, share = rate.estimate, rate.estimate.value
    if not 0 <= share <= 1:
        return _ratio(estimate, level)
    if rate.independent:
        return wilson(share, estimate.units, normal(level))
    if estimate.clusters < 2:
        return None
    if share in {0.0, 1.0}:
        return wilson(share, estimate.sources, normal(level))
    variance = max(estimate.variance, share * (1 - share) / estimate.units)
    return wilson(share, share * (1 - share) / variance, student(level, estimate.freedom))


def _ratio(estimate: Estimate, level: float) -> Interval | None:
    """Symmetric in the logarithm, so that it never falls below zero; of none at all, up to -ln(1 - level) a source.

    None where nothing can be said: of fewer than two clusters, of few that are all alike or vary very much.
    """
    if estimate.clusters < 2:
        return None
    if estimate.value <= 0:
        return Interval(0.0, -log(1 - level) / estimate.sources)
    spread = sqrt(estimate.variance) / estimate.value
    if estimate.clusters < FEW_CLUSTERS and spread < ALIKE:
        return None
    reach = student(level, estimate.freedom) * spread
    return Interval(estimate.value / exp(reach), estimate.value * exp(reach)) if reach < LOOSEST else None


def difference(ours: Rate, theirs: Rate, level: float) -> Interval | None:
    """Interval of the `change`; None where either rate has none.

    From the two intervals and the correlation of the rates (Zou, Psychological Methods 12, 2007; without correlation,
    of shares, it is Newcombe's method 10). Campaigns over the same prompts go up and down together.
    """
    one, two = ours.interval(level), theirs.interval(level)
    if one is None or two is None:
        return None
    together = correlation(ours.estimate, theirs.estimate)
    if ours.kind != "ratio":
        return _recovered(ours.value, one, theirs.value, two, together)
    if min(ours.value, theirs.value, one.low, two.low) <= 0:
        return None
    logs = _recovered(log(ours.value), _log(one), log(theirs.value), _log(two), together)
    return Interval(exp(logs.low) - 1, exp(logs.high) - 1)


def correlation(one: Estimate, two: Estimate) -> float:
    """How two rates of the same clusters go together, 0 to 1; 0 where it cannot be told from few clusters."""
    size = float(np.linalg.norm(one.pull) * np.linalg.norm(two.pull))
    if min(one.clusters, two.clusters) < FEW_CLUSTERS or not size:
        return 0.0
    return min(1.0, max(0.0, float(one.pull @ two.pull) / size))


def change(ours: Rate, theirs: Rate) -> float | None:
    """Ours minus theirs; of ratios ours / theirs - 1, None where theirs is zero."""
    if ours.kind != "ratio":
        return ours.value - theirs.value
    return ours.value / theirs.value - 1 if theirs.value > 0 else None


def p_value(interval_at: Callable[[float], Interval | None]) -> float | None:
    """The p value that goes with intervals: 1 - the highest level at which zero is still outside; None for none."""
    narrow, widest = interval_at(0.5), interval_at(1 - SURE)
    if narrow is None or isnan(narrow.low):
        return None
    if widest is not None and not widest.covers(0.0):
        return SURE
    inside, outside = SURE, 1.0  # zero is covered at level 1 - inside
    for _ in range(40):
        middle = sqrt(inside * outside)
        found = interval_at(1 - middle)
        covered = found is None or found.covers(0.0)
        inside, outside = (middle, outside) if covered else (inside, middle)
    return outside


def clear(p_values: Mapping[str, float | None], level: float) -> set[str]:
    """Those of several comparisons that are clear when all are looked at together (Holm, 1979).

    The chance that any of them is called clear by mere luck is at most 1 - `level`.
    """
    known = sorted((p, name) for name, p in p_values.items() if p is not None)
    found: set[str] = set()
    for number, (p, name) in enumerate(known):
        if p > (1 - level) / (len(known) - number):
            break
        found.add(name)
    return found


def _recovered(one: float, around_one: Interval, two: float, around_two: Interval, together: float) -> Interval:
    def reach(up: float, down: float) -> float:
        return sqrt(max(0.0, up**2 + down**2 - 2 * together * up * down))

    low = reach(one - around_one.low, around_two.high - two)
    high = reach(around_one.high - one, two - around_two.low)
    return Interval(one - two - low, one - two + high)


def _log(interval: Interval) -> Interval:
    return Interval(log(interval.low), log(interval.high))
