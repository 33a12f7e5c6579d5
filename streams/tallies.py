"""The counters a funnel is made of: tallies, score histograms, confusion against known truth, spending, reasons."""

import re
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schemas.messages import Meter

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
MAX_REASONS = 1000
OTHER = "other reasons"


@dataclass(slots=True)
class Tally:
    """What became of the attempts of one operation or style; `released` counts triplets of every kind.

    `soft` missed no soft bar, `pixels` no bar at all; `judged` have a judge's verdict, `survivors` a good one.
    """

    attempts: int = 0
    soft: int = 0
    pixels: int = 0
    judged: int = 0
    survivors: int = 0
    winners: int = 0
    released: int = 0

    @property
    def acceptance(self) -> float | None:
        """Survivors of all attempts."""
        return ratio(self.survivors, self.attempts)


@dataclass(slots=True)
class Histogram:
    """Scores from 1.0 to 5.0 in forty bins of 0.1; the last one includes 5.0."""

    bins: list[int] = field(default_factory=lambda: [0] * 40)
    count: int = 0
    total: float = 0.0

    def add(self, score: float) -> None:
        """Count one score."""
        self.bins[score_bin(score)] += 1
        self.count += 1
        self.total += score

    @property
    def mean(self) -> float | None:
        """Mean score."""
        return ratio(self.total, self.count)


@dataclass(slots=True)
class Joint:
    """Pairs of scores from 1.0 to 5.0 in forty by forty bins of 0.1; a row for each bin of the first score."""

    bins: list[list[int]] = field(default_factory=lambda: [[0] * 40 for _ in range(40)])

    def add(self, first: float, second: float) -> None:
        """Count one pair."""
        self.bins[score_bin(first)][score_bin(second)] += 1


@dataclass(slots=True)
class Confusion:
    """How a decision compares with the known truth."""

    kept_good: int = 0
    kept_bad: int = 0
    lost_good: int = 0
    lost_bad: int = 0

    def add(self, kept: bool, good: bool) -> None:
        """Count one decision."""
        self.kept_good += kept and good
        self.kept_bad += kept and not good
        self.lost_good += not kept and good
        self.lost_bad += not kept and not good

    @property
    def count(self) -> int:
        """Decisions with a known truth."""
        return self.kept_good + self.kept_bad + self.lost_good + self.lost_bad

    @property
    def precision(self) -> float | None:
        """Good ones among those kept."""
        return ratio(self.kept_good, self.kept_good + self.kept_bad)

    @property
    def recall(self) -> float | None:
        """Kept ones among the good."""
        return ratio(self.kept_good, self.kept_good + self.lost_good)


@dataclass(slots=True)
class Spending:
    """Sums of the meters of one stage: answers, wall seconds, tokens, US dollars."""

    answers: int = 0
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def add(self, meter: Meter) -> None:
        """Count one answer."""
        self.answers += 1
        self.seconds += meter.seconds
        self.tokens_in += meter.tokens_in
        self.tokens_out += meter.tokens_out
        self.cost_usd += meter.cost_usd


class Reasons:
    """How often each reason was given at each stage; bounded, however many different texts there are."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, stage: str, reason: str) -> None:
        """Count one; numbers inside a reason are dropped, so that like reasons fall together."""
        key = (stage, gist(reason))
        if key not in self.counts and len(self.counts) >= MAX_REASONS:
            key = (stage, OTHER)
        self.counts[key] += 1

    def by_stage(self) -> dict[str, list[tuple[str, int]]]:
        """Reasons of each stage, most frequent first, ties by text."""
        stages: dict[str, list[tuple[str, int]]] = {}
        for (stage, reason), count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            stages.setdefault(stage, []).append((reason, count))
        return stages


class Names(Protocol):
    """Counts different names."""

    @property
    def count(self) -> int:
        """How many there were."""

    def add(self, name: str) -> bool:
        """Tell a name; says whether it is new."""


class Numbered(Protocol):
    """Of each name the lowest number told, counted by number."""

    @property
    def counts(self) -> dict[int, int]:
        """How many names have each number as their lowest."""

    def add(self, name: str, number: int) -> None:
        """Tell a number of a name."""


class Distinct:
    """Counts different names in bounded memory: a name told again among the latest `room` is known.

    What belongs together comes close together (attempts of a request, seeds of a prompt), so the count is exact in
    practice; only a name that comes back after `room` others is counted anew.
    """

    def __init__(self, room: int = 1 << 15, count: int = 0) -> None:
        self.count = count
        self._room = room
        self._latest: OrderedDict[str, None] = OrderedDict()

    def add(self, name: str) -> bool:
        """Tell a name; says whether it is new."""
        if name in self._latest:
            return False
        self._latest[name] = None
        if len(self._latest) > self._room:
            self._latest.popitem(last=False)
        self.count += 1
        return True


class Lowest:
    """Of each name the lowest number told, counted by number; in bounded memory, like `Distinct`."""

    def __init__(self, room: int = 1 << 15, counts: Mapping[int, int] | None = None) -> None:
        self._room = room
        self._latest: OrderedDict[str, int] = OrderedDict()
        self._counts: Counter[int] = Counter(counts)

    def add(self, name: str, number: int) -> None:
        """Tell a number of a name."""
        known = self._latest.get(name)
        if known is not None and known <= number:
            return
        if known is not None:
            self._counts[known] -= 1
        self._counts[number] += 1
        self._latest[name] = number
        if len(self._latest) > self._room:
            self._latest.popitem(last=False)

    @property
    def counts(self) -> dict[int, int]:
        """How many names have each number as their lowest."""
        return {number: count for number, count in sorted(self._counts.items()) if count}


def score_bin(score: float) -> int:
    """The bin, 0 to 39, of a score; thousandths decide, so 4.7 falls into [4.7, 4.8) on every machine."""
    return min(39, max(0, (round(score * 1000) - 1000) // 100))


def gist(reason: str) -> str:
    """A reason without its numbers, on one line of at most 120 characters."""
    line = " ".join(_NUMBER.sub("#", reason).split())
    return line[:120] or "no reason given"


def ratio(part: float, whole: float) -> float | None:
    """`part` of `whole`; None while there is nothing to divide by."""
    return part / whole if whole else None
