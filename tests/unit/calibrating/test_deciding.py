"""Decisions of a judge held against people's."""

import numpy as np
import pytest

from streams.calibrating.deciding import THRESHOLDS, curve, decided
from streams.calibrating.samples import Sample
from streams.statistics.intervals import wilson
from streams.statistics.quantiles import normal
from tests.unit.calibrating.labelling import sample


def of(human: list[float], judged: list[float], weights: list[float] | None = None) -> Sample:
    """Pairs whose two scores are alike."""
    number = len(human)
    return Sample(
        "vlm@1", tuple(str(one) for one in range(number)), ("remove",) * number, np.column_stack([human, human]),
        np.column_stack([judged, judged]), np.array(weights or [1.0] * number),
    )  # fmt: skip


FOUR = of([4.5, 3.0, 4.1, 2.0] * 5, [4.8, 4.8, 4.0, 4.0] * 5)
"""Each of: rightly kept, wrongly kept, wrongly lost, rightly lost, at 4.7."""


def test_confusion_and_rates_are_those_of_the_pairs() -> None:
    found = decided(FOUR, FOUR.least >= 4.7, 4.0, 1)
    assert (found.kept_good, found.kept_bad, found.lost_good, found.lost_bad) == (5, 5, 5, 5)
    assert found.precision is not None
    assert found.recall is not None
    assert found.f1 is not None
    assert (found.precision.value, found.recall.value, found.f1.value) == (0.5, 0.5, 0.5)
    assert found.precision.interval == wilson(0.5, 10, normal(0.95))


def test_good_is_above_and_accepted_is_at_least() -> None:
    edge = of([4.0, 4.001], [4.7, 4.7])
    found = decided(edge, edge.least >= 4.7, 4.0, 1)
    assert (found.kept_good, found.kept_bad) == (1, 1)


def test_both_scores_must_be_good() -> None:
    one = of([4.5], [4.7])
    one.human[0, 1] = 3.9
    assert decided(one, one.least >= 4.7, 4.0, 1).kept_bad == 1


def test_weights_count_pairs_as_often_as_they_say_and_widen_the_interval() -> None:
    weights = [3.0] + [1.0] * 7
    weighted = decided(one := of([4.5] + [3.0] * 7, [4.8] * 8, weights), one.least >= 4.7, 4.0, 1).precision
    assert weighted is not None
    assert weighted.value == pytest.approx(0.3)
    assert weighted.interval == wilson(0.3, 10**2 / 16, normal(0.95))


def test_the_curve_is_every_common_bar() -> None:
    one = sample(200)
    points = curve(one, 4.0, 1)
    assert [point.threshold for point in points] == THRESHOLDS.tolist() == [round(t / 10, 1) for t in range(10, 51)]
    chosen = points[37]
    assert chosen.threshold == 4.7
    alone = decided(one, one.least >= 4.7, 4.0, 1)
    assert (chosen.precision, chosen.recall, chosen.kept_good) == (alone.precision, alone.recall, alone.kept_good)
    assert points[0].recall is not None
    assert points[0].recall.value == 1.0


@pytest.mark.parametrize("human", [[5.0, 5.0], [1.0, 1.0], []])
@pytest.mark.parametrize("judged", [4.0, 5.0])
def test_where_there_is_nothing_to_divide_by_there_is_no_rate(human: list[float], judged: float) -> None:
    one = of(human, [judged] * len(human)) if human else sample(0)
    found = decided(one, one.least >= 4.7, 4.0, 1)
    kept, good = found.kept_good + found.kept_bad, found.kept_good + found.lost_good
    assert (found.precision is None, found.recall is None) == (not kept, not good)
    assert (found.f1 is None) == (not kept and not good)
