"""Intervals at the edges, differences, and what is clear among several."""

from functools import partial

import pytest

from streams.statistics.intervals import Interval, Kind, Rate, change, clear, difference, p_value, told, wilson
from tests.unit.statistics.planting import sample_of

LEVEL = 0.99
Z95 = 1.959964


def rate(rows: list[tuple[int, int]], kind: Kind = "share") -> Rate:
    sample = sample_of([{"attempts": attempts, "survivors": survivors} for attempts, survivors in rows])
    estimate = sample.rate("survivors", "attempts")
    assert estimate is not None
    return Rate(estimate, kind)


def bounds(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("share", "units", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (81 / 263, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval_is_the_published_one(share: float, units: int, low: float, high: float) -> None:
    assert bounds(wilson(share, units, Z95)) == pytest.approx((low, high), abs=5e-5)


def test_of_none_at_all_the_interval_ends_above_zero_and_counts_sources_not_attempts() -> None:
    none, all_of_them = rate([(20, 0)] * 50), rate([(20, 20)] * 50)
    low, high = bounds(none.interval(LEVEL))
    assert (low, high) == pytest.approx((0.0, 6.635 / (50 + 6.635)), abs=1e-4)
    assert bounds(all_of_them.interval(LEVEL)) == pytest.approx((1 - high, 1.0))


def test_a_ratio_of_none_at_all_has_an_upper_end_only() -> None:
    assert bounds(rate([(20, 0)] * 50, "gain").interval(LEVEL)) == pytest.approx((0.0, 4.605 / 50), abs=1e-4)


def test_sources_that_happen_to_be_alike_do_not_make_it_certain() -> None:
    assert bounds(rate([(10, 4)] * 30).interval(LEVEL)) == pytest.approx((0.327, 0.478), abs=0.005)


def test_one_source_alone_has_a_value_and_no_interval() -> None:
    one = told(rate([(20, 5)]), LEVEL)
    assert one is not None
    assert (one.value, one.interval) == (0.25, None)


def test_the_more_attempts_hang_together_the_wider() -> None:
    alike = bounds(rate([(10, 5)] * 40).interval(LEVEL))
    apart = bounds(rate([(10, 10), (10, 0)] * 20).interval(LEVEL))
    assert apart[1] - apart[0] > 2.5 * (alike[1] - alike[0])


def test_few_prompts_that_happen_to_be_alike_say_nothing_of_a_ratio() -> None:
    for alike in ([(2, 20)] * 3, [(3, 7), (6, 14), (9, 21)]):
        assert rate(alike, "ratio").interval(LEVEL) is None
    assert bounds(rate([(2, 20)] * 40, "ratio").interval(LEVEL)) == pytest.approx((10.0, 10.0))


def test_two_prompts_that_differ_much_say_next_to_nothing_of_a_ratio() -> None:
    ours, theirs = rate([(1, 1), (1, 30)], "ratio"), rate([(1, 4), (1, 5), (1, 6)] * 20, "ratio")
    assert ours.interval(1 - 1e-9) is None
    p = p_value(partial(difference, ours, theirs))
    assert p is not None
    assert p > 0.1


def test_the_interval_of_a_loss_lies_below_zero() -> None:
    kept = rate([(10, 9), (10, 8), (10, 9)] * 20)
    low, high = bounds(Rate(kept.estimate, "share", shift=-1).interval(LEVEL))
    assert -0.2 < low < high < -0.1


def test_independent_units_are_not_clustered() -> None:
    rows = [(1, 1), (1, 0)] * 30
    alone = Rate(rate(rows).estimate, "share", independent=True)
    assert bounds(alone.interval(0.95)) == pytest.approx(bounds(wilson(0.5, 60, Z95)))


def test_shares_differ_by_points_and_ratios_by_a_part() -> None:
    more, fewer = [(10, 4)] * 40, [(10, 2)] * 40
    assert change(rate(more), rate(fewer)) == pytest.approx(0.2)
    assert change(rate(more, "ratio"), rate(fewer, "ratio")) == pytest.approx(1.0)
    assert change(rate(more, "ratio"), rate([(10, 0)] * 40, "ratio")) is None


def test_newcombes_published_difference() -> None:
    """56/70 - 48/80, Newcombe 1998, table II (a), method 10."""
    one = Rate(rate([(70, 56), (0, 0)]).estimate, "share", independent=True)
    other = Rate(rate([(80, 48), (0, 0)]).estimate, "share", independent=True)
    assert bounds(difference(one, other, 0.95)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_p_value_goes_with_its_interval() -> None:
    one, other = rate([(10, 5), (10, 3), (10, 4)] * 20), rate([(10, 4), (10, 5), (10, 2)] * 20)
    at = partial(difference, one, other)
    p = p_value(at)
    assert p is not None
    assert at(1 - 1.01 * p).covers(0) is False  # type: ignore[union-attr]
    assert at(1 - 0.99 * p).covers(0) is True  # type: ignore[union-attr]


def test_what_is_the_same_has_a_p_value_of_one_and_what_is_far_apart_hardly_any() -> None:
    rows = [(10, 5), (10, 3), (10, 4)] * 20
    assert p_value(partial(difference, rate(rows), rate(rows))) == pytest.approx(1.0, abs=1e-6)
    assert (p_value(partial(difference, rate(rows), rate([(10, 10), (10, 9)] * 30))) or 1) < 1e-6


def test_holm_asks_more_of_the_first_than_of_the_last() -> None:
    ps = {"a": 0.002, "b": 0.004, "c": 0.009, "d": None}
    assert clear(ps, 0.99) == {"a", "b", "c"}
    assert clear(ps | {"a": 0.0034}, 0.99) == set()
    assert clear(ps | {"b": 0.0051}, 0.99) == {"a"}
