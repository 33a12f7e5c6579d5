"""The card's sections on what was measured: funnel and operations beside the paper's, styles, sizes, scores, judges."""

from collections.abc import Iterator, Mapping, Sequence

from infra.card.facts import Facts
from infra.card.markdown import code, escaped, table
from infra.card.words import plural
from infra.report.texts import count, percent, plain, signed, times
from schemas.taxonomy import taxonomy
from streams import paper
from streams.calibrations import Calibration
from streams.dataset.content import Content
from streams.funnel import Stage
from streams.tallies import ratio

MOST = 40
RATES = {"each": times, "share": percent, "gain": signed}
FIGURES = (
    ("adherence.mae", "adherence: mean error"), ("adherence.rho", "ρ"), ("aesthetics.mae", "aesthetics: mean error"),
    ("aesthetics.rho", "ρ"), ("precision", "precision"), ("recall", "recall"),
)  # fmt: skip
"""What a calibration tells, by the names of its figures."""


def plot(name: str, says: str, plots: Sequence[str]) -> Iterator[str]:
    """The plot of that name, where there is one."""
    for path in plots:
        if path.rsplit("/", 1)[-1].partition(".")[0] == name:
            yield from (f"![{says}]({path})", "")


def funnel(facts: Facts, plots: Sequence[str]) -> Iterator[str]:
    """What was left after each stage, beside the paper's."""
    if not facts.funnel.attempts:
        return
    yield from ("## Funnel", "", "Everything the campaigns tried, beside the paper's funnel (arXiv 2507.14119).", "")
    yield from plot("funnel", "Share left at each stage, here and in the paper", plots)
    rows = [
        (
            stage.title,
            count(stage.left),
            _rate(stage, stage.rate),
            _rate(stage, stage.paper_rate),
            count(stage.paper_left),
        )
        for stage in facts.funnel.stages()
    ]
    yield from table(("stage", "here", "rate", "paper's rate", "paper"), rows, 4)


def operations(facts: Facts, plots: Sequence[str]) -> Iterator[str]:
    """Shares of operations beside the paper's."""
    found = _ordered(facts.contents.counts("operation"))
    if not found:
        return
    whole = sum(number for _, number in found)
    yield from ("## Operations", "", *plot("operations", "Share of each operation, here and in the paper", plots))
    known = taxonomy().operations
    rows = [
        (code(name), count(number), percent(ratio(number, whole)),
         percent(known[name].share) if name in known and known[name].share else "")
        for name, number in found[:MOST]
    ]  # fmt: skip
    yield from table(("operation", "rows", "share", "paper's share"), rows, 3)


def styles(facts: Facts, plots: Sequence[str]) -> Iterator[str]:
    """Styles and sizes of the pictures before."""
    different, sizes = facts.contents.counts("style"), facts.contents.counts("size")
    if not different and not sizes:
        return
    yield from ("## Styles and sizes", "", f"{plural(len(different), 'style')}, {plural(len(sizes), 'size')}.", "")
    yield from plot("styles", "The most frequent styles", plots)
    yield from plot("sizes", "The most frequent sizes", plots)


def scores(facts: Facts, plots: Sequence[str]) -> Iterator[str]:
    """Scores of the rows."""
    told = facts.contents.tally.scores
    if not told:
        return
    yield from ("## Scores", "", f"As the judge gave them, from 1 to 5; dashed: {paper.HARD_BAR}, the paper's bar.", "")
    yield from plot("scores", "How many rows have each score", plots)
    rows = [(name.replace("_", " "), plain(one.mean), count(one.count)) for name, one in sorted(told.items())]
    yield from table(("score", "mean", "rows"), rows, 2)


def judges(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Which judges were held against people, and how they fared."""
    found = _ordered(facts.contents.counts("judge"))
    if not found:
        return
    yield from ("## Judges", "")
    known = {judge: facts.calibrations.get(judge) for judge, _ in found}
    rows = [(code(judge), count(number), *_calibrated(known[judge])) for judge, number in found[:MOST]]
    titles = ("judge", "rows", "held against people", *(title for _, title in FIGURES))
    yield from table(titles, rows, len(FIGURES))
    if any(known.values()):
        yield from ("In brackets 95 % intervals.", "")


def content(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Which checks of what is shown were made, and what they turned away; nothing where none was."""
    found = facts.content
    rows = [
        (code(check), count(number), count(_turned_away(found, check)))
        for check, number in found.checked.items()
        if number or _turned_away(found, check)
    ]
    if rows:
        yield from ("## Content checks", "", *table(("check", "rows checked", "attempts turned away"), rows, 2))


def _turned_away(found: Content, check: str) -> int:
    return sum(number for measure, number in found.turned_away.items() if measure.partition(".")[0] == check)


def _rate(stage: Stage, rate: float | None) -> str:
    return "" if stage.how == "count" else RATES[stage.how](rate)


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _calibrated(found: Calibration | None) -> list[str]:
    if found is None:
        return ["⚠ **not calibrated**", *("–" for _ in FIGURES)]
    held = f"{plural(found.pairs, 'pair')} by {plural(found.raters, 'rater')}"
    return [held, *(_figure(found.figures, name) for name, _ in FIGURES)]


def _figure(figures: Mapping[str, float], name: str) -> str:
    if name not in figures:
        return "–"
    low, high = figures.get(f"{name}.low"), figures.get(f"{name}.high")
    between = "" if low is None or high is None else f" ({low:.2f}–{high:.2f})"
    return escaped(f"{figures[name]:.2f}{between}")
