"""The tables of one campaign: funnel and figures beside the paper's, precision and recall, yields."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams import paper
from streams.funnel import How
from streams.statistics.clusters import Columns, Sample
from streams.statistics.counting import TRUTH, Counts
from streams.statistics.intervals import Kind, Rate, Told, told
from streams.statistics.yielding import Axis
from streams.tallies import ratio

RATES: Mapping[str, tuple[Columns, Columns, Kind, float]] = {
    "images": ("images", "prompts", "ratio", 0),
    "gate": ("gate_yes", "images", "share", 0),
    "attempts": ("attempts", "gate_yes", "ratio", 0),
    "soft": ("soft", "attempts", "share", 0),
    "pixels": ("pixels", "soft", "share", 0),
    "hard": ("survivors", "forward", "share", 0),
    "best": ("winners", "survivors", "share", 0),
    "inversion": ("inverse", "winners", "share", 0),
    "composition": ("composite", ("winners", "inverse"), "gain", 0),
    "consistency": ("released", ("winners", "inverse", "composite"), "share", -1),
    "attempts_per_winner": ("attempts", "winners", "ratio", 0),
    "edits_per_triplet": ("attempts", "released", "ratio", 0),
    "images_per_triplet": ("images", "released", "ratio", 0),
    "hard_calls_per_triplet": ("forward", "released", "ratio", 0),
    "judge_calls_per_triplet": (("forward", "inverse", "composite"), "released", "ratio", 0),
    "first_attempt": ("won.1", "tried.1", "share", 0),
    "requests_won": ("winners", "requests", "share", 0),
    "seconds_per_triplet": ("seconds", "released", "ratio", 0),
    "dollars_per_triplet": ("dollars", "released", "ratio", 0),
}
"""What each stage and figure of the funnel is the rate of: part, whole, kind, shift."""
SPENT = {
    "seconds_per_triplet": "Recorded seconds a released triplet",
    "dollars_per_triplet": "US dollars a released triplet",
}
STAGES = {"gate": "Gate", "screen": "Screens", "judge": "Judge", "pipeline": "Whole pipeline", "released": "Released"}
FEW_TRIES, FEW_SOURCES = 50, 10
"""A label with fewer attempts or sources than these says little."""


@dataclass(frozen=True, slots=True)
class Row:
    """A rate with its interval beside the paper's value, `left` of `whole`; `covered` whether the interval holds it."""

    key: str
    title: str
    how: How
    left: float
    whole: float | None
    rate: Told | None
    paper: float | None

    @property
    def covered(self) -> bool | None:
        """Whether the interval holds the paper's value; None where there is nothing to compare."""
        if self.rate is None or self.rate.interval is None or self.paper is None:
            return None
        return self.rate.interval.covers(self.paper)


@dataclass(frozen=True, slots=True)
class Trusted:
    """How far the decisions of a stage can be trusted, where the truth is known; `paper`: of the paper's judge."""

    stage: str
    title: str
    decisions: int
    precision: Told | None
    recall: Told | None
    paper_precision: float | None = None
    paper_recall: float | None = None


@dataclass(frozen=True, slots=True)
class Yield:
    """What the attempts of one label brought; `few` says that there are too few to tell much."""

    label: str
    tries: int
    survivors: int
    survival: Told | None
    winners: int
    released: float
    seconds_per_triplet: float | None
    dollars_per_triplet: float | None
    few: bool


def rate(counts: Counts, key: str) -> Rate | None:
    """The rate of a stage or figure; None while there is nothing to divide by.

    The gate's unit is the source itself: where each prompt was drawn once, its answers are independent.
    """
    part, whole, kind, shift = RATES[key]
    estimate = counts.sample.rate(part, whole)
    alone = key == "gate" and counts.sample.total("images") == counts.sample.total("prompts")
    return Rate(estimate, kind, shift, independent=alone) if estimate else None


def funnel(counts: Counts, level: float) -> list[Row]:
    """The rows of streams/funnel.py with intervals."""
    rows = []
    for stage in counts.funnel.stages():
        if stage.key == "prompts":
            prompts = counts.sample.count("prompts")
            rows.append(Row(stage.key, stage.title, stage.how, prompts, None, None, None))
            continue
        rows.append(_row(counts, stage.key, stage.title, stage.how, stage.left, stage.paper_rate, level))
    return rows


def figures(counts: Counts, level: float) -> list[Row]:
    """The funnel's figures of merit with intervals, and what a triplet took."""
    rows = []
    for figure in counts.funnel.figures():
        how: How = "share" if figure.share else "each"
        left = counts.sample.total(RATES[figure.key][0])
        rows.append(_row(counts, figure.key, figure.title, how, left, figure.paper, level))
    for key, title in SPENT.items():
        if spent := counts.sample.total(RATES[key][0]):
            rows.append(_row(counts, key, title, "each", spent, None, level))
    return rows


def trust(counts: Counts, level: float) -> list[Trusted]:
    """Precision and recall of each stage for which the truth of something is known."""
    rows = []
    for stage in TRUTH:
        decisions = counts.funnel.truth[stage].count
        if not decisions:
            continue
        precision, recall = truth(counts, stage, "precision"), truth(counts, stage, "recall")
        judge = stage == "judge"
        rows.append(
            Trusted(
                stage, STAGES[stage], decisions, told(precision, level), told(recall, level),
                paper.JUDGE_PRECISION if judge else None, paper.JUDGE_RECALL if judge else None,
            )
        )  # fmt: skip
    return rows


def truth(counts: Counts, stage: str, which: str) -> Rate | None:
    """The "precision" or "recall" of a stage; nothing is known of what a shelf lacks, so it has no recall."""
    if stage == "released" and which == "recall":
        return None
    other = "kept_bad" if which == "precision" else "lost_good"
    estimate = counts.sample.rate(f"{stage}.kept_good", (f"{stage}.kept_good", f"{stage}.{other}"))
    return Rate(estimate, "share") if estimate else None


def yields(counts: Counts, axis: Axis, level: float) -> list[Yield]:
    """A row for each label, those with the highest share of survivors first; those that say little come last."""
    rows = [_yield(label, sample, level) for label, sample in counts.yields[axis].items()]
    return sorted(rows, key=lambda row: (row.few, -row.survival.value if row.survival else 0, -row.tries, row.label))


def survival(sample: Sample) -> Rate | None:
    """Survivors of all attempts."""
    estimate = sample.rate("survivors", "tries")
    return Rate(estimate, "share") if estimate else None


def _yield(label: str, sample: Sample, level: float) -> Yield:
    share = survival(sample)
    released = sample.total("released")
    return Yield(
        label=label,
        tries=sample.count("tries"),
        survivors=sample.count("survivors"),
        survival=told(share, level),
        winners=sample.count("winners"),
        released=released,
        seconds_per_triplet=ratio(sample.total("seconds"), released),
        dollars_per_triplet=ratio(sample.total("dollars"), released),
        few=share is None or share.estimate.units < FEW_TRIES or share.estimate.sources < FEW_SOURCES,
    )


def _row(counts: Counts, key: str, title: str, how: How, left: float, paper: float | None, level: float) -> Row:
    found = rate(counts, key)
    return Row(key, title, how, left, counts.sample.total(RATES[key][1]), told(found, level), paper)
