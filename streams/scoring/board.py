"""Data sets side by side: their mean scores with intervals, by category, and which differ clearly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from schemas.ports import Usage
from streams import paper
from streams.scoring.means import Difference, Means, difference
from streams.scoring.scores import OVERALL, SCORES, Line, Mean, Scores, line
from streams.statistics.intervals import clear

CSV_COLUMNS = ("data_set", "category", "measure", "rows", "mean", "low", "high")
Record = tuple[str, str, str, int, float, float | None, float | None]


@dataclass(frozen=True)
class Measured:
    """One data set: of `rows` so many were `asked` for; `failures` by reason, with the first row each befell."""

    name: str
    rows: int
    asked: int
    whole: Line | None
    categories: Sequence[Line]
    failures: Mapping[str, int]
    firsts: Mapping[str, str]
    usage: Usage

    @property
    def overall(self) -> float:
        """The mean geometric mean; 0 where nothing was scored."""
        return self.whole.means[OVERALL].value if self.whole else 0.0

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "name": self.name, "rows": self.rows, "asked": self.asked,
            "scored": self.whole.rows if self.whole else 0, "failed": sum(self.failures.values()),
            "failures": [{"reason": why, "rows": n, "first": self.firsts[why]} for why, n in self.failures.items()],
            "scores": _scores(self.whole) if self.whole else None,
            "categories": [{"category": one.category, "rows": one.rows, **_scores(one)} for one in self.categories],
            **self.usage._asdict(),
        }  # fmt: skip


@dataclass(frozen=True)
class Apart:
    """Two data sets' geometric means, the higher one first; `clear` when all pairs are looked at together (Holm)."""

    one: str
    two: str
    difference: Difference
    clear: bool

    def verdict(self) -> str:
        """What it says, in words."""
        by = f"{self.difference.value:+.2f}"
        if found := self.difference.interval:
            by += f" [{found.low:+.2f}, {found.high:+.2f}]"
        by = by.replace("-", "−")
        return f"{self.one} scores higher than {self.two}: {by}" if self.clear else (
            f"no clear difference between {self.one} and {self.two}: {by}"
        )  # fmt: skip


@dataclass(frozen=True)
class Board:
    """All data sets, the highest geometric mean first, and all pairs of them."""

    level: float
    data_sets: Sequence[Measured]
    pairs: Sequence[Apart]

    @property
    def usage(self) -> Usage:
        """What all answers took, in this run or earlier ones."""
        total = Usage()
        for one in self.data_sets:
            total = total.plus(one.usage)
        return total

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values, with the paper's own table beside."""
        return {
            "level": self.level,
            "data_sets": [one.as_dict() for one in self.data_sets],
            "pairs": [{**asdict(one), "verdict": one.verdict()} for one in self.pairs],
            "paper": {name: scored._asdict() for name, scored in paper.SCORED.items()},
        }

    def records(self) -> Iterator[Record]:
        """Every mean as a line of CSV_COLUMNS; category "" is all rows."""
        for one in self.data_sets:
            for found in (*([one.whole] if one.whole else []), *one.categories):
                for measure, mean in zip(SCORES, found.means, strict=True):
                    low, high = (mean.interval.low, mean.interval.high) if mean.interval else (None, None)
                    yield one.name, found.category, measure, found.rows, mean.value, low, high


def board(found: Sequence[tuple[str, int, int, Scores]], level: float, seed: int) -> Board:
    """The tables of (name, rows, rows asked for, scores) of each data set; `seed` is that of the resamples."""
    whole = {number: scores.overall(seed + number) for number, (*_, scores) in enumerate(found)}
    measured = {
        number: Measured(
            name, rows, asked, line("", scores.rows, means, level) if (means := whole[number]) else None,
            scores.lines(level, seed), dict(scores.failures.most_common()), scores.firsts, scores.usage,
        )
        for number, (name, rows, asked, scores) in enumerate(found)
    }  # fmt: skip
    order = sorted(measured, key=lambda number: (-measured[number].overall, number))
    known = [(measured[number].name, means) for number in order if (means := whole[number])]
    return Board(level, [measured[number] for number in order], _pairs(known, level))


def _pairs(known: Sequence[tuple[str, Means]], level: float) -> list[Apart]:
    found = {
        f"{number}": (one, two, difference(first, second, OVERALL, level))
        for number, ((one, first), (two, second)) in enumerate(combinations(known, 2))
    }
    beyond = clear({number: apart.p for number, (*_, apart) in found.items()}, level)
    return [Apart(one, two, apart, number in beyond and _differs(apart)) for number, (one, two, apart) in found.items()]


def _differs(apart: Difference) -> bool:
    return apart.interval is not None and not apart.interval.covers(0.0)


def _scores(found: Line) -> dict[str, object]:
    return {name: _mean(mean) for name, mean in zip(SCORES, found.means, strict=True)}


def _mean(mean: Mean) -> dict[str, float | None]:
    low, high = (mean.interval.low, mean.interval.high) if mean.interval else (None, None)
    return {"mean": mean.value, "low": low, "high": high}
