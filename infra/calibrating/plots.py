"""What calibration found as pictures: the same findings give the same bytes."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError
from streams import paper
from streams.calibrating.deciding import THRESHOLDS
from streams.calibrating.findings import Findings
from streams.calibrating.samples import EDGES, SCALES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
INK, PALE, GOOD, BAD = "#1f2933", "#c8d1da", "#0b7a75", "#b3412f"
COLOURS = {"adherence": "#0b7a75", "aesthetics": "#c7761b", "geometric_mean": "#4a5a8a"}
BAR = 0.26
"""Of the width of a bin."""
MANY = 400
"""From so many pairs on a cloud of points hides more than it shows."""


def draw(folder: Path, found: Findings) -> Iterator[Path]:
    """Draw a judge's findings there, one PNG a subject; raises `UserError` where that cannot be."""
    with packages_of_the_dataset():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    for name, (width, height, fill) in FIGURES.items():
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        fill(figure, found)
        path = folder / f"{found.judge.replace('@', '-')}.{name}.png"
        try:
            figure.savefig(path, format="png", metadata={"Software": None})
        except OSError as error:
            raise UserError(f"{path} cannot be written ({error.strerror})", "give another --plots DIR") from None
        yield path


def _agreement(figure: "Figure", found: Findings) -> None:
    """What the judge says over what people say, scale by scale."""
    figure.suptitle(f"{found.judge} against people: {_many(found.pairs, 'labelled pair')}", color=INK)
    for axes, scale in zip(figure.subplots(1, len(SCALES), sharey=True), SCALES, strict=True):
        human, judged = found.sample.scale(scale)
        axes.axline((1, 1), (5, 5), color=PALE, linewidth=1)
        if found.pairs < MANY:
            axes.plot(human, judged, "o", color=COLOURS[scale], alpha=0.45, markersize=4, markeredgewidth=0)
        else:
            cells = np.linspace(1, 5, 17)
            axes.hist2d(human, judged, bins=[cells, cells], cmap="Greys", cmin=1)
        if scale != "geometric_mean":
            axes.axvline(found.aim.positive, color=PALE, linestyle=":", linewidth=1)
        errors = found.scales[scale]
        figures = [f"{name} {one.value:.2f}" for name, one in (("MAE", errors.mae), ("ρ", errors.rho)) if one]
        axes.set_title(f"{scale.replace('_', ' ')}\n{', '.join(figures)}", fontsize=10, color=INK)
        _scores(axes)
        axes.set_aspect("equal")
        axes.set_xlabel("people's score")
    figure.axes[0].set_ylabel("judge's score")


def _errors(figure: "Figure", found: Findings) -> None:
    """MAE by bins of people's scores, with intervals and the number of pairs."""
    axes = figure.subplots()
    edges = tuple(pairwise((1.0, *EDGES, 5.0)))
    highest = max(paper.JUDGE_MAE.values())
    for offset, scale in enumerate(SCALES):
        bars = {number: one for number, one in enumerate(found.scales[scale].bins) if one.mae is not None}
        places = [number + (offset - 1) * BAR for number in bars]
        heights = [one.mae.value for one in bars.values() if one.mae]
        axes.bar(places, heights, BAR * 0.9, color=COLOURS[scale], alpha=0.85, label=scale.replace("_", " "))
        for x, height, one in zip(places, heights, bars.values(), strict=True):
            around = one.mae.interval if one.mae else None
            top = around.high if around else height
            if around:
                axes.plot([x, x], [around.low, top], color=INK, linewidth=1)
            axes.annotate(str(one.pairs), (x, top), (0, 3), textcoords="offset points", ha="center", fontsize=7)
            highest = max(highest, top)
    for scale, value in paper.JUDGE_MAE.items():
        axes.axhline(value, color=COLOURS[scale], linestyle=":", linewidth=1, label=f"paper, {scale}: {value}")
    axes.set_xticks(range(len(edges)), [f"{low:g} to {high:g}" for low, high in edges])
    axes.set_xlim(-0.5, len(edges) - 0.5)
    axes.set_ylim(0, 1.1 * highest)
    axes.set_xlabel("people's score (over the bars: pairs)")
    axes.set_ylabel("mean absolute error, points")
    axes.set_title(f"{found.judge}: error by people's score, 95 % intervals", fontsize=11, color=INK)
    _plain(axes)
    _legend(figure, 3)


