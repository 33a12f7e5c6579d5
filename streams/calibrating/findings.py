"""All that calibration tells of one judge, as a record to keep and as plain values."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from schemas.messages import Scores
from streams import paper
from streams.calibrating import bars, deciding, knees
from streams.calibrating.bars import Aim, Bar
from streams.calibrating.deciding import Decided, Point
from streams.calibrating.errors import Errors, errors
from streams.calibrating.knees import Survival
from streams.calibrating.samples import SCALES, Array, Mask, Sample
from streams.calibrations import Calibration
from streams.rules.policy import Policy
from streams.statistics.intervals import Told

_PAPER = {
    "precision": paper.JUDGE_PRECISION, "recall": paper.JUDGE_RECALL, "bar": paper.HARD_BAR,
    "mae": dict(paper.JUDGE_MAE), "rho": dict(paper.JUDGE_RHO),
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """How to calibrate: what bars are to give, the policy whose bars are looked at, and the seed of the bootstrap."""

    aim: Aim
    policy: Policy
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Records:
    """All that a judge judged, counted: by cells of both scores, and by threshold (see `knees.place`)."""

    cells: Array
    counts: Array


@dataclass(frozen=True)
class Findings:
    """A judge held against people. `stands_for`: the share of what it judged that the labelled pairs can stand for.

    That is None where the records were not read: then the pairs stand for themselves alone.
    """

    judge: str
    aim: Aim
    sample: Sample
    labels: int
    raters: int
    good: int
    stands_for: float | None
    scales: Mapping[str, Errors]
    policy: str
    decided: Decided
    curve: Sequence[Point]
    survival: Survival
    bar: Bar
    groups: Mapping[str, Bar]
    notes: Sequence[str]

    @property
    def pairs(self) -> int:
        """Labelled pairs."""
        return len(self.sample)

    def figures(self) -> dict[str, float]:
        """Every figure by its name, those with an interval also as "<name>.low" and "<name>.high".

        `<scale>.mae`, `.bias`, `.rho`, and `<scale>.mae@<low>-<high>` of a bin of true scores; `precision`, `recall`
        and `f1` at the policy's bars; `bar` and `bar.<group>`, the least that are precise enough; `knee.lower`,
        `knee.upper` and `midpoint` of the survival curve.
        """
        found: dict[str, float] = {}
        for name, told in self._told():
            if told is not None:
                found[name] = told.value
            if told is not None and told.interval is not None:
                found[f"{name}.low"], found[f"{name}.high"] = told.interval.low, told.interval.high
        return {name: round(value, 6) for name, value in found.items() if math.isfinite(value)}

    def record(self, at: float) -> Calibration:
        """The calibration to be kept; `at` is now, in Unix seconds."""
        return Calibration(
            judge=self.judge, pairs=self.pairs, labels=self.labels, raters=self.raters, figures=self.figures(), at=at
        )

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "judge": self.judge, "aim": asdict(self.aim), "pairs": self.pairs, "labels": self.labels,
            "raters": self.raters, "good": self.good, "stands_for": self.stands_for,
            "scales": {name: asdict(one) for name, one in self.scales.items()},
            "policy": self.policy, "decided": asdict(self.decided), "curve": [asdict(one) for one in self.curve],
            "survival": asdict(self.survival), "bar": asdict(self.bar),
            "groups": {name: asdict(one) for name, one in self.groups.items()}, "notes": list(self.notes),
            "paper": _PAPER,
        }  # fmt: skip

    def _told(self) -> Iterator[tuple[str, Told | None]]:
        for scale, found in self.scales.items():
            yield f"{scale}.mae", found.mae
            yield f"{scale}.bias", found.bias
            yield f"{scale}.rho", found.rho
            for one in found.bins:
                yield f"{scale}.mae@{one.low}-{one.high}", one.mae
        yield "precision", self.decided.precision
        yield "recall", self.decided.recall
        yield "f1", self.decided.f1
        yield "bar", self.bar.told
        for group, bar in self.groups.items():
            yield f"bar.{group}", bar.told
        if self.survival.between is not None:
            yield "knee.lower", self.survival.between[0]
            yield "knee.upper", self.survival.between[1]
            yield "midpoint", self.survival.midpoint


def findings(sample: Sample, labels: int, raters: int, terms: Terms, records: Records | None = None) -> Findings:
    """Hold a judge against people; with `records` the pairs stand for all that it judged."""
    stands_for: float | None = None
    if records is not None:
        sample, stands_for = sample.standing_for(records.cells)
    aim, seed = terms.aim, terms.seed
    counts = records.counts if records else knees.counted(sample.least)
    groups = {
        group: bars.least(sample.only(np.array([one == group for one in sample.groups])), aim, seed)
        for group in sorted(set(sample.groups))
    }
    return Findings(
        judge=sample.judge, aim=aim, sample=sample, labels=labels, raters=raters,
        good=int(sample.positive(aim.positive).sum()), stands_for=stands_for,
        scales={scale: errors(sample, scale, seed) for scale in SCALES},
        policy=terms.policy.name, decided=deciding.decided(sample, _accepted(sample, terms.policy), aim.positive, seed),
        curve=deciding.curve(sample, aim.positive, seed),
        survival=knees.survival(counts, aim.positive, seed), bar=bars.least(sample, aim, seed),
        groups=groups, notes=list(_notes(sample, stands_for)),
    )  # fmt: skip


def _accepted(sample: Sample, policy: Policy) -> Mask:
    """Which pairs the policy's bars let pass."""
    rows = zip(sample.judged.tolist(), sample.operations, strict=True)
    passed = [policy.accepts(Scores(adherence=a, aesthetics=b), name, sample.judge) for (a, b), name in rows]
    return np.array(passed, dtype=np.bool_)


def _notes(sample: Sample, stands_for: float | None) -> Iterator[str]:
    if len(sample) < 2:
        yield "a single pair tells nothing of how far its figures would move"
    if stands_for is None:
        yield "rates are of the labelled pairs, and label mode spreads those over all scores: --records makes up for it"
    elif stands_for < 1:
        yield f"{1 - stands_for:.0%} of what was judged has scores such as nobody labelled: nothing is told of it"
