"""What the page draws: positions and lengths of the marks of its charts, in SVG's units."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.report.pace import Pace
from infra.report.texts import amount, count, duration, moment, percent, plain
from streams import paper
from streams.funnel import Funnel
from streams.tallies import Histogram, Joint, ratio, score_bin

CELL = 6
"""Side of a cell of the heat map."""
PLOT = 40 * CELL
BAR_BIN = score_bin(paper.HARD_BAR)


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram as bars (x, y, height and whether it is above the paper's bar) on a 400 x 120 canvas."""

    title: str
    summary: str
    bars: list[tuple[float, float, float, bool]]
    mark: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Pairs of scores as cells (x, y, opacity, what it says); the paper's bars lie at `mark` from left and `top`."""

    cells: list[tuple[int, int, float, str]]
    mark: float
    top: float
    summary: str


@dataclass(frozen=True, slots=True)
class Series:
    """Something an hour over time, as columns (x, y, width, height, what it says) on a 400 x 120 canvas."""

    title: str
    most: str
    columns: list[tuple[float, float, float, float, str]]


@dataclass(frozen=True, slots=True)
class Course:
    """Series over the same spans of time."""

    first: str
    last: str
    span: str
    series: list[Series]


@dataclass(frozen=True, slots=True)
class Side:
    """A stage of the funnel picture: how many a released triplet takes, here and in the paper, with lengths in %."""

    title: str
    ours: str
    length: float
    theirs: str
    their_length: float


def histogram(title: str, scores: Histogram) -> Chart | None:
    """Scores as a chart; None when there are none."""
    top = max(scores.bins)
    if not top:
        return None
    bars = []
    for index, number in enumerate(scores.bins):
        height = max(100 * number / top, 1.5) if number else 0.0
        bars.append((index * 10.0 + 1, round(105 - height, 2), round(height, 2), index >= BAR_BIN))
    summary = f"mean {plain(scores.mean)} over {count(scores.count)} judged attempts"
    return Chart(title, summary, bars, BAR_BIN * 10)


def heat_map(both: Joint) -> HeatMap | None:
    """Adherence (to the right) by aesthetics (upwards); None when nothing was judged."""
    top = max(map(max, both.bins))
    if not top:
        return None
    cells = [
        (x * CELL, PLOT - (y + 1) * CELL, round(0.12 + 0.88 * (number / top) ** 0.5, 3), _cell(x, y, number))
        for x, column in enumerate(both.bins)
        for y, number in enumerate(column)
        if number
    ]
    above = sum(sum(column[BAR_BIN:]) for column in both.bins[BAR_BIN:])
    total = sum(map(sum, both.bins))
    summary = f"{percent(ratio(above, total))} of {count(total)} are at or above 4.7 in both"
    return HeatMap(cells, BAR_BIN * CELL, PLOT - BAR_BIN * CELL, summary)


def course(pace: Pace) -> Course | None:
    """Attempts and triplets an hour over time; None when less than two spans were recorded."""
    spans = pace.spans()
    if len(spans) < 2:
        return None
    starts = [start for start, _, _ in spans]
    return Course(
        first=moment(starts[0]),
        last=moment(starts[-1] + pace.width),
        span=duration(pace.width),
        series=[
            _series("Attempts an hour", starts, [attempts for _, attempts, _ in spans]),
            _series("Released triplets an hour", starts, [triplets for _, _, triplets in spans]),
        ],
    )


def taken(funnel: Funnel) -> list[Side]:
    """How many of each stage a released triplet takes; empty while nothing is released."""
    stages = funnel.stages()
    if not funnel.released:
        return []
    released = paper.FUNNEL["consistency"].left
    rows = [
        (stage.title, stage.left / funnel.released, stage.paper_left / released)
        for stage in stages
        if stage.key != "prompts"
    ]
    longest = max(max(ours, theirs) for _, ours, theirs in rows)
    return [
        Side(title, plain(ours), round(100 * ours / longest, 2), plain(theirs), round(100 * theirs / longest, 2))
        for title, ours, theirs in rows
    ]


def _cell(x: int, y: int, number: int) -> str:
    return f"adherence {1 + x / 10:.1f}, aesthetics {1 + y / 10:.1f}: {count(number)}"


def _series(title: str, starts: Sequence[int], rates: Sequence[float]) -> Series:
    top = max(rates) or 1.0
    width = 400 / len(rates)
    columns = []
    for index, (start, rate) in enumerate(zip(starts, rates, strict=True)):
        height = max(100 * rate / top, 1.0) if rate else 0.0
        said = f"{moment(start)}: {amount(rate)}"
        columns.append(
            (round(index * width, 2), round(105 - height, 2), round(width * 0.86, 2), round(height, 2), said)
        )
    return Series(title, amount(top), columns)
