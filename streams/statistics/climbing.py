"""Attempts to success: what each further attempt at a request adds."""

from dataclasses import dataclass

from streams.statistics.clusters import Estimate, Sample
from streams.statistics.intervals import Rate, Told, told
from streams.statistics.requests import NUMBERS


@dataclass(frozen=True, slots=True)
class Step:
    """The `number`-th attempt, made of requests none of whose attempts had survived: of those `tried`, it `won` some.

    `chance` is their share, `adds` what it adds to the share of all requests that have a survivor, `reached` that share
    after it. `one_by_one` and `at_once` are the attempts a winner would take if requests got so many attempts at
    most, one after another until one survives, or all at once.
    """

    number: int
    tried: int
    won: int
    chance: Told
    adds: Told
    reached: Told
    one_by_one: Told | None
    at_once: Told | None


def steps(sample: Sample, level: float) -> list[Step]:
    """A step for each attempt, as far as any request went.

    The share without a survivor is the product of (1 - chance) over the attempts so far (Kaplan and Meier, JASA 53,
    1958), so requests still open or given fewer attempts count as far as they are known; its variance by the delta
    method over clusters.
    """
    found: list[Step] = []
    left: Estimate | None = None  # the share of requests without a survivor
    spent: Estimate | None = None  # attempts made for each request, one by one
    for number in NUMBERS:
        chance = sample.rate(f"won.{number}", f"tried.{number}")
        if chance is None or (left is not None and left.value <= 0):
            break
        before = left or chance.constant(1.0)
        spent = spent.plus(before) if spent else before
        adds = before.times(chance)
        left = before.plus(adds, -1)
        found.append(_step(sample, level, number, chance, adds, before.constant(1.0).plus(left, -1), spent))
    return found


def _step(
    sample: Sample, level: float, number: int, chance: Estimate, adds: Estimate, reached: Estimate, spent: Estimate
) -> Step:
    won = reached.value > 0
    return Step(
        number=number,
        tried=sample.count(f"tried.{number}"),
        won=sample.count(f"won.{number}"),
        chance=_share(chance, level),
        adds=_share(adds, level),
        reached=_share(reached, level),
        one_by_one=told(Rate(spent.over(reached), "ratio"), level) if won else None,
        at_once=told(Rate(spent.constant(number).over(reached), "ratio"), level) if won else None,
    )


def _share(estimate: Estimate, level: float) -> Told:
    return Told(estimate.value, Rate(estimate, "share").interval(level))
