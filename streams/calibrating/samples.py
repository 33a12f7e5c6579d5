"""What is known of one judge: the pairs people labelled, as arrays, each with what it said of them."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.messages import Scores
from schemas.taxonomy import taxonomy
from streams.consensus import Panel
from streams.opinions import Opinion

EDGES = (2.0, 3.0, 4.0, 4.5)
"""Where scores are cut into bins: half as wide where the bars lie. Label mode spreads its sample over them."""
BINS = len(EDGES) + 1
SCALES = ("adherence", "aesthetics", "geometric_mean")

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """The pairs of one judge, n of them: `human` and `judged` are n x 2, adherence and aesthetics, 1.0 to 5.0.

    `weights` (n, mean 1) tell for how many judged attempts a pair stands beside the others.
    """

    judge: str
    pairs: Sequence[str]
    operations: Sequence[str]
    human: Array
    judged: Array
    weights: Array

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def least(self) -> Array:
        """The lower of the judge's two scores: what a common bar is held against."""
        return np.asarray(self.judged.min(axis=1), dtype=np.float64)

    @property
    def groups(self) -> tuple[str, ...]:
        """The taxonomy's group of each pair's operation, "other" where the taxonomy does not know it."""
        known = taxonomy().operations
        return tuple(known[name].group if name in known else "other" for name in self.operations)

    def positive(self, above: float) -> Mask:
        """Which pairs are good by people: both scores above that."""
        return np.asarray((self.human > above).all(axis=1), dtype=np.bool_)

    def scale(self, name: str) -> tuple[Array, Array]:
        """The people's and the judge's scores of a scale; the geometric mean is sqrt(adherence x aesthetics)."""
        if name == "geometric_mean":
            return np.sqrt(self.human.prod(axis=1)), np.sqrt(self.judged.prod(axis=1))
        column = SCALES.index(name)
        return self.human[:, column], self.judged[:, column]

    def only(self, which: Mask) -> "Sample":
        """Those pairs alone."""
        pairs = tuple(pair for pair, kept in zip(self.pairs, which, strict=True) if kept)
        operations = tuple(name for name, kept in zip(self.operations, which, strict=True) if kept)
        return Sample(self.judge, pairs, operations, self.human[which], self.judged[which], self.weights[which])

    def standing_for(self, cells: Array) -> tuple["Sample", float]:
        """The pairs weighted so that they stand for all that was judged, and the share of that they can stand for.

        `cells` (BINS x BINS) counts what was judged by bins of both scores. Labelled pairs are no plain sample of it
        but spread over the bins; so each counts for its cell (post-stratification: Holt & Smith, JRSS A 142, 1979).
        """
        place = cell(self.judged)
        here = np.bincount(place, minlength=BINS * BINS)
        there = cells.ravel()
        weights = there[place] / here[place]
        if not len(self) or not weights.sum():
            return self, 0.0
        return replace(self, weights=weights / weights.mean()), float(there[here > 0].sum() / there.sum())


def cell(scores: Array) -> NDArray[np.intp]:
    """The cell of each row of scores (n x 2) by the bins of both."""
    bins = np.digitize(scores, EDGES)
    return np.asarray(BINS * bins[:, 0] + bins[:, 1], dtype=np.intp)


def cell_of(scores: Scores) -> int:
    """The same of one judgement."""
    return BINS * bisect_right(EDGES, scores.adherence) + bisect_right(EDGES, scores.aesthetics)


def samples(
    opinions: Iterable[Opinion], panel: Panel, more: Mapping[str, Mapping[str, Scores]] | None = None
) -> dict[str, Sample]:  # fmt: skip
    """The sample of each judge; `more` holds scores of pairs by judge that the labels do not tell."""
    operations: dict[str, str] = {}
    judged: dict[str, dict[str, Scores]] = {judge: dict(scores) for judge, scores in (more or {}).items() if scores}
    for one in opinions:
        operations[one.pair] = one.operation
        judged.setdefault(one.judge, {})[one.pair] = one.judged
    return {judge: _sample(judge, scores, operations, panel) for judge, scores in sorted(judged.items())}


def _sample(judge: str, scores: Mapping[str, Scores], operations: Mapping[str, str], panel: Panel) -> Sample:
    pairs = sorted(scores)
    people = [panel.consensus[pair] for pair in pairs]
    human = np.array([(one.adherence, one.aesthetics) for one in people], dtype=np.float64).reshape(-1, 2)
    said = np.array([(scores[pair].adherence, scores[pair].aesthetics) for pair in pairs], dtype=np.float64)
    named = tuple(operations[pair] for pair in pairs)
    return Sample(judge, tuple(pairs), named, human, said.reshape(-1, 2), np.ones(len(pairs)))
