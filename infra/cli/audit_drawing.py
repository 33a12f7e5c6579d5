"""The precision of audits as tables of text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.paper import JUDGE_PRECISION
from streams.precision import POSITIVE, Audited, Precision, Share

TITLES = {"group": "operations", "kind": "kind", "judge": "judge"}
BAR = 12
NONE = "–"


def tables(found: Precision, at_least: float | None, below: Sequence[str]) -> RenderableType:
    """Every table, for a rich console."""
    parts: list[RenderableType] = [_weeks(found), *_trend(found)]
    for axis, shares in found.by.items():
        parts += [Text(), _by(axis, shares, found)] if shares else []
    paper = f"Paper (┊): {_percent(JUDGE_PRECISION)} of what its judge gives 4.7 or more on both scales."
    parts += [Text(), Text(f"Good: people give more than {POSITIVE} on both scales. {paper}", "dim")]
    parts += [Text(note, "dim") for note in _notes(found)]
    parts += [Text(f"Surely below {_percent(at_least or 0.0)}: {name}", "bold red") for name in below]
    return Group(*parts)


def as_dict(found: Precision, at_least: float | None, below: Sequence[str]) -> dict[str, object]:
    """Everything as JSON values; shares from 0 to 1."""
    trend = found.trend
    return {
        "level": found.level,
        "positive": POSITIVE,
        "paper": JUDGE_PRECISION,
        "weeks": [_week(one, found.level) for one in found.weeks],
        "overall": _share(found.overall, found.level),
        "by": {
            axis: {name: _share(one, found.level) for name, one in shares.items()} for axis, shares in found.by.items()
        },
        "trend": trend and {
            "week": trend.week, "change": trend.change, "low": trend.interval.low if trend.interval else None,
            "high": trend.interval.high if trend.interval else None,
        },
        "raters": [
            {"rater": one.name, "labels": one.labels, "shared": one.shared, "offsets": dict(one.offsets)}
            for one in found.raters
        ],
        "notes": list(found.notes),
        "at_least": at_least,
        "below": list(below),
    }  # fmt: skip


def _week(one: Audited, level: float) -> dict[str, object]:
    audit = one.audit
    return {
        "week": audit.week, "of": audit.of, "drawn_from": audit.drawn_from, "drawn": one.drawn, "lost": one.lost,
        "taken_back": one.taken_back, **_share(one.share, level),
    }  # fmt: skip


def _share(one: Share, level: float) -> dict[str, object]:
    interval = one.interval(level)
    return {
        "labelled": one.labelled, "good": one.good, "precision": one.value,
        "low": interval.low if interval else None, "high": interval.high if interval else None,
    }  # fmt: skip


def _weeks(found: Precision) -> Table:
    table = _table("week", "accepted", "labelled", "good", "precision", _interval(found), "")
    for one in found.weeks:
        table.add_row(
            one.audit.week, f"{one.audit.drawn_from:,}", f"{one.share.labelled:,}/{one.drawn:,}",
            *_cells(one.share, found.level),
        )  # fmt: skip
    if len(found.weeks) > 1:
        told = f"{found.overall.labelled:,}/{sum(one.drawn for one in found.weeks):,}"
        table.add_row("all weeks", "", told, *_cells(found.overall, found.level), style="bold")
    return table


def _by(axis: str, shares: Mapping[str, Share], found: Precision) -> Table:
    """A recipe is long: beside it nothing is drawn."""
    drawn = ("",) if axis != "judge" else ()
    table = _table(TITLES[axis], "labelled", "good", "precision", _interval(found), *drawn)
    for name, share in shares.items():
        table.add_row(Text(name), f"{share.labelled:,}", *_cells(share, found.level)[: 3 + len(drawn)])
    return table


def _interval(found: Precision) -> str:
    return f"{found.level * 100:g} % interval"


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    return table


def _cells(share: Share, level: float) -> tuple[str, str, str, str]:
    """Good ones, precision, its interval, and the interval drawn from 0 to 1 with the paper's precision as ┊."""
    interval = share.interval(level)
    if interval is None or share.value is None:
        return "", NONE, "", ""
    marks = ["·"] * (BAR + 1)
    marks[round(JUDGE_PRECISION * BAR)] = "┊"
    for place in range(round(interval.low * BAR), round(interval.high * BAR) + 1):
        marks[place] = "─"
    marks[round(share.value * BAR)] = "●"
    told = f"{interval.low * 100:.1f} – {interval.high * 100:.1f}"
    return f"{share.good:,}", _percent(share.value), told, "".join(marks)


def _trend(found: Precision) -> Iterator[Text]:
    if (trend := found.trend) is None:
        return
    told = f"{trend.week} beside the weeks before it: {trend.change * 100:+.1f} points"
    if trend.interval is not None:
        told += f" ({trend.interval.low * 100:+.1f} to {trend.interval.high * 100:+.1f})"
        told += ", within chance" if trend.interval.covers(0.0) else ", clearly"
    yield Text(told)


def _notes(found: Precision) -> Iterator[str]:
    left = sum(one.drawn - one.share.labelled for one in found.weeks)
    if left:
        yield f"{left:,} drawn pairs are still to be labelled: `nhr gallery`, Label."
    if lost := sum(one.lost for one in found.weeks):
        yield f"{lost:,} were taken back before anybody labelled them, and are left out."
    if gone := sum(one.taken_back for one in found.weeks):
        yield f"{gone:,} were taken back after they were labelled, and count."
    shifts = [f"{one.name} {one.offsets['adherence']:+.2f}/{one.offsets['aesthetics']:+.2f}" for one in found.raters]
    if any(any(one.offsets.values()) for one in found.raters):
        yield f"Bias removed (adherence/aesthetics): {', '.join(shifts)}."
    yield from found.notes
