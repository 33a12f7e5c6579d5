"""What the raters of judged pairs agree on once each one's bias is removed, and how far they do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from streams.opinions import Opinion

SCALES = ("adherence", "aesthetics")
LEAST_SHARED = 5
"""A rater who shares fewer pairs than these with others keeps the scores given: an offset from so few is noise."""

ALIKE = 1e-12
"""Less variance than this is rounding."""

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Consensus:
    """What `raters` people agree on for a pair: the mean of their scores, each less its rater's offset, 1.0 to 5.0."""

    pair: str
    adherence: float
    aesthetics: float
    raters: int

    def good(self, positive: float) -> bool:
        """Whether both scores are above `positive` (paper: 4.0)."""
        return self.adherence > positive and self.aesthetics > positive


@dataclass(frozen=True, slots=True)
class Rater:
    """Who labelled so many pairs, `shared` of them with others; by scale, how much higher than the panel they score."""

    name: str
    labels: int
    shared: int
    offsets: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree on a scale, over the `pairs` that several of them labelled; None where there are none.

    `difference` is the mean absolute difference of two raters of a pair, `alpha` Krippendorff's for interval data
    (Content Analysis, 2004: 1 is agreement, 0 what chance gives), both of the scores less the raters' offsets;
    `raw_difference` and `raw_alpha` of the scores as given. `alpha` is None also where all scores are the same.
    """

    pairs: int
    difference: float | None
    alpha: float | None
    raw_difference: float | None
    raw_alpha: float | None


@dataclass(frozen=True, slots=True)
class Panel:
    """The raters, what they agree on by pair, how far they do by scale, and what should be known of that in words."""

    consensus: Mapping[str, Consensus]
    raters: Sequence[Rater]
    agreement: Mapping[str, Agreement]
    notes: Sequence[str]


def agreed(opinions: Iterable[Opinion]) -> Panel:
    """What raters agree on, their bias removed as in the paper: an additive offset for each rater and scale.

    The offsets are the least-squares fit of (score = pair + offset of the rater) to the pairs that several raters
    share, and of raters linked by shared pairs they sum to zero over the shared labels: what is taken for the truth is
    the mean label. Who shares fewer than `LEAST_SHARED` pairs has the offset 0, and a note says so. Of several opinions
    of a rater on a pair the last counts.
    """
    scores = _Scores(opinions)
    eligible = scores.eligible()
    offsets = {scale: scores.offsets(scale, eligible) for scale in SCALES}
    corrected = {scale: scores.given[scale] - offsets[scale][scores.rater] for scale in SCALES}
    means = {scale: np.clip(scores.mean(corrected[scale]), 1.0, 5.0) for scale in SCALES}
    consensus = {
        pair: Consensus(pair, float(means["adherence"][number]), float(means["aesthetics"][number]), int(count))
        for number, (pair, count) in enumerate(zip(scores.pairs, scores.counts, strict=True))
    }
    raters = [
        Rater(name, int(given), int(shared), {scale: float(offsets[scale][number]) for scale in SCALES})
        for number, (name, given, shared) in enumerate(zip(scores.raters, scores.labels, scores.shared, strict=True))
    ]
    agreement = {scale: scores.agreement(scores.given[scale], corrected[scale]) for scale in SCALES}
    return Panel(consensus, raters, agreement, list(_notes(raters, eligible, scores.groups(eligible))))


class _Scores:
    """The labels as arrays: each names its pair and rater by number."""

    def __init__(self, opinions: Iterable[Opinion]) -> None:
        last = {(one.pair, one.rater): one for one in opinions}
        self.pairs = sorted({pair for pair, _ in last})
        self.raters = sorted({rater for _, rater in last})
        pairs = {name: number for number, name in enumerate(self.pairs)}
        raters = {name: number for number, name in enumerate(self.raters)}
        self.pair = np.array([pairs[pair] for pair, _ in last], dtype=np.intp)
        self.rater = np.array([raters[rater] for _, rater in last], dtype=np.intp)
        self.given: dict[str, Array] = {
            scale: np.array([getattr(one, scale) for one in last.values()], dtype=np.float64) for scale in SCALES
        }
        self.counts = np.bincount(self.pair, minlength=len(self.pairs))
        self.labels = np.bincount(self.rater, minlength=len(self.raters))
        self.shared = np.bincount(self.rater, self.counts[self.pair] > 1, len(self.raters)).astype(np.intp)

    def mean(self, scores: Array) -> Array:
        """Of each pair."""
        return np.bincount(self.pair, scores, len(self.pairs)) / np.maximum(self.counts, 1)

    def eligible(self) -> Mask:
        """The raters who share enough pairs with others who do."""
        kept = self.shared >= LEAST_SHARED
        while True:
            _, shared = self._met(kept)
            still = kept & (shared >= LEAST_SHARED)
            if (still == kept).all():
                return kept
            kept = still

    def offsets(self, scale: str, eligible: Mask) -> Array:
        """Of each rater; 0 of those who are not eligible.

        The normal equations of the fit, the pairs' own levels eliminated: for each pair of n labels, each rater of it
        has 1 - 1/n on the diagonal and -1/n beside every other.
        """
        used, shared = self._met(eligible)
        size, number = len(self.raters), len(self.pairs)
        share = np.zeros((number, size))
        share[self.pair[used], self.rater[used]] = 1.0
        count = np.maximum(share.sum(axis=1), 1.0)
        matrix = np.diag(share.sum(axis=0)) - share.T @ (share / count[:, None])
        level = np.bincount(self.pair[used], self.given[scale][used], number) / count
        sums = np.bincount(self.rater[used], (self.given[scale] - level[self.pair])[used], size)
        found = np.asarray(np.linalg.lstsq(matrix, sums, rcond=None)[0], dtype=np.float64)
        for group in self.groups(eligible):
            found[group] -= np.average(found[group], weights=shared[group])
        return np.where(eligible, found, 0.0)

    def groups(self, eligible: Mask) -> list[list[int]]:
        """The eligible raters, those together who are linked by shared pairs."""
        used, _ = self._met(eligible)
        groups: list[set[int]] = []
        members: dict[int, set[int]] = {}
        for pair, rater in zip(self.pair[used].tolist(), self.rater[used].tolist(), strict=True):
            members.setdefault(pair, set()).add(rater)
        for together in {frozenset(one) for one in members.values()}:
            linked = [group for group in groups if group & together]
            groups = [group for group in groups if not group & together] + [set(together).union(*linked)]
        return sorted(sorted(group) for group in groups)

    def agreement(self, raw: Array, corrected: Array) -> Agreement:
        """How far raters agree, in scores as given and corrected."""
        pairs = int((self.counts > 1).sum())
        return Agreement(pairs, *self._agreement(corrected), *self._agreement(raw))

    def _met(self, kept: Mask) -> tuple[Mask, NDArray[np.intp]]:
        """Which labels are of pairs that several of these raters labelled, and how many of them each rater has."""
        among = kept[self.rater]
        counts = np.bincount(self.pair[among], minlength=len(self.pairs))
        used = among & (counts[self.pair] > 1)
        return used, np.bincount(self.rater[used], minlength=len(self.raters))

    def _agreement(self, scores: Array) -> tuple[float | None, float | None]:
        """The mean absolute difference of two raters of a pair, and Krippendorff's alpha."""
        together = self.counts[self.pair] > 1
        values, pair = scores[together], self.pair[together]
        if not values.size:
            return None, None
        by_pair: dict[int, list[float]] = {}
        for number, value in zip(pair.tolist(), values.tolist(), strict=True):
            by_pair.setdefault(number, []).append(value)
        apart = [abs(one - other) for group in by_pair.values() for one, other in combinations(group, 2)]
        within = sum(len(group) * np.var(group) * len(group) / (len(group) - 1) for group in by_pair.values())
        overall = np.var(values) * values.size / (values.size - 1)
        alpha = float(1 - within / values.size / overall) if overall > ALIKE else None
        return float(np.mean(apart)), alpha


def _notes(raters: Sequence[Rater], eligible: Mask, groups: Sequence[Sequence[int]]) -> Iterator[str]:
    """What should be known of how the offsets came about."""
    alone = [rater.name for rater, able in zip(raters, eligible, strict=True) if not able]
    if alone and len(raters) > 1:
        yield f"{', '.join(alone)}: fewer than {LEAST_SHARED} pairs shared with others, scores taken as given"
    if len(raters) == 1:
        yield f"{raters[0].name} alone labelled: nobody to tell a bias from"
    if len(groups) > 1:
        told = " | ".join(", ".join(raters[one].name for one in group) for group in groups)
        yield f"raters who share no pairs with the others were corrected apart: {told}"
