"""Statistics as tables of text, for 80 columns and for wide terminals; marks say what colours would."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.stats import Counted
from streams.funnel import How
from streams.statistics.climbing import Step
from streams.statistics.comparing import COSTS, Compared, verdict
from streams.statistics.intervals import Interval, Told
from streams.statistics.summary import Comparison, Summary
from streams.statistics.tables import FEW_SOURCES, FEW_TRIES, Row, Trusted, Yield

WIDE = 108
"""Columns from which there is room for counts beside the rates."""
MOST_ROWS = 24
BAR = 8
LADDER = (
    "▒: requests still without a survivor. Last columns: attempts a winner would take if requests got so many at most, "
    "in turn until one survives (thrifty) or all at once (paper)."
)
CLEAR = (
    "≠: clear at {level} when the whole table is looked at together (Holm); an interval stands by itself. Prompts that "
    "both have are compared with themselves."
)
UNLIKE = (
    "Only one of the two makes no more attempts once one survived, so its attempts are at harder requests on average: "
    "compare first attempts and requests won."
)
CENSORED = "Once an attempt survived no more were made (policy {names}): what those would have given is not known."


def head(counted: Counted, summary: Summary, where: str = "") -> RenderableType:
    """What was counted, by which policies, in two lines."""
    named = [] if counted.side.campaign else [", ".join(summary.campaigns)]
    title = [str(counted.side), *named, f"policy {', '.join(counted.policies) or 'unknown'}"]
    counts = [_many(summary.prompts, "prompt"), _many(summary.sources, "source"), _many(summary.triplets, "triplet")]
    return Text.assemble((" · ".join([where] * bool(where) + title), "bold"), "\n", " · ".join(counts))


def summary(found: Summary, stopping: Sequence[str], level: float, width: int) -> RenderableType:
    """Every table of one campaign."""
    wide = width >= WIDE
    parts: list[RenderableType] = [Text(), _beside_paper(found.funnel, level, "stage", wide)]
    parts += [Text(), _beside_paper([row for row in found.figures if row.rate], level, "figure", wide)]
    if _outside([*found.funnel, *found.figures]):
        parts.append(_note("▲ ▼: the interval lies above, below the paper's value"))
    if found.truth:
        parts += [Text(), _truth(found.truth, level)]
    if found.attempts:
        parts += [Text(), _attempts(found.attempts, level, wide), *_fates(found, stopping)]
    for axis, rows in found.yields.items():
        if rows:
            parts += [Text(), *_yields(axis, rows, level)]
    return Group(*parts)


def comparison(found: Comparison, stopping: Sequence[bool], level: float) -> RenderableType:
    """What differs between two campaigns, a line for each rate."""
    parts: list[RenderableType] = []
    for title, rows in (("Stages", found.stages), ("Costs", found.costs), ("Trust", found.truth)):
        if rows:
            parts += [Text(), Text(title, "bold"), _verdicts(rows)]
    for axis, rows in found.yields.items():
        if rows:
            parts += [Text(), Text(f"Attempts that survive, by {axis}", "bold"), _side_by_side(axis, rows, level)]
    parts.append(_note(CLEAR.format(level=_level(level))))
    if len(set(stopping)) > 1:
        parts.append(_note(UNLIKE))
    return Group(*parts)


def _beside_paper(rows: Sequence[Row], level: float, first: str, wide: bool) -> Table:
    table = _table(first, *(("of", "left") if wide else ("left",)), "rate", _level(level), "paper", "")
    for row in rows:
        mark = _mark(row)
        cells = [_number(row.left), _value(row.how, row.rate), _interval(row.how, row.rate)]
        if wide:
            cells.insert(0, _number(row.whole))
        paper = "" if row.paper is None else _text(row.how, row.paper)
        table.add_row(_title(row), *cells, Text(paper, "dim"), Text(mark, "bold yellow"))
    return table


def _truth(rows: Sequence[Trusted], level: float) -> Table:
    table = _table("truth known", "decisions", "precision", _level(level), "recall", _level(level))
    for row in rows:
        table.add_row(
            row.title, _number(row.decisions), _value("share", row.precision), _interval("share", row.precision),
            _value("share", row.recall), _interval("share", row.recall),
        )  # fmt: skip
        if row.paper_precision is not None and row.paper_recall is not None:
            paper = (_text("share", one) for one in (row.paper_precision, row.paper_recall))
            precision, recall = (Text(text, "dim") for text in paper)
            table.add_row(Text("  the paper's judge", "dim"), "", precision, "", recall, "")
    return table


def _attempts(steps: Sequence[Step], level: float, wide: bool) -> Table:
    extra = ("tried", "won", "chance", _level(level)) if wide else ()
    table = _table("attempt", *extra, "adds", _level(level), "by then", _level(level), "", "in turn", "at once")
    for step in steps:
        row: list[str] = [str(step.number)]
        if wide:
            row += [_number(step.tried), _number(step.won), *_both("share", step.chance)]
        row += [*_both("share", step.adds), *_both("share", step.reached), _bar(1 - step.reached.value)]
        row += [f"{told.value:.2f}" if told else "" for told in (step.one_by_one, step.at_once)]
        table.add_row(*row)
    return table


def _fates(found: Summary, stopping: Sequence[str]) -> Iterator[RenderableType]:
    rest = [f"{_many(found.lost, 'request')} without a survivor"] + ([f"{found.open:,} open"] if found.open else [])
    yield Text(f"none: {', '.join(rest)}")
    yield _note(LADDER)
    if stopping:
        yield _note(CENSORED.format(names=", ".join(stopping)))


def _yields(axis: str, rows: Sequence[Yield], level: float) -> Iterator[RenderableType]:
    paid = any(row.dollars_per_triplet for row in rows)
    table = _table(axis, "attempts", "survive", _level(level), "winners", "released", "s each", *(["$ each"] * paid))
    for row in rows[:MOST_ROWS]:
        cells = [
            _number(row.tries), *_both("share", row.survival), _number(row.winners), _halves(row.released),
            _plain(row.seconds_per_triplet), *([_plain(row.dollars_per_triplet)] * paid),
        ]  # fmt: skip
        table.add_row(f"{_label(row.label)}{' *' if row.few else ''}", *cells, style="dim" if row.few else "")
    yield table
    if any(row.few for row in rows[:MOST_ROWS]):
        yield _note(f"*: too few to tell (under {FEW_TRIES} attempts or {FEW_SOURCES} sources)")
    if len(rows) > MOST_ROWS:
        yield _note(f"{len(rows) - MOST_ROWS} more: --json and --csv have all")


def _side_by_side(axis: str, rows: Sequence[Compared], level: float) -> Table:
    table = _table(axis, "here", _level(level), "there", _level(level), "points", _level(level), "")
    for row in rows:
        points = "" if row.change is None else f"{100 * row.change:+.1f}".replace("-", "−")
        table.add_row(
            _label(row.key), *_both("share", row.ours), *_both("share", row.theirs), points,
            "" if row.interval is None else _between(row.interval, "+.1f", 100), Text("≠" if row.clear else "", "bold"),
        )  # fmt: skip
    return table


def _verdicts(rows: Sequence[Compared]) -> Table:
    table = Table.grid(padding=(0, 1))
    for row in rows:
        style = "bold" if row.clear else ""
        table.add_row(Text("≠" if row.clear else "", style), Text(verdict(row), style))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=bool(number), overflow="fold")
    return table


def _outside(rows: Sequence[Row]) -> bool:
    return any(row.covered is False for row in rows)


def _title(row: Row) -> str:
    short = COSTS.get(row.key)
    return f"{short[0].upper()}{short[1:]}" if short else row.title


def _mark(row: Row) -> str:
    if row.rate is None or row.paper is None or row.covered is not False:
        return ""
    return "▲" if row.rate.value > row.paper else "▼"


def _both(how: How, told: Told | None) -> tuple[str, str]:
    return _value(how, told), _interval(how, told)


def _value(how: How, told: Told | None) -> str:
    return _text(how, told.value) if told else ""


def _interval(how: How, told: Told | None) -> str:
    if told is None or told.interval is None:
        return ""
    if how == "each":
        return _between(told.interval, _digits(told.value))
    return _between(told.interval, "+.1f" if how == "gain" else ".1f", 100)


def _between(interval: Interval, form: str, times: float = 1) -> str:
    return f"{times * interval.low:{form}} … {times * interval.high:{form}}".replace("-", "−")


def _text(how: How, value: float) -> str:
    if how == "each":
        return f"× {value:{_digits(value)}}"
    return f"{value:+.1%}".replace("-", "−") if how == "gain" else f"{value:.1%}"


def _digits(value: float) -> str:
    return ".2f" if value >= 0.1 else ".2g"


def _bar(share: float) -> str:
    full = round(BAR * share)
    return "▒" * full + "█" * (BAR - full)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _halves(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _label(name: str) -> str:
    """A recipe by its first letters, anything else as it is."""
    before, at, recipe = name.partition("@")
    return f"{before}@{recipe[:6]}" if at else name


def _level(level: float) -> str:
    return f"{100 * level:g} %"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _note(text: str) -> Text:
    return Text(text, "dim")
