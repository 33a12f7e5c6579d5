"""Precision by audits: what share of the accepted people find good, by week, group of operations, kind and judge."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.errors import Missing
from schemas.ports import Blobs
from schemas.taxonomy import taxonomy
from streams import retractions, shelf
from streams.ahead import ahead
from streams.audits import Audit
from streams.consensus import Rater, agreed
from streams.opinions import Opinion
from streams.statistics.clusters import Estimate
from streams.statistics.intervals import Interval, Rate, change, difference, wilson
from streams.statistics.quantiles import normal

POSITIVE = 4.0
"""Good is what both scores of the raters lie above (paper: arXiv 2507.14119)."""
LEVEL = 0.95
OTHER = "other"
"""The group of operations that the taxonomy does not know."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many `good` ones of those `labelled`."""

    good: int = 0
    labelled: int = 0

    @property
    def value(self) -> float | None:
        """The precision; None where nothing was labelled."""
        return self.good / self.labelled if self.labelled else None

    def interval(self, level: float) -> Interval | None:
        """Wilson's interval; None where nothing was labelled."""
        return wilson(self.good / self.labelled, self.labelled, normal(level)) if self.labelled else None

    def plus(self, good: bool) -> "Share":
        """With one more."""
        return Share(self.good + good, self.labelled + 1)


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit as far as it is labelled.

    `lost` pairs were taken back before anybody labelled them and will not be; `taken_back` ones afterwards, and count.
    """

    audit: Audit
    share: Share
    lost: int
    taken_back: int

    @property
    def drawn(self) -> int:
        """Pairs drawn, without those that are lost."""
        return len(self.audit.pairs) - self.lost


@dataclass(frozen=True, slots=True)
class Trend:
    """The latest week that anybody labelled beside all labelled weeks before it; a change in shares."""

    week: str
    change: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Precision:
    """What people say of the audits: week by week, all together, and by "group", "kind" and "judge".

    A pair that was drawn in two weeks counts in each, and all together once. `notes` say how raters' bias was removed.
    """

    weeks: Sequence[Audited]
    overall: Share
    by: Mapping[str, Mapping[str, Share]]
    trend: Trend | None
    raters: Sequence[Rater]
    notes: Sequence[str]
    level: float

    def below(self, bar: float) -> list[str]:
        """What lies surely below the bar, its interval's upper end included: "all weeks", or the latest labelled."""
        labelled = [one for one in self.weeks if one.share.labelled]
        latest = {labelled[-1].audit.week: labelled[-1].share} if len(labelled) > 1 else {}
        shares = {"all weeks": self.overall, **latest}
        return [name for name, share in shares.items() if (found := share.interval(self.level)) and found.high < bar]


def measured(
    audits: Sequence[Audit], opinions: Sequence[Opinion], gone: Collection[str] = (), level: float = LEVEL
) -> Precision:
    """The precision of the audits by these opinions; the raters' bias is removed by all of them, audited or not.

    `gone` are pairs that were taken back. One that people had labelled before counts all the same: what was taken back
    because it is bad was accepted all the same, and leaving it out would make the judge look better with every audit.
    """
    panel = agreed(opinions)
    known = _known(opinions)
    good = {pair: one.good(POSITIVE) for pair, one in panel.consensus.items()}
    weeks = [_audited(one, good, gone) for one in sorted(audits, key=lambda one: one.week)]
    pairs = sorted({pair for one in audits for pair in one.pairs if pair in good})
    by = {name: _shares([(of(known[pair]), good[pair]) for pair in pairs]) for name, of in AXES.items()}
    overall = Share(sum(good[pair] for pair in pairs), len(pairs))
    audited = frozenset(pairs)
    told = {one.rater for one in opinions if one.pair in audited}
    raters = [one for one in panel.raters if one.name in told]
    return Precision(weeks, overall, by, _trend(weeks, level), raters, panel.notes if pairs else (), level)


def taken_back(blobs: Blobs, pairs: Iterable[str]) -> frozenset[str]:
    """Those of the pairs whose triplets were retracted, or are no longer on the shelf."""
    known, found = retractions.load(blobs), set()
    if not len(known):
        return frozenset()
    for pair, read in ahead(lambda pair: shelf.read(blobs, pair.rpartition("-")[0]), sorted(set(pairs))):
        try:
            if known.of(read()) is not None:
                found.add(pair)
        except Missing:
            found.add(pair)
    return frozenset(found)


def _group(one: Opinion) -> str:
    operation = taxonomy().operations.get(one.operation)
    return operation.group if operation else OTHER


AXES: Mapping[str, Callable[[Opinion], str]] = {
    "group": _group,
    "kind": lambda one: one.kind,
    "judge": lambda one: one.judge,
}


def _known(opinions: Iterable[Opinion]) -> dict[str, Opinion]:
    """What is told of each pair: by an opinion that was given beside the verdict that accepted it, if there is one."""
    found: dict[str, Opinion] = {}
    for one in opinions:
        if one.pair not in found or one.accepted > found[one.pair].accepted:
            found[one.pair] = one
    return found


def _audited(audit: Audit, good: Mapping[str, bool], gone: Collection[str]) -> Audited:
    labelled = [pair for pair in audit.pairs if pair in good]
    lost = [pair for pair in audit.pairs if pair in gone and pair not in good]
    share = Share(sum(good[pair] for pair in labelled), len(labelled))
    return Audited(audit, share, len(lost), sum(pair in gone for pair in labelled))


def _shares(pairs: Iterable[tuple[str, bool]]) -> dict[str, Share]:
    """By name, those with most pairs first."""
    found: dict[str, Share] = {}
    for name, good in pairs:
        found[name] = found.get(name, Share()).plus(good)
    return dict(sorted(found.items(), key=lambda one: (-one[1].labelled, one[0])))


def _trend(weeks: Sequence[Audited], level: float) -> Trend | None:
    labelled = [one for one in weeks if one.share.labelled]
    if len(labelled) < 2:
        return None
    *earlier, latest = labelled
    before = Share(sum(one.share.good for one in earlier), sum(one.share.labelled for one in earlier))
    ours, theirs = _rate(latest.share), _rate(before)
    return Trend(latest.audit.week, change(ours, theirs) or 0.0, difference(ours, theirs, level))


def _rate(share: Share) -> Rate:
    return Rate(
        Estimate(share.value or 0.0, np.zeros(0), share.labelled, share.labelled, 0), "share", independent=True
    )  # fmt: skip
