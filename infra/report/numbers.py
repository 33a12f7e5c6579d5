"""The page's numbers as text and lengths: the funnel beside the paper's, acceptance, reasons, time and cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.report import charts, spending
from infra.report.pace import Pace
from infra.report.texts import count, percent, plain, signed, times
from streams import paper
from streams.funnel import Figure, Funnel, Stage
from streams.tallies import Tally, ratio

TOP_REASONS = 8
HEAT_LEVELS = 10
STAGES = {
    "prompt": "Prompt engineer",
    "gate": "Gate",
    "edit": "Editor",
    "generate": "Generator",
    "screen": "Screens",
    "soft": "Soft filter",
    "pixels": "Pixel check",
    "judge": "Judge",
    "hard": "Hard filter",
    "inverse": "Inversion",
    "composite": "Composition",
    "text": "Writer",
    "pipeline": "Whole pipeline",
    "released": "Released triplets",
}
ORDER = tuple(STAGES)


@dataclass(frozen=True, slots=True)
class Row:
    """A funnel row as text, with the lengths of its two bars (percent of the full width; None: no bar)."""

    title: str
    left: str
    paper_left: str
    rate: str
    paper_rate: str
    bar: float | None
    paper_bar: float | None
    delta: str
    unit: str


@dataclass(frozen=True, slots=True)
class Share:
    """A row of a table of counts with a bar."""

    name: str
    cells: list[str]
    rate: str
    bar: float


@dataclass(frozen=True, slots=True)
class Heat:
    """A cell of the table of operations by stage: a count, its share and how deep the cell is coloured (0 to 9)."""

    count: str
    share: str = ""
    level: int | None = None


def sections(funnel: Funnel, pace: Pace) -> dict[str, object]:
    """Everything the numbers page shows; empty lists and None for what was not recorded."""
    scores = (charts.histogram("Adherence", funnel.adherence), charts.histogram("Aesthetics", funnel.aesthetics))
    return {
        "headline": headline(funnel),
        "taken": charts.taken(funnel),
        "funnel": [_row(stage) for stage in funnel.stages()],
        "figures": [_figure(figure) for figure in funnel.figures()],
        "scores": [chart for chart in scores if chart],
        "both": charts.heat_map(funnel.both),
        "operations": _heat(funnel.operations),
        "styles": _heat(funnel.styles),
        "won_at": _won_at(funnel),
        "truth": _truth(funnel),
        "rejections": _reasons(funnel.rejections.by_stage()),
        "failures": _reasons(funnel.failures.by_stage()),
        "spending": spending.by_stage(funnel, STAGES),
        "course": charts.course(pace),
        "judge_precision": percent(paper.JUDGE_PRECISION),
        "judge_recall": percent(paper.JUDGE_RECALL),
    }


def headline(funnel: Funnel) -> list[tuple[str, str]]:
    """The few figures at the top of the page: (value, what it is)."""
    figures = {figure.key: figure for figure in funnel.figures()}
    kinds = " · ".join(f"{count(number)} {kind}" for kind, number in funnel.released_by_kind.items() if number)
    per_winner, per_triplet = figures["attempts_per_winner"], figures["edits_per_triplet"]
    survival = None if not funnel.attempts else funnel.survivors / funnel.attempts
    return [
        (count(funnel.released), f"triplets ({kinds})" if kinds else "triplets"),
        (count(funnel.gate_yes), f"sources kept of {count(funnel.images)}"),
        (count(funnel.attempts), "edit attempts"),
        (percent(survival), "of attempts survive"),
        (plain(per_winner.value), f"attempts a winner (paper {plain(per_winner.paper)})"),
        (plain(per_triplet.value), f"attempts a triplet (paper {plain(per_triplet.paper)})"),
    ]


def _row(stage: Stage) -> Row:
    each = stage.how == "each"
    text = times if each else signed if stage.how == "gain" else percent
    full = max(stage.rate or 0.0, stage.paper_rate) if each else 1.0
    has_bar = stage.how != "count"
    return Row(
        title=stage.title,
        left=count(stage.left),
        paper_left=count(stage.paper_left),
        rate=text(stage.rate) if has_bar else "",
        paper_rate=text(stage.paper_rate) if has_bar else "",
        bar=_length(stage.rate, full) if has_bar else None,
        paper_bar=_length(stage.paper_rate, full) if has_bar else None,
        delta=_delta(stage),
        unit={"each": "for each of the row above", "gain": "more or fewer than the row above"}.get(stage.how, ""),
    )


def _delta(stage: Stage) -> str:
    if stage.rate is None or stage.how in {"count", "each"}:
        return ""
    return f"{(stage.rate - stage.paper_rate) * 100:+.1f} pt".replace("-", "−")


def _length(rate: float | None, full: float) -> float:
    return round(100 * min(1.0, abs(rate or 0.0) / full), 2) if full else 0.0


def _figure(figure: Figure) -> tuple[str, str, str]:
    text = percent if figure.share else plain
    return figure.title, text(figure.value), text(figure.paper)


def _heat(tallies: Mapping[str, Tally]) -> list[tuple[str, list[Heat]]]:
    """(name, cells: attempts, soft, pixels, judged, hard, winners, released), most attempts first."""
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].attempts, -item[1].released, item[0]))
    return [
        (
            name.replace("_", " "),
            [
                Heat(count(tally.attempts)),
                _share(tally.soft, tally.attempts),
                _share(tally.pixels, tally.soft),
                Heat(count(tally.judged)),
                _share(tally.survivors, tally.judged),
                Heat(count(tally.winners)),
                Heat(count(tally.released)),
                _share(tally.survivors, tally.attempts),
            ],
        )
        for name, tally in ordered
    ]


def _share(part: int, whole: int) -> Heat:
    rate = ratio(part, whole)
    if rate is None:
        return Heat("")
    return Heat(count(part), percent(rate), min(HEAT_LEVELS - 1, int(rate * HEAT_LEVELS)))


def _won_at(funnel: Funnel) -> list[tuple[str, Share]]:
    """(so many of all requests by then, the share won at that attempt), and those not won."""
    won = funnel.won_at
    rows, sofar = [], 0
    for number in range(1, max(won, default=0) + 1):
        here = won.get(number, 0)
        sofar += here
        needed = f"{number} attempt{'s' if number > 1 else ''}"
        rows.append((percent(ratio(sofar, funnel.requests)), _of_requests(needed, here, funnel)))
    if rows:
        rows.append(("", _of_requests("not won", max(0, funnel.requests - sofar), funnel)))
    return rows


def _of_requests(name: str, number: int, funnel: Funnel) -> Share:
    rate = ratio(number, funnel.requests)
    return Share(name, [count(number)], percent(rate), _length(rate, 1.0))


def _truth(funnel: Funnel) -> list[tuple[str, str, str, str]]:
    """(stage, precision, recall, decisions); what was released has no recall, its losses are counted before."""
    return [
        (
            STAGES[stage],
            percent(seen.precision),
            "–" if stage == "released" else percent(seen.recall),
            count(seen.count),
        )
        for stage, seen in funnel.truth.items()
        if seen.count
    ]


def _reasons(by_stage: Mapping[str, list[tuple[str, int]]]) -> list[tuple[str, str, list[Share], str]]:
    """(stage, how many, its most frequent reasons, how many more reasons)."""
    groups = []
    for stage in sorted(by_stage, key=_rank):
        reasons = by_stage[stage]
        total = sum(number for _, number in reasons)
        rows = [
            Share(reason, [count(number)], percent(number / total), _length(number / total, 1.0))
            for reason, number in reasons[:TOP_REASONS]
        ]
        rest = len(reasons) - len(rows)
        groups.append((STAGES.get(stage, stage), count(total), rows, f"and {rest} more reasons" if rest else ""))
    return groups


def _rank(stage: str) -> tuple[int, str]:
    return (ORDER.index(stage) if stage in ORDER else len(ORDER), stage)
