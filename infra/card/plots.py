"""The card's plots as PNG files on white: funnel, operations, styles, sizes, scores; the same facts, the same bytes."""

import io
from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from infra.card.facts import Facts
from infra.card.markdown import plain
from schemas.taxonomy import taxonomy
from streams import paper
from streams.tallies import Histogram, ratio, score_bin

OURS, PAPER, INK, FAINT, GRID = "#0d6b5e", "#c9c3b6", "#1d1c1a", "#6b675f", "#e8e5dd"
WIDE, DPI = 7.6, 150
"""Inches, and dots an inch: 1,140 pixels, sharp on a card about 760 wide."""
MOST = 18
"""Bars of a plot; what is less frequent shares the last one."""
SHOWN = ("adherence", "aesthetics", "geometric_mean", "preservation")


def draw(facts: Facts) -> dict[str, bytes]:
    """Each plot there is something to show in, by file name."""
    drawn: dict[str, Callable[[Facts], Figure | None]] = {
        "funnel.png": _funnel, "operations.png": _operations, "styles.png": _styles, "sizes.png": _sizes,
        "scores.png": _scores,
    }  # fmt: skip
    figures = {name: plot(facts) for name, plot in drawn.items()}
    return {name: _png(figure) for name, figure in figures.items() if figure is not None}


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    FigureCanvasAgg(figure)  # the canvas that the figure is then drawn on
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _figure(high: float, columns: int = 1) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(WIDE, high), dpi=DPI, facecolor="white", layout="constrained")
    axes = [figure.add_subplot(1, columns, number + 1) for number in range(columns)]
    for one in axes:
        one.spines[["top", "right", "left"]].set_visible(False)
        one.spines["bottom"].set_color(GRID)
        one.tick_params(length=0, labelsize=8.5, colors=FAINT)
        one.set_axisbelow(True)
    return figure, axes


def _funnel(facts: Facts) -> Figure | None:
    """Rates of the stages that are shares, beside the paper's."""
    stages = [stage for stage in facts.funnel.stages() if stage.how == "share"]
    if not facts.funnel.attempts:
        return None
    ours = [100 * (stage.rate or 0.0) for stage in stages]
    theirs = [100 * stage.paper_rate for stage in stages]
    return _pairs([stage.title for stage in stages], ours, theirs, "left of the stage before, %")


def _operations(facts: Facts) -> Figure | None:
    """Shares of operations; the paper tells those of three, and what the others have together."""
    counts = _axis(facts, "operation")
    if not counts:
        return None
    known = {name: one.share for name, one in taxonomy().operations.items() if one.share}
    shown = _most({**dict.fromkeys(known, 0), **counts}, MOST)
    whole = sum(counts.values())
    ours = [100 * number / whole for _, number in shown]
    theirs = [100 * known.get(name, 0.0) for name, _ in shown]
    rest = 100 * (1 - sum(known.values()))
    note = f"all other operations of the paper share {rest:.1f} %"
    return _pairs([name.replace("_", " ") for name, _ in shown], ours, theirs, f"share, % ({note})")


def _styles(facts: Facts) -> Figure | None:
    return _counted({name or "none": number for name, number in _axis(facts, "style").items()})


def _sizes(facts: Facts) -> Figure | None:
    return _counted({size.replace("x", " × "): number for size, number in _axis(facts, "size").items()})


def _axis(facts: Facts, axis: str) -> Mapping[str, int]:
    return facts.contents.counts(axis)


def _scores(facts: Facts) -> Figure | None:
    """Histograms side by side, from the lowest score that occurs."""
    told = [(name, facts.contents.tally.scores[name]) for name in SHOWN if name in facts.contents.tally.scores]
    told = [(name, one) for name, one in told if one.count]
    if not told:
        return None
    first = min(next(number for number, count in enumerate(one.bins) if count) for _, one in told)
    figure, axes = _figure(2.5, len(told))
    for at, (name, one) in zip(axes, told, strict=True):
        _histogram(at, name.replace("_", " "), one, min(first, score_bin(paper.HARD_BAR) - 1))
    return figure


def _histogram(at: Axes, title: str, scores: Histogram, first: int) -> None:
    bins = range(first, 40)
    at.bar([1 + (number + 0.5) / 10 for number in bins], [scores.bins[number] for number in bins], 0.085, color=OURS)
    at.axvline(paper.HARD_BAR, color=FAINT, linewidth=1, linestyle=(0, (2, 2)))
    at.set_xlim(1 + first / 10, 5)
    at.locator_params(axis="x", nbins=5)
    at.locator_params(axis="y", nbins=4, integer=True)
    at.yaxis.grid(visible=True, color=GRID)
    at.set_title(title, fontsize=9.5, color=INK, loc="left")
    at.set_xlabel(f"mean {scores.mean or 0:.2f}", fontsize=8.5, color=FAINT, loc="left")


def _pairs(names: Sequence[str], ours: Sequence[float], theirs: Sequence[float], unit: str) -> Figure:
    """Two bars a name, ours above the paper's, from the top."""
    figure, (at,) = _figure(1.0 + 0.29 * len(names))
    above = [place - (0.19 if theirs[place] else 0) for place in range(len(names))]
    below = [place + 0.19 for place in range(len(names))]
    at.barh(above, ours, 0.36, color=OURS, label="here")
    at.barh(below, theirs, 0.36, color=PAPER, label="paper")
    for length, place in zip(ours, above, strict=True):
        at.annotate(f" {length:.1f}", (length, place), fontsize=7.5, color=INK, va="center")
    for length, place in zip(theirs, below, strict=True):
        if length:
            at.annotate(f" {length:.1f}", (length, place), fontsize=7.5, color=FAINT, va="center")
    _listed(at, names, unit)
    at.legend(
        fontsize=8.5, frameon=False, labelcolor=INK, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0,
        borderaxespad=0.2,
    )  # fmt: skip
    return figure


def _counted(counts: Mapping[str, int]) -> Figure | None:
    """A bar a name, with its count."""
    shown = _most(counts, MOST)
    if not shown:
        return None
    figure, (at,) = _figure(0.7 + 0.22 * len(shown))
    at.barh(range(len(shown)), [number for _, number in shown], 0.7, color=OURS)
    whole = sum(counts.values())
    for place, (_, number) in enumerate(shown):
        share = 100 * (ratio(number, whole) or 0.0)
        at.annotate(f" {number:,} ({share:.1f} %)", (number, place), fontsize=7.5, color=INK, va="center")
    _listed(at, [name for name, _ in shown], "rows")
    return figure


def _listed(at: Axes, names: Sequence[str], unit: str) -> None:
    at.set_yticks(range(len(names)), labels=[_drawable(name) for name in names], parse_math=False, color=INK)
    at.set_ylim(len(names) - 0.4, -0.6)
    at.margins(x=0.14)
    at.xaxis.grid(visible=True, color=GRID)
    at.set_xlabel(unit, fontsize=8.5, color=FAINT, loc="left")


def _most(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The most frequent first; the last one stands for all that there is no room for."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) <= most:
        return ordered
    rest = ordered[most - 1 :]
    return [*ordered[: most - 1], (f"{len(rest)} others", sum(number for _, number in rest))]


def _drawable(text: str) -> str:
    """A text in letters that matplotlib's own font has."""
    letters = get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap()
    return "".join(letter if ord(letter) in letters else "?" for letter in plain(text, 32))
