"""Two campaigns side by side: what differs, by how much, and whether that is clear."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from streams.statistics import tables
from streams.statistics.clusters import Sample
from streams.statistics.counting import TRUTH, Counts
from streams.statistics.intervals import Interval, Kind, Rate, Told, change, clear, difference, p_value, told
from streams.statistics.yielding import Axis

STAGES = {
    "images": "images per prompt",
    "gate": "share past the gate",
    "attempts": "edits per kept source",
    "soft": "share past the soft filter",
    "pixels": "share past the pixel check",
    "hard": "share past the hard filter",
    "best": "share of survivors that win",
    "first_attempt": "share of first attempts that survive",
    "requests_won": "share of requests won",
    "inversion": "gain by inversion",
    "composition": "gain by composition",
    "consistency": "net change at release",
}
COSTS = {
    "edits_per_triplet": "edits per triplet",
    "attempts_per_winner": "edits per winner",
    "images_per_triplet": "images per triplet",
    "hard_calls_per_triplet": "hard-filter calls per triplet",
    "judge_calls_per_triplet": "judge calls per triplet",
    "seconds_per_triplet": "recorded seconds per triplet",
    "dollars_per_triplet": "dollars per triplet",
}
Pair = tuple[str, str, Rate | None, Rate | None]
"""Key, name, the rate here, the rate there."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A rate here and there.

    `change` is ours minus theirs, of a "ratio" ours / theirs - 1; its interval stands by itself, while `clear` says
    whether the difference is one when the whole table is looked at together (Holm).
    """

    key: str
    name: str
    kind: Kind
    ours: Told | None
    theirs: Told | None
    change: float | None = None
    interval: Interval | None = None
    p: float | None = None
    clear: bool = False


def stages(ours: Counts, theirs: Counts, level: float) -> list[Compared]:
    """The funnel's stages, and the requests won."""
    return _compared(_rates(STAGES, ours, theirs), level)


def costs(ours: Counts, theirs: Counts, level: float) -> list[Compared]:
    """What a winner and a released triplet take."""
    return _compared((row for row in _rates(COSTS, ours, theirs) if _spent(row)), level)


def yields(ours: Counts, theirs: Counts, axis: Axis, level: float) -> list[Compared]:
    """Survivors of all attempts, for each label that either has."""
    one, two = ours.yields[axis], theirs.yields[axis]
    rows = ((label, f"survival of {label}", _survival(one, label), _survival(two, label)) for label in {**one, **two})
    return _compared(sorted((row for row in rows if row[2] or row[3]), key=lambda row: row[0]), level)


def trust(ours: Counts, theirs: Counts, level: float) -> list[Compared]:
    """Precision and recall of each stage, where either knows the truth."""
    rows: list[Pair] = []
    for stage in TRUTH:
        for which in ("precision", "recall"):
            name = f"{which} of {tables.STAGES[stage].lower()}"
            pair = tables.truth(ours, stage, which), tables.truth(theirs, stage, which)
            if any(pair):
                rows.append((f"{stage}.{which}", name, *pair))
    return _compared(rows, level)


def verdict(row: Compared) -> str:
    """What a row says, in words."""
    if row.change is None or row.ours is None or row.theirs is None:
        return f"{row.name}: not known of both"
    if row.change == 0:
        return f"same {row.name}: {_text(row, row.ours)}"
    words = ("more", "fewer") if row.kind == "ratio" else ("higher", "lower")
    word = words[row.change < 0] if row.clear else "no clear difference in"
    by = f"{_signed(row.change)} {'%' if row.kind == 'ratio' else 'points'}"
    if row.interval:
        by += f" [{_signed(row.interval.low)}, {_signed(row.interval.high)}]"
    return f"{word} {row.name}: {_text(row, row.ours)} vs {_text(row, row.theirs)}, {by}"


def _rates(names: dict[str, str], ours: Counts, theirs: Counts) -> list[Pair]:
    return [(key, name, tables.rate(ours, key), tables.rate(theirs, key)) for key, name in names.items()]


def _compared(pairs: Iterable[Pair], level: float) -> list[Compared]:
    rows = [_row(*pair, level) for pair in pairs]
    beyond = clear({row.key: row.p for row in rows}, level)
    return [replace(row, clear=row.key in beyond) for row in rows]


def _row(key: str, name: str, ours: Rate | None, theirs: Rate | None, level: float) -> Compared:
    either = ours or theirs
    row = Compared(key, name, either.kind if either else "share", told(ours, level), told(theirs, level))
    if ours is None or theirs is None:
        return row
    at = partial(difference, ours, theirs)
    return replace(row, change=change(ours, theirs), interval=at(level), p=p_value(at))


def _survival(side: dict[str, Sample], label: str) -> Rate | None:
    return tables.survival(side[label]) if label in side else None


def _spent(row: Pair) -> bool:
    return any(rate is not None and rate.value > 0 for rate in row[2:])


def _text(row: Compared, rate: Told) -> str:
    return f"{rate.value:.3g}" if row.kind == "ratio" else f"{100 * rate.value:.1f} %".replace("-", "−")


def _signed(part: float) -> str:
    return f"{100 * part:+.1f}".replace("-", "−")
