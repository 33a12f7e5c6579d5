"""Errors of a judge: what others compute, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from scipy import stats

from streams.calibrating.errors import errors, rank_correlation
from streams.calibrating.samples import SCALES, Mask
from streams.statistics.intervals import Told
from tests.unit.calibrating.labelling import sample

RUNS = 120
"""At 95 %, as few as 107 of them would be chance in one of a hundred tests."""


@pytest.mark.parametrize("seed", range(3))
def test_the_rank_correlation_is_spearmans_with_ties(seed: int) -> None:
    one = sample(60, seed)
    human, judged = np.round(one.human[:, 0] * 2) / 2, np.round(one.judged[:, 0] * 2) / 2
    assert rank_correlation(human, judged, np.ones((1, 60)))[0] == pytest.approx(stats.spearmanr(human, judged)[0])


def test_a_weight_of_two_is_a_pair_twice() -> None:
    one = sample(30)
    human, judged = one.scale("adherence")
    twice = rank_correlation(np.r_[human, human[:9]], np.r_[judged, judged[:9]], np.ones((1, 39)))
    assert rank_correlation(human, judged, np.r_[np.full(9, 2.0), np.ones(21)][None, :]) == pytest.approx(twice)


def test_figures_are_those_of_the_pairs() -> None:
    one = sample(80)
    found = errors(one, "geometric_mean", 1)
    off = np.sqrt(one.judged.prod(axis=1)) - np.sqrt(one.human.prod(axis=1))
    assert found.mae is not None
    assert found.bias is not None
    assert (found.mae.value, found.bias.value) == pytest.approx((np.abs(off).mean(), off.mean()))
    assert [one.low for one in found.bins] == [1.0, 2.0, 3.0, 4.0, 4.5]
    assert sum(one.pairs for one in found.bins) == 80


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    human, judged = sample(40_000, seed=999).scale("adherence")
    off = judged - human
    true = (np.abs(off).mean(), off.mean(), stats.spearmanr(human, judged)[0])
    held = np.zeros(3)
    for seed in range(RUNS):
        found = errors(sample(60, seed), "adherence", seed)
        held += [_holds(told, value) for told, value in zip((found.mae, found.bias, found.rho), true, strict=True)]
    assert (held >= 107).all(), held


def test_planted_noise_is_found_within_the_interval() -> None:
    """The error is that of judge and people together: E|d| of a normal d is its deviation times sqrt(2 / pi)."""
    one = sample(3000, judge_noise=0.3, noise=0.2)
    inside: Mask = np.abs(one.human - 3.3).max(axis=1) < 0.5  # far from the ends of the scale
    middle = one.only(inside)
    found = errors(middle, "adherence", 1)
    assert _holds(found.mae, np.sqrt(2 / np.pi) * np.hypot(0.3, 0.2))
    assert _holds(found.bias, 0.0)


def test_the_same_seed_gives_the_same_intervals_and_another_others() -> None:
    one = sample(50)
    assert errors(one, "adherence", 1) == errors(one, "adherence", 1)
    assert errors(one, "adherence", 1).mae != errors(one, "adherence", 2).mae


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("pairs", [0, 1, 2, 9])
def test_of_few_pairs_there_are_values_without_intervals_and_of_none_there_are_none(pairs: int, scale: str) -> None:
    found = errors(sample(pairs), scale, 1)
    assert (found.mae is not None) == (pairs > 0)
    assert (found.rho is not None) == (pairs > 1)
    assert all(told is None or told.interval is None for told in (found.mae, found.bias, found.rho))


def test_a_judge_that_says_the_same_of_all_has_no_correlation() -> None:
    one = sample(40)
    one.judged[:] = 4.7
    found = errors(one, "adherence", 1)
    assert found.rho is None
    assert found.mae is not None


def _holds(told: Told | None, value: float) -> bool:
    return told is not None and told.interval is not None and told.interval.covers(value)
