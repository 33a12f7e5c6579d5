"""The page's numbers as text and lengths: the funnel beside the paper's, scores, acceptance, reasons, costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams import paper
from streams.funnel import Figure, Funnel, Stage
from streams.tallies import Histogram, Tally

TOP_REASONS = 8
STAGES = {
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
class Chart:
    """A histogram as bars (x, y, height and whether it is above the paper's bar) on a 400 x 120 canvas."""

    title: str
    summary: str
    bars: list[tuple[float, float, float, bool]]
    mark: float


@dataclass(frozen=True, slots=True)
class Share:
    """A row of a table of counts with a bar."""

    name: str
    cells: list[str]
    rate: str
    bar: float


def sections(funnel: Funnel) -> dict[str, object]:
    """Everything the numbers page shows; empty lists for what was not recorded."""
    return {
        "headline": headline(funnel),
        "funnel": [_row(stage) for stage in funnel.stages()],
        "figures": [_figure(figure) for figure in funnel.figures()],
        "charts": [
            chart for chart in (_chart("Adherence", funnel.adherence), _chart("Aesthetics", funnel.aesthetics)) if chart
        ],
        "operations": _tallies(funnel.operations),
        "styles": _tallies(funnel.styles),
        "truth": _truth(funnel),
        "rejections": _reasons(funnel.rejections.by_stage()),
        "failures": _reasons(funnel.failures.by_stage()),
        "spending": _spending(funnel),
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


def _chart(title: str, histogram: Histogram) -> Chart | None:
    top = max(histogram.bins)
    if not top:
        return None
    bars = []
    for index, number in enumerate(histogram.bins):
        height = 100 * number / top
        height = max(height, 1.5) if number else 0.0
        bars.append((index * 10.0 + 1, round(105 - height, 2), round(height, 2), index >= 37))
    summary = f"mean {plain(histogram.mean)} over {count(histogram.count)} judged attempts"
    return Chart(title, summary, bars, (paper.HARD_BAR - 1) * 100)


def _tallies(tallies: Mapping[str, Tally]) -> list[Share]:
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].attempts, -item[1].released, item[0]))
    top = max((tally.acceptance or 0.0 for tally in tallies.values()), default=0.0)
    return [
        Share(
            name=name.replace("_", " "),
            cells=[count(tally.attempts), count(tally.survivors), count(tally.winners), count(tally.released)],
            rate=percent(tally.acceptance),
            bar=_length(tally.acceptance, top),
        )
        for name, tally in ordered
    ]


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


def _spending(funnel: Funnel) -> list[tuple[str, str, str, str, str, str]]:
    """(stage, answers, seconds an answer, hours in all, tokens, US dollars)."""
    rows = []
    for stage in sorted(funnel.spending, key=_rank):
        spent = funnel.spending[stage]
        tokens = spent.tokens_in + spent.tokens_out
        rows.append(
            (
                STAGES.get(stage, stage),
                count(spent.answers),
                f"{spent.seconds / spent.answers:.3f}" if spent.answers else "–",
                f"{spent.seconds / 3600:.2f}",
                count(tokens) if tokens else "–",
                f"{spent.cost_usd:,.2f}" if spent.cost_usd else "–",
            )
        )
    return rows


def count(number: int) -> str:
    """1171773 as "1,171,773"."""
    return f"{number:,}"


def percent(rate: float | None) -> str:
    """0.368 as "36.8 %"; a dash when there is none."""
    return "–" if rate is None else f"{rate * 100:.1f} %"


def signed(rate: float | None) -> str:
    """-0.131 as "−13.1 %"."""
    return "–" if rate is None else f"{rate * 100:+.1f} %".replace("-", "−")


def times(rate: float | None) -> str:
    """18.51 as "× 18.51"."""
    return "–" if rate is None else f"× {rate:.2f}"


def plain(value: float | None) -> str:
    """9.445 as "9.45"."""
    return "–" if value is None else f"{value:.2f}"
