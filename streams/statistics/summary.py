"""All tables of one campaign, or of two compared, as plain data: for a terminal, for JSON, for a spreadsheet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from streams.statistics import comparing, tables
from streams.statistics.climbing import Step, steps
from streams.statistics.comparing import Compared, verdict
from streams.statistics.counting import Counts
from streams.statistics.intervals import Told
from streams.statistics.tables import Row, Trusted, Yield
from streams.statistics.yielding import Axis

CSV_COLUMNS = ("of", "table", "key", "measure", "value", "low", "high")
Line = tuple[str, str, str, str, float, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Summary:
    """One campaign, or all of a folder. `lost` requests have no survivor, `open` ones none yet."""

    campaigns: Sequence[str]
    sources: int
    prompts: int
    triplets: int
    funnel: Sequence[Row]
    figures: Sequence[Row]
    truth: Sequence[Trusted]
    attempts: Sequence[Step]
    lost: int
    open: int
    yields: Mapping[Axis, Sequence[Yield]]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        rows = {name: [asdict(row) | {"covered": row.covered} for row in getattr(self, name)] for name in _BESIDE_PAPER}
        return asdict(self) | rows

    def lines(self, of: str) -> Iterator[Line]:
        """Every rate as a line of CSV_COLUMNS."""
        for name in (*_BESIDE_PAPER, "truth", "attempts"):
            yield from _lines(of, name, getattr(self, name))
        for axis, rows in self.yields.items():
            yield from _lines(of, axis, rows)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two campaigns, table by table."""

    stages: Sequence[Compared]
    costs: Sequence[Compared]
    truth: Sequence[Compared]
    yields: Mapping[Axis, Sequence[Compared]]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values, each row with its verdict in words."""
        parts = {name: [_worded(row) for row in getattr(self, name)] for name in ("stages", "costs", "truth")}
        return parts | {"yields": {axis: [_worded(row) for row in rows] for axis, rows in self.yields.items()}}

    def lines(self, of: str) -> Iterator[Line]:
        """Every change as a line of CSV_COLUMNS."""
        named = [("funnel", self.stages), ("figures", self.costs), ("truth", self.truth)]
        for name, rows in (*named, *self.yields.items()):
            for row in rows:
                if row.change is not None:
                    yield _line(of, name, row.key, "change", Told(row.change, row.interval))


_BESIDE_PAPER = ("funnel", "figures")


def summarize(counts: Counts, level: float, axes: Sequence[Axis]) -> Summary:
    """All tables of what was counted."""
    return Summary(
        campaigns=sorted(counts.campaigns),
        sources=counts.sample.count("images"),
        prompts=counts.sample.count("prompts"),
        triplets=counts.sample.count("released"),
        funnel=tables.funnel(counts, level),
        figures=tables.figures(counts, level),
        truth=tables.trust(counts, level),
        attempts=steps(counts.sample, level),
        lost=counts.sample.count("lost"),
        open=counts.sample.count("open"),
        yields={axis: tables.yields(counts, axis, level) for axis in axes},
    )


def compare(ours: Counts, theirs: Counts, level: float, axes: Sequence[Axis]) -> Comparison:
    """All tables of two campaigns."""
    return Comparison(
        stages=comparing.stages(ours, theirs, level),
        costs=comparing.costs(ours, theirs, level),
        truth=comparing.trust(ours, theirs, level),
        yields={axis: comparing.yields(ours, theirs, axis, level) for axis in axes},
    )


def _worded(row: Compared) -> dict[str, object]:
    return asdict(row) | {"verdict": verdict(row)}


def _lines(of: str, table: str, rows: Sequence[Row | Trusted | Step | Yield]) -> Iterator[Line]:
    for row in rows:
        for field in fields(row):
            value = getattr(row, field.name)
            if isinstance(value, Told):
                yield _line(of, table, _key(row), field.name, value)


def _line(of: str, table: str, key: str, measure: str, told: Told) -> Line:
    low, high = (told.interval.low, told.interval.high) if told.interval else (None, None)
    return of, table, key, measure, told.value, low, high


def _key(row: Row | Trusted | Step | Yield) -> str:
    match row:
        case Row():
            return row.key
        case Trusted():
            return row.stage
        case Step():
            return str(row.number)
        case Yield():
            return row.label
