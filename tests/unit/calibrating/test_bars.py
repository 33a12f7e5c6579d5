"""The least bar that is precise enough: found where it was planted, refused where nothing tells one."""

import numpy as np
import pytest

from streams.calibrating.bars import Aim, Bar, least
from streams.calibrating.deciding import THRESHOLDS
from tests.unit.calibrating.labelling import sample
from tests.unit.calibrating.test_deciding import of

AIM = Aim(precision=0.83)
RUNS = 100


def test_a_planted_bar_is_found_with_an_interval_that_holds_it_as_often_as_it_says() -> None:
    population = sample(200_000, seed=999)
    good, low = population.positive(4.0), population.least
    true = next(bar for bar in THRESHOLDS if good[low >= bar].mean() >= 0.83)
    found = [least(sample(300, seed), AIM, seed).told for seed in range(RUNS)]
    intervals = [one.interval for one in found if one and one.interval]
    assert len(intervals) >= 98
    assert sum(one.covers(true) for one in intervals) >= 88  # of 100; chance once in a hundred tests
    assert np.median([one.value for one in found if one]) == pytest.approx(true, abs=0.1)


def test_to_be_sure_takes_a_higher_bar() -> None:
    one = sample(900)
    plain, sure = least(one, AIM, 1), least(one, Aim(precision=0.83, sure=True), 1)
    assert plain.value is not None
    assert sure.value is not None
    assert sure.value > plain.value


@pytest.mark.parametrize(
    ("human", "why"),
    [
        ([4.5] * 29, "few labels"), ([], "few labels"), ([4.5] * 40, "all are good"), ([2.0] * 40, "none is good"),
        ([4.5, 2.0] * 20, "not reached"),
    ],
)  # fmt: skip
def test_where_nothing_tells_a_bar_there_is_none_and_it_is_said_why(human: list[float], why: str) -> None:
    one = of(human, [4.8] * len(human)) if human else sample(0)
    found = least(one, AIM, 1)
    assert (found.told, found.why) == (None, why)
    assert found.words.startswith(f"no bar ({why}), from {len(human)} labelled pairs")


def test_no_bar_lies_below_what_was_labelled() -> None:
    found = least(of([4.5] * 39 + [2.0], [4.2] * 40), AIM, 1)
    assert found.value == 4.2


def test_a_bar_that_a_handful_of_pairs_reach_is_none() -> None:
    human, judged = [2.0] * 40 + [4.5] * 9, [3.0] * 40 + [4.9] * 9
    assert least(of(human, judged), AIM, 1).why == "not reached"
    assert least(of([*human, 4.5], [*judged, 4.9]), AIM, 1).value == 4.9


def test_a_bar_tells_itself() -> None:
    assert Bar(None, 1, 0, "few labels").words == "no bar (few labels), from 1 labelled pair, 0 of them good"
    assert least(of([4.5, 2.0] * 20, [4.8, 3.0] * 20), AIM, 1).words.startswith("4.8 (4.8 to 4.8), from 40 labelled")