def _precision(figure: "Figure", found: Findings) -> None:
    """Precision, recall and F1 over a common bar on both scores."""
    axes = figure.subplots()
    for name, colour in (("precision", GOOD), ("recall", BAD), ("f1", COLOURS["geometric_mean"])):
        told = [(point.threshold, one) for point in found.curve if (one := getattr(point, name)) is not None]
        around = [(x, one.interval) for x, one in told if one.interval]
        if name != "f1":
            axes.fill_between(
                [x for x, _ in around], [one.low for _, one in around], [one.high for _, one in around],
                color=colour, alpha=0.15, linewidth=0,
            )  # fmt: skip
        axes.plot([x for x, _ in told], [one.value for _, one in told], color=colour, label=name.replace("f1", "F1"))
    axes.plot([paper.HARD_BAR] * 2, [paper.JUDGE_PRECISION, paper.JUDGE_RECALL], "D", color=INK, markersize=5,
              label="paper's judge")  # fmt: skip
    axes.axhline(found.aim.precision, color=PALE, linestyle="--", linewidth=1, zorder=0)
    if found.bar.told is not None:
        if around_bar := found.bar.told.interval:
            axes.axvspan(around_bar.low, around_bar.high, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(found.bar.told.value, color=INK, linewidth=1.2, label=f"least bar {found.bar.told.value:.1f}")
    axes.set_ylim(0, 1.03)
    _scores(axes, y=False)
    axes.set_xlabel("both scores at least")
    axes.set_title(
        f"{found.judge}: decisions, good = both human scores above {found.aim.positive:g}", fontsize=11, color=INK
    )
    _plain(axes)
    _legend(figure, 5)


def _survival(figure: "Figure", found: Findings) -> None:
    """The share of attempts with both scores at least T, with its knees and their midpoint."""
    axes, curve = figure.subplots(), found.survival
    axes.plot(THRESHOLDS, curve.shares, color=INK, marker="o", markersize=2.5)
    shares = dict(zip(THRESHOLDS.tolist(), curve.shares, strict=True))
    between = [one.value for one in curve.between or ()]
    others = [one for one in curve.knees if one not in between]
    if others:
        axes.plot(others, [shares[one] for one in others], "o", color=PALE, markersize=8, zorder=0, label="other knees")
        axes.legend(frameon=False, fontsize=8, loc="lower left")
    if curve.midpoint is not None:
        axes.axvline(curve.midpoint.value, color=GOOD, linewidth=1.2)
        axes.annotate(f"midpoint {curve.midpoint.value:.2f}", (curve.midpoint.value, 0.97), (-4, 0), ha="right",
                      textcoords="offset points", fontsize=8, color=GOOD)  # fmt: skip
    for knee in between:
        axes.plot([knee], [shares[knee]], "o", color=BAD, markersize=7)
        axes.annotate(f"knee {knee:.1f}", (knee, shares[knee]), (-8, -10), textcoords="offset points", ha="right",
                      fontsize=8, color=BAD, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axes.set_ylim(0, 1.03)
    _scores(axes, y=False)
    axes.set_xlabel("T")
    axes.set_ylabel("share with both scores at least T")
    what = "judged attempt" if found.stands_for is not None else "labelled pair"
    axes.set_title(f"{found.judge}: survival of {_many(curve.attempts, what)}", fontsize=11, color=INK)
    _plain(axes)


FIGURES: dict[str, tuple[float, float, Callable[["Figure", Findings], None]]] = {
    "agreement": (9.0, 3.9, _agreement), "errors": (7.0, 4.2, _errors), "precision": (7.0, 4.2, _precision),
    "survival": (7.0, 4.2, _survival),
}  # fmt: skip
"""What is drawn, by the last part of the file's name: inches wide and high."""


def _legend(figure: "Figure", columns: int) -> None:
    """Below the axes, where it hides nothing."""
    figure.legend(loc="outside lower center", ncols=columns, frameon=False, fontsize=8)


def _scores(axes: "Axes", y: bool = True) -> None:
    axes.set_xlim(0.9, 5.1)
    axes.set_xticks(range(1, 6))
    if y:
        axes.set_ylim(0.9, 5.1)
        axes.set_yticks(range(1, 6))
    axes.spines[["top", "right"]].set_visible(False)


def _plain(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=PALE, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
