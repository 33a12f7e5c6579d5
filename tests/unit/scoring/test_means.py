"""Means and intervals: right on known scores, and holding the truth as often as they say, with sources as the unit."""

import numpy as np
import pytest

from streams.scoring.board import board
from streams.scoring.means import MOST_CLUSTERS, Array, Means, Names, difference, means
from streams.scoring.scores import Scores

REPLICATIONS = 300


def alone(scores: Array) -> Means:
    """Each row a source of its own."""
    return means(scores.reshape(-1, 1), np.arange(len(scores), dtype=np.uint64), 0)


def covered(rows: int, per_source: int, resamples: int = 400) -> float:
    """How often a 95 % interval holds the true mean 4, of rows that share their source's effect."""
    chance, hits = np.random.default_rng(11), 0
    names: Names = np.repeat(np.arange(rows // per_source, dtype=np.uint64), per_source)
    for seed in range(REPLICATIONS):
        shared = chance.normal(0, 0.3, rows // per_source).repeat(per_source)
        scores = 4 + shared + chance.normal(0, 0.2, rows)
        found = means(scores.reshape(-1, 1), names, seed, resamples).interval(0, 0.95)
        hits += found is not None and found.covers(4.0)
    return hits / REPLICATIONS


def test_means_are_those_of_the_rows_not_of_the_sources() -> None:
    found = means(np.array([[1.0], [1.0], [4.0]]), np.array([7, 7, 9], np.uint64), 0)
    assert found.means.tolist() == [2.0]
    assert found.clusters == 2


def test_the_same_scores_give_the_same_interval_in_whatever_order_they_came() -> None:
    scores, names = np.random.default_rng(1).uniform(1, 5, (50, 1)), np.arange(50, dtype=np.uint64) % 20
    other = np.random.default_rng(2).permutation(50)
    one, two = means(scores, names, 3).interval(0, 0.95), means(scores[other], names[other], 3).interval(0, 0.95)
    assert one is not None
    assert two is not None
    assert (one.low, one.high) == pytest.approx((two.low, two.high))


def test_an_interval_is_as_wide_as_theory_says() -> None:
    scores = np.random.default_rng(5).normal(4, 0.5, 2000)
    found = alone(scores).interval(0, 0.95)
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / 2000**0.5, rel=0.08)


@pytest.mark.parametrize(("rows", "per_source"), [(8, 1), (200, 1), (200, 4)])
def test_intervals_hold_the_truth_as_often_as_they_say(rows: int, per_source: int) -> None:
    assert 0.91 <= covered(rows, per_source) <= 0.985


def test_rows_of_one_source_make_an_interval_wider() -> None:
    scores, many = np.repeat([3.0, 4.0, 5.0, 4.0], 25).reshape(-1, 1), np.repeat(np.arange(4, dtype=np.uint64), 25)
    together, apart = means(scores, many, 0).interval(0, 0.95), alone(scores).interval(0, 0.95)
    assert together is not None
    assert apart is not None
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_of_one_source_nothing_is_said() -> None:
    found = means(np.array([[4.0], [5.0]]), np.array([1, 1], np.uint64), 0)
    assert found.means.tolist() == [4.5]
    assert found.interval(0, 0.95) is None
    assert difference(found, alone(np.array([1.0, 2.0])), 0, 0.95).p is None


def test_more_sources_than_memory_is_given_to_are_grouped_and_the_interval_stays() -> None:
    rows = 3 * MOST_CLUSTERS
    scores = np.random.default_rng(6).normal(4, 0.5, rows)
    names = np.random.default_rng(7).integers(0, 1 << 63, rows, np.uint64)
    found = means(scores.reshape(-1, 1), names, 0, 1000)
    around = found.interval(0, 0.95)
    assert found.clusters <= MOST_CLUSTERS
    assert around is not None
    assert around.high - around.low == pytest.approx(2 * 1.96 * 0.5 / rows**0.5, rel=0.12)


def test_a_difference_is_seldom_clear_where_there_is_none() -> None:
    chance, names, found = np.random.default_rng(8), np.arange(60, dtype=np.uint64), []
    for seed in range(REPLICATIONS):
        one, two = (means(chance.normal(4, 0.5, (60, 1)), names, seed + part, 400) for part in (0, 1000))
        found.append(difference(one, two, 0, 0.95).p)
    assert np.mean([p is not None and p <= 0.05 for p in found]) <= 0.09


def test_a_planted_difference_is_found_with_its_size() -> None:
    chance = np.random.default_rng(9)
    found = difference(alone(chance.normal(4.5, 0.3, 400)), alone(chance.normal(4.2, 0.3, 400)), 0, 0.95)
    assert found.interval is not None
    assert found.interval.covers(0.3)
    assert not found.interval.covers(0.0)
    assert found.p is not None
    assert found.p < 0.001


# --- scores -----------------------------------------------------------------------------------------------------------


def scores_of(*rows: tuple[float, float, str, str]) -> Scores:
    scores = Scores()
    for row in rows:
        scores.add(*row)
    return scores


def test_the_geometric_mean_is_taken_row_by_row() -> None:
    found = board([("a", 9, 2, scores_of((1.0, 4.0, "", "s1"), (4.0, 4.0, "", "s2")))], 0.95, 0).data_sets[0]
    assert found.whole is not None
    assert [mean.value for mean in found.whole.means] == [2.5, 4.0, 3.0]


def test_categories_come_by_size_and_rows_without_one_are_in_none() -> None:
    scores = scores_of(
        (1.0, 1.0, "add", "a"), (2.0, 2.0, "remove", "b"), (3.0, 3.0, "remove", "c"), (5.0, 5.0, "", "d")
    )
    found = board([("a", 4, 4, scores)], 0.95, 0).data_sets[0].categories
    assert [(line.category, line.rows, line.means[0].value) for line in found] == [("remove", 2, 2.5), ("add", 1, 1.0)]


def test_data_sets_come_best_first_and_those_without_scores_last() -> None:
    low, high = scores_of((2.0, 2.0, "", "a")), scores_of((5.0, 5.0, "", "a"))
    found = board([("none", 1, 1, Scores()), ("low", 1, 1, low), ("high", 1, 1, high)], 0.95, 0)
    assert [one.name for one in found.data_sets] == ["high", "low", "none"]


def test_pairs_that_differ_clearly_are_told_apart_from_those_that_do_not() -> None:
    chance = np.random.default_rng(3)

    def around(mean: float) -> Scores:
        drawn = chance.uniform(mean - 0.4, mean + 0.4, 300)
        return scores_of(*((value, value, "", str(number)) for number, value in enumerate(drawn)))

    found = board([("good", 300, 300, around(4.5)), ("bad", 300, 300, around(3.5)), ("alike", 300, 300, around(3.5))],
                  0.95, 0)  # fmt: skip
    verdicts = {frozenset((one.one, one.two)): one.clear for one in found.pairs}
    assert verdicts[frozenset(("good", "bad"))]
    assert verdicts[frozenset(("good", "alike"))]
    assert not verdicts[frozenset(("bad", "alike"))]


def test_reasons_without_end_are_counted_in_memory_that_has_one() -> None:
    scores = Scores()
    for number in range(1000):
        scores.fail(f"reason {number}", f"row {number}")
    assert scores.failures.total() == 1000
    assert len(scores.failures) < 300
    assert scores.failures["other reasons"] > 700
