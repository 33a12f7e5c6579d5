"""Knees of survival curves, and the paper's midpoint rule."""

import numpy as np
import pytest

from schemas.messages import Scores
from streams.calibrating.knees import GRID, Survival, counted, knees, place, survival


def scores(*cliffs: tuple[float, int], spread: int = 400, seed: int = 0) -> Survival:
    """The curve of scores of which so many lie at each cliff, the others evenly."""
    random = np.random.default_rng(seed)
    least = np.concatenate([random.uniform(1, 5, spread), *(np.full(number, score) for score, number in cliffs)])
    return survival(counted(least), 4.0, seed)


@pytest.mark.parametrize("seed", range(5))
def test_cliffs_at_four_and_a_half_and_four_nine_give_four_seven(seed: int) -> None:
    found = scores((4.5, 150), (4.9, 250), seed=seed)
    assert found.between is not None
    assert found.midpoint is not None
    assert found.midpoint.value == pytest.approx(4.7, abs=0.051)
    assert found.midpoint.interval is not None
    assert found.midpoint.interval.covers(4.7)


def test_cliffs_that_are_no_steps_are_found_where_they_begin() -> None:
    random = np.random.default_rng(2)
    least = np.r_[random.uniform(1, 5, 4000), random.normal(4.5, 0.05, 1500), random.normal(4.9, 0.03, 2500)]
    found = survival(counted(np.clip(least, 1, 5)), 4.0, 1)
    assert found.midpoint is not None
    assert found.midpoint.value == pytest.approx(4.7, abs=0.16)


def test_a_cliff_below_what_is_good_is_a_knee_but_not_one_of_the_two() -> None:
    found = scores((2.0, 400), (4.5, 150), (4.9, 250))
    assert 2.0 in found.knees
    assert found.midpoint is not None
    assert found.midpoint.value == pytest.approx(4.7, abs=0.051)


def test_of_three_cliffs_the_two_deepest_count() -> None:
    found = scores((4.2, 40), (4.5, 200), (4.9, 200))
    assert found.midpoint is not None
    assert found.midpoint.value == pytest.approx(4.7, abs=0.051)


@pytest.mark.parametrize("found", [scores(), scores((4.5, 300)), scores((4.5, 1), (4.9, 1), spread=3)])
def test_without_two_sure_knees_there_is_no_midpoint(found: Survival) -> None:
    assert (found.between, found.midpoint) == (None, None)


@pytest.mark.parametrize("counts", [np.zeros(GRID), np.eye(GRID)[0] * 9, np.eye(GRID)[-1] * 9])
def test_of_nothing_or_of_one_score_there_is_a_curve_without_knees(counts: np.ndarray) -> None:
    found = survival(counts, 4.0, 1)
    assert found.attempts == counts.sum()
    assert found.midpoint is None
    assert np.isfinite(found.shares).all()


def test_the_curve_is_the_share_whose_lower_score_reaches_each_threshold() -> None:
    told = [Scores(adherence=a, aesthetics=b) for a, b in ((5.0, 4.7), (4.7, 4.69), (1.0, 5.0), (4.75, 4.9))]
    found = survival(np.bincount([place(one) for one in told], minlength=GRID).astype(float), 4.0, 1)
    assert (found.shares[0], found.shares[36], found.shares[37], found.shares[38]) == (1.0, 0.75, 0.5, 0.0)
    assert counted(np.array([4.7, 4.69, 1.0, 4.75])).tolist() == np.bincount([37, 36, 0, 37], minlength=GRID).tolist()


def test_a_straight_fall_has_no_knee() -> None:
    assert knees(np.linspace(1, 0, GRID)) == []
