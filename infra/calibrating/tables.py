"""What calibration found as tables of text, for 80 columns, beside the paper's numbers."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.calibrating.gathering import Gathered
from streams import paper
from streams.calibrating.bars import Bar
from streams.calibrating.deciding import Decided, Point
from streams.calibrating.errors import Errors
from streams.calibrating.findings import Findings
from streams.consensus import Panel
from streams.statistics.intervals import Told

SHOWN_FROM = 4.0
"""Thresholds from here on are shown; the plot and --json have all."""
MOST_RATERS = 12


def panel(found: Gathered) -> RenderableType:
    """Who labelled, how much higher than the others each scores, and how far they agree."""
    table = _table("rater", "labels", "shared", "adherence", "aesthetics")
    for rater in found.panel.raters[:MOST_RATERS]:
        offsets = [_signed(rater.offsets[scale]) for scale in ("adherence", "aesthetics")]
        table.add_row(Text(rater.name), f"{rater.labels:,}", f"{rater.shared:,}", *offsets)
    parts: list[RenderableType] = [table]
    if len(found.panel.raters) > MOST_RATERS:
        parts.append(_note(f"{len(found.panel.raters) - MOST_RATERS} more raters: --json has all"))
    parts += [Text(line) for line in _agreement(found.panel)]
    parts += [_note(note) for note in found.panel.notes]
    if found.retracted:
        parts.append(_note(f"{_many(found.retracted, 'label')} of pairs that were taken back are left out"))
    return Group(*parts)


def judge(found: Findings) -> RenderableType:
    """Everything about one judge."""
    said = f"{_many(found.pairs, 'pair')}, {_many(found.labels, 'label')} by {_many(found.raters, 'rater')}"
    good = f"{found.good:,} of them good: both of people's scores above {found.aim.positive:g}"
    head = Text.assemble((found.judge, "bold"), f" · {said}\n{good}")
    parts: list[RenderableType] = [head, Text(), _errors(found), Text(), _bins(found)]
    parts += [Text(), _thresholds(found), _confusion(found)]
    parts += [Text(), *_bars(found), Text(_knees(found)), *(_note(note) for note in found.notes)]
    return Group(*parts)


def _agreement(panel: Panel) -> Iterator[str]:
    shared = next(iter(panel.agreement.values())).pairs
    if not shared:
        yield "No pair was labelled by two raters: how far they agree is not known."
        return
    told = [
        f"{scale} {one.difference or 0:.2f} points apart (as given {one.raw_difference or 0:.2f}), "
        f"alpha {_maybe(one.alpha)} ({_maybe(one.raw_alpha)})"
        for scale, one in panel.agreement.items()
    ]
    yield f"Raters agree, over {_many(shared, 'shared pair')}:"
    yield from (f"  {line}" for line in told)


def _errors(found: Findings) -> Table:
    table = _table("scale", "MAE", "95 %", "paper", "rho", "95 %", "paper", "bias")
    for scale, one in found.scales.items():
        paper_mae, paper_rho = (_maybe(said.get(scale), "", 3) for said in (paper.JUDGE_MAE, paper.JUDGE_RHO))
        table.add_row(
            scale.replace("_", " "), *_both(one.mae, 3), Text(paper_mae, "dim"), *_both(one.rho, 3),
            Text(paper_rho, "dim"), _signed(one.bias.value) if one.bias else "–",
        )  # fmt: skip
    return table


def _bins(found: Findings) -> Table:
    first: Errors = next(iter(found.scales.values()))
    table = _table("MAE by true score", *(f"{one.low:g} to {one.high:g}" for one in first.bins))
    for scale, errors in found.scales.items():
        cells = [f"{one.mae.value:.2f} ({one.pairs})" if one.mae else "–" for one in errors.bins]
        table.add_row(scale.replace("_", " "), *cells)
    return table


def _thresholds(found: Findings) -> Table:
    table = _table("both at least", "kept", "precision", "95 %", "recall", "95 %", "F1")
    for point in found.curve:
        if point.threshold >= SHOWN_FROM:
            table.add_row(f"{point.threshold:.1f}", *_rates(point), style="bold" if _marked(found, point) else "")
    table.add_row(Text(f"policy {found.policy}"), *_rates(found.decided))
    told = [f"{rate:.3f}" for rate in (paper.JUDGE_PRECISION, paper.JUDGE_RECALL)]
    table.add_row(f"paper's judge, {paper.HARD_BAR}", "", told[0], "", told[1], "", "", style="dim")
    return table


def _marked(found: Findings, point: Point) -> bool:
    return found.bar.value == point.threshold


def _rates(one: Decided) -> Sequence[str]:
    f1 = f"{one.f1.value:.3f}" if one.f1 else "–"
    return (f"{one.kept_good + one.kept_bad:,}", *_both(one.precision, 3), *_both(one.recall, 3), f1)


def _confusion(found: Findings) -> Text:
    one = found.decided
    return Text(
        f"At policy {found.policy}'s bars: {one.kept_good} good and {one.kept_bad} bad kept, "
        f"{one.lost_good} good and {one.lost_bad} bad turned down."
    )


def _bars(found: Findings) -> Iterator[RenderableType]:
    aim = found.aim
    sure = " by the lower end of its interval" if aim.sure else ""
    table = _table(f"least bar of precision {aim.precision:g}{sure}", "bar", "95 %", "pairs", "good")
    table.add_row("all operations", *_bar(found.bar))
    for group, bar in found.groups.items():
        table.add_row(Text(f"  {group}"), *_bar(bar))
    yield table
    none = sorted({bar.why for bar in (found.bar, *found.groups.values()) if bar.why})
    if none:
        yield _note(
            f"no bar: {', '.join(WHY[why].format(least=aim.least) for why in none)}; such groups follow the judge's"
        )


WHY = {
    "few labels": "few labels = fewer than {least} pairs", "none is good": "none is good = by people's scores",
    "all are good": "all are good = whatever the judge says, so nothing tells a bar",
    "not reached": "not reached = no threshold is so precise",
}  # fmt: skip


def _bar(bar: Bar) -> Sequence[str]:
    value = f"{bar.value:.1f}" if bar.value is not None else bar.why
    around = bar.told.interval if bar.told else None
    return value, f"{around.low:.1f} … {around.high:.1f}" if around else "", f"{bar.pairs:,}", f"{bar.good:,}"


def _knees(found: Findings) -> str:
    curve = found.survival
    of = f"of {_many(curve.attempts, 'judged attempt' if found.stands_for is not None else 'labelled pair')}"
    if curve.between is None or curve.midpoint is None:
        return f"Survival curve {of}: no two sure knees above what is good, so no midpoint (paper: 4.5, 4.9, 4.7)."
    low, high = (f"{one.value:.1f}" for one in curve.between)
    around = curve.midpoint.interval
    between = f" ({around.low:.2f} … {around.high:.2f})" if around else ""
    middle = f"{curve.midpoint.value:.2f}{between}"
    return f"Survival curve {of}: knees at {low} and {high}, midpoint {middle} (paper: 4.5, 4.9, 4.7)."


def _both(told: Told | None, digits: int) -> tuple[str, str]:
    if told is None:
        return "–", ""
    around = told.interval
    between = f"{_fixed(around.low, digits)} … {_fixed(around.high, digits)}" if around else ""
    return _fixed(told.value, digits), between


def _fixed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _maybe(value: float | None, otherwise: str = "–", digits: int = 2) -> str:
    return otherwise if value is None else _fixed(value, digits)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=bool(number), overflow="fold")
    return table


def _note(text: str) -> Text:
    return Text(text, "dim")
