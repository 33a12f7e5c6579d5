"""What a data set holds, counted: small, mergeable, the same for packed shards and exports; cards are made of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from streams.dataset.language import languages
from streams.tallies import Histogram

AXES = ("kind", "operation", "style", "origin", "licence", "campaign", "judge", "generator", "checked", "policy_id")
"""Columns of which each value is counted."""
SCORES = ("adherence", "aesthetics", "geometric_mean", "preservation")

Count = Annotated[int, Field(ge=0)]


class _Scores(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    bins: Annotated[list[Count], Field(min_length=40, max_length=40)]
    count: Count
    total: float


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    rows: Count
    pictures: Count = 0
    bytes: Count = 0
    axes: Mapping[str, Mapping[str, Count]]
    scores: Mapping[str, _Scores]


@dataclass
class Tally:
    """Rows, counted by axis, and histograms of their scores.

    Beside `AXES` there are "size" ("WxH" pixels), "editor", "language" (of instructions in any form),
    "judge_calibrated" ("true", "false") and "content": the checks that were made of what is shown, "none" where there
    was none.
    `pictures` and `bytes` are told by who writes them.
    """

    rows: int = 0
    pictures: int = 0
    bytes: int = 0
    axes: dict[str, Counter[str]] = field(default_factory=dict)
    scores: dict[str, Histogram] = field(default_factory=dict)

    def add(self, row: Mapping[str, object]) -> None:
        """Count a row of `streams.dataset.rows`."""
        self.rows += 1
        for axis in AXES:
            self.count(axis, str(row[axis]))
        self.count("size", f"{row['width']}x{row['height']}")
        self.count("judge_calibrated", "true" if row["judge_calibrated"] else "false")
        for editor in _list(row["editors"]):
            self.count("editor", str(editor))
        for language in languages(_texts(row)):
            self.count("language", language)
        for check in _list(row.get("content")) or ["none"]:
            self.count("content", str(check))
        for name in SCORES:
            if isinstance(value := row[name], float):
                self.scores.setdefault(name, Histogram()).add(value)

    def count(self, axis: str, value: str, times: int = 1) -> None:
        """Count a value of an axis."""
        self.axes.setdefault(axis, Counter())[value] += times

    def merge(self, other: "Tally") -> None:
        """Add what another counted."""
        self.rows, self.pictures, self.bytes = (
            self.rows + other.rows, self.pictures + other.pictures, self.bytes + other.bytes,
        )  # fmt: skip
        for axis, counts in other.axes.items():
            self.axes.setdefault(axis, Counter()).update(counts)
        for name, theirs in other.scores.items():
            ours = self.scores.setdefault(name, Histogram())
            ours.bins = [one + two for one, two in zip(ours.bins, theirs.bins, strict=True)]
            ours.count, ours.total = ours.count + theirs.count, ours.total + theirs.total

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values, the same for the same rows in any order but for the last bits of sums."""
        return {
            "rows": self.rows,
            "pictures": self.pictures,
            "bytes": self.bytes,
            "axes": {axis: dict(sorted(counts.items())) for axis, counts in sorted(self.axes.items())},
            "scores": {
                name: {"bins": one.bins, "count": one.count, "total": round(one.total, 6)}
                for name, one in sorted(self.scores.items())
            },
        }

    @classmethod
    def of(cls, raw: object) -> Self:
        """What `as_dict` said; raises pydantic's `ValidationError`."""
        told = _Told.model_validate(raw)
        axes = {axis: Counter(counts) for axis, counts in told.axes.items()}
        scores = {name: Histogram(list(one.bins), one.count, one.total) for name, one in told.scores.items()}
        return cls(told.rows, told.pictures, told.bytes, axes, scores)


def _texts(row: Mapping[str, object]) -> list[str]:
    """The instruction in every form."""
    pairs = (pair for pair in _list(row["instructions"]) if isinstance(pair, tuple | list))
    return [str(row["instruction"]), *(str(pair[1]) for pair in pairs)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
