"""How a day of the canary lies to the judge's first day and to the truth, and what counts as drift."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.canary.days import Day
from workers.canary import Case, Truth


@dataclass(frozen=True)
class Likeness:
    """How scores lie to others of the same cases: mean difference, mean absolute difference, rank correlation.

    `rank` is Spearman's, None where either side says the same of every case.
    """

    shift: float
    mae: float
    rank: float | None


@dataclass(frozen=True)
class Bars:
    """How far a judge may move before it counts as drift: in points, and as a rank correlation; `lost` is a share."""

    shift: float = 0.2
    mae: float = 0.4
    rank: float = 0.8
    lost: float = 0.1


@dataclass(frozen=True)
class Drift:
    """A day held against the baseline and against the truth, score by score; `lost`: cases no longer scored."""

    against_baseline: Mapping[str, Likeness]
    against_truth: Mapping[str, Likeness]
    lost: tuple[str, ...]
    cases: int

    def beyond(self, bars: Bars) -> list[str]:
        """What lies beyond the bars, in words."""
        found = []
        for name, seen in self.against_baseline.items():
            if abs(seen.shift) > bars.shift:
                found.append(f"{name} moved by {seen.shift:+.2f} on average")
            if seen.mae > bars.mae:
                found.append(f"{name} is {seen.mae:.2f} off its baseline")
            if seen.rank is not None and seen.rank < bars.rank:
                found.append(f"{name} ranks the cases otherwise (correlation {seen.rank:.2f})")
        if len(self.lost) > bars.lost * self.cases:
            found.append(f"{len(self.lost)} of {self.cases} cases are no longer scored")
        return found


def drift(day: Day, base: Day, cases: Sequence[Case]) -> Drift:
    """How the day lies to the baseline and to the truth."""
    truths = {case.name: case.truth for case in cases}
    lost = tuple(sorted(set(base.scores("adherence")) - set(day.scores("adherence"))))
    to_base = {name: likeness(day.scores(name), base.scores(name)) for name in Truth._fields}
    to_truth = {
        name: likeness(day.scores(name), {case: getattr(truth, name) for case, truth in truths.items()})
        for name in Truth._fields
    }
    found = {name: one for name, one in to_base.items() if one}, {name: one for name, one in to_truth.items() if one}
    return Drift(*found, lost, len(base.scores("adherence")))


def likeness(scores: Mapping[str, float], others: Mapping[str, float]) -> Likeness | None:
    """How scores lie to others, over the cases that both have; None where there is none."""
    names = sorted(set(scores) & set(others))
    if not names:
        return None
    one, other = np.array([scores[name] for name in names]), np.array([others[name] for name in names])
    return Likeness(float((one - other).mean()), float(np.abs(one - other).mean()), spearman(one, other))


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None where either is constant."""
    ranks = [_ranks(values) for values in (one, other)]
    spread = math.prod(float(rank.std()) for rank in ranks)
    if not spread:
        return None
    return float(((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())).mean() / spread)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[which], np.float64)


def as_dict(day: Day, base: Day, found: Drift, beyond: Sequence[str]) -> dict[str, Any]:
    """All that was found, for JSON."""

    def table(sides: Mapping[str, Likeness]) -> dict[str, Any]:
        return {name: {"shift": one.shift, "mae": one.mae, "rank": one.rank} for name, one in sides.items()}

    return {
        "judge": day.judge, "date": day.date, "baseline": base.date, "set": day.cases_of, "cases": len(day.marks),
        "scored": len(day.scores("adherence")), "lost": list(found.lost), "cost_usd": day.cost_usd,
        "against_baseline": table(found.against_baseline), "against_truth": table(found.against_truth),
        "drift": list(beyond),
    }  # fmt: skip
