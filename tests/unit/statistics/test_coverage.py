"""Intervals hold the planted truth as often as they say, over many seeded replications."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from streams.statistics.climbing import Step, steps
from streams.statistics.clusters import Estimate, Sample
from streams.statistics.intervals import Interval, Kind, Rate, difference, wilson
from streams.statistics.quantiles import normal
from streams.statistics.requests import LADDER
from tests.unit.statistics.planting import clustered, sample_of

REPLICATIONS = 400
LEVEL = 0.99
ENOUGH = 0.97


def covered(truth: float, interval: Callable[[np.random.Generator], Interval | None], seed: int) -> float:
    random = np.random.default_rng(seed)
    found = [interval(random) for _ in range(REPLICATIONS)]
    return sum(one is not None and one.covers(truth) for one in found) / REPLICATIONS


def rate_of(sample: Sample, part: str, whole: str, kind: Kind) -> Rate:
    estimate = sample.rate(part, whole)
    assert estimate is not None
    return Rate(estimate, kind)


@pytest.mark.parametrize("sources", [40, 400])
@pytest.mark.parametrize("share", [0.05, 0.43, 0.97])
def test_a_share_of_clustered_attempts(share: float, sources: int) -> None:
    def interval(random: np.random.Generator) -> Interval | None:
        sample = sample_of(clustered(random, sources, share))
        return rate_of(sample, "survivors", "attempts", "share").interval(LEVEL)

    assert covered(share, interval, 7) >= ENOUGH


def test_attempts_taken_for_independent_are_covered_far_less() -> None:
    def interval(random: np.random.Generator) -> Interval:
        sample = sample_of(clustered(random, 200, 0.43))
        return wilson(sample.total("survivors") / sample.total("attempts"), sample.total("attempts"), normal(LEVEL))

    assert covered(0.43, interval, 7) < 0.85


def test_a_ratio_of_two_totals() -> None:
    def interval(random: np.random.Generator) -> Interval | None:
        return rate_of(sample_of(clustered(random, 200, 0.3)), "attempts", "survivors", "ratio").interval(LEVEL)

    assert covered(1 / 0.3, interval, 8) >= ENOUGH


def test_a_gain_by_what_only_some_bring() -> None:
    def interval(random: np.random.Generator) -> Interval | None:
        return rate_of(sample_of(clustered(random, 200, 0.3)), "extras", "survivors", "gain").interval(LEVEL)

    assert covered(0.3, interval, 9) >= ENOUGH


def test_intervals_are_no_wider_than_they_need_be() -> None:
    random = np.random.default_rng(10)
    shares, widths = [], []
    for _ in range(REPLICATIONS):
        rate = rate_of(sample_of(clustered(random, 200, 0.43)), "survivors", "attempts", "share")
        interval = rate.interval(LEVEL)
        assert interval is not None
        shares.append(rate.value)
        widths.append(interval.high - interval.low)
    assert np.mean(widths) == pytest.approx(2 * normal(LEVEL) * np.std(shares), rel=0.1)


def climbers(random: np.random.Generator, sources: int) -> Sample:
    """Requests of equal chances within a source: each tries up to five times, a fifth of them are stopped earlier."""
    sample = Sample(LADDER)
    chances = random.choice([0.05, 0.35], size=sources)
    firsts = random.geometric(chances, size=(4, sources))
    mosts = np.where(random.random((4, sources)) < 0.8, 5, random.integers(1, 5, size=(4, sources)))
    for group in range(sources):
        row: Counter[str] = Counter()
        for first, most in zip(firsts[:, group].tolist(), mosts[:, group].tolist(), strict=True):
            row.update(f"tried.{number}" for number in range(1, min(first, most) + 1))
            row.update([f"won.{first}"] * (first <= most))
        sample.add(group, row)
    return sample


@pytest.fixture(scope="module")
def climbs() -> list[list[Step]]:
    random = np.random.default_rng(11)
    return [steps(climbers(random, 200), LEVEL) for _ in range(REPLICATIONS)]


MADE = sum(0.95**before + 0.65**before for before in range(5)) / 2
WON = 1 - (0.95**5 + 0.65**5) / 2
CLIMBS: list[tuple[str, int, float]] = [
    ("reached", 5, WON), ("adds", 3, (0.95**2 * 0.05 + 0.65**2 * 0.35) / 2), ("chance", 1, 0.2),
    ("one_by_one", 5, MADE / WON), ("at_once", 5, 5 / WON),
]  # fmt: skip


@pytest.mark.parametrize(("told", "number", "truth"), CLIMBS)
def test_attempts_to_success_though_some_requests_are_cut_short(
    climbs: list[list[Step]], told: str, number: int, truth: float
) -> None:
    intervals = [getattr(climb[number - 1], told).interval for climb in climbs]
    assert sum(interval.covers(truth) for interval in intervals) / REPLICATIONS >= ENOUGH


def two(random: np.random.Generator, apart: float, together: bool) -> tuple[Estimate, Estimate]:
    """Two campaigns over 200 sources; `together`: over the same ones, with the same difficulties."""
    attempts, found = 20, []
    difficulty = random.beta(1.2, 1.8, size=200)
    for lift in (0.0, apart):
        if not together:
            difficulty = random.beta(1.2, 1.8, size=200)
        chances = lift + (1 - lift) * difficulty
        rows = [{"attempts": attempts, "survivors": int(kept)} for kept in random.binomial(attempts, chances)]
        estimate = sample_of(rows).rate("survivors", "attempts")
        assert estimate is not None
        found.append(estimate)
    return found[1], found[0]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("kind", "apart"), [("share", 0.0), ("share", 0.1), ("ratio", 0.0), ("ratio", 0.1)])
def test_the_difference_of_two_campaigns(kind: Kind, apart: float, together: bool) -> None:
    lifted = apart + (1 - apart) * 0.4
    truth = lifted - 0.4 if kind == "share" else lifted / 0.4 - 1

    def interval(random: np.random.Generator) -> Interval | None:
        one, other = two(random, apart, together)
        return difference(Rate(one, kind), Rate(other, kind), LEVEL)

    assert covered(truth, interval, 14) >= ENOUGH


def test_the_same_prompts_in_both_make_a_difference_surer() -> None:
    def width(together: bool) -> float:
        one, other = two(np.random.default_rng(15), 0.05, together)
        found = difference(Rate(one, "share"), Rate(other, "share"), LEVEL)
        assert found is not None
        return found.high - found.low

    assert width(together=True) < width(together=False) / 2
