"""Everything about a judge: what was planted is found, and of few labels clear words are told, never a NaN."""

import io
import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from rich.console import Console

from infra.calibrating import tables
from infra.calibrating.gathering import Gathered
from streams import opinions
from streams.calibrating.bars import Aim
from streams.calibrating.errors import errors
from streams.calibrating.findings import Findings, Records, Terms, findings
from streams.calibrating.knees import GRID
from streams.calibrating.samples import BINS, samples
from streams.consensus import agreed
from streams.labels import Label
from streams.rules import policy
from tests.unit.calibrating.labelling import JUDGE, labels

TERMS = Terms(Aim(), policy.read("paper"))


def of(given: Sequence[Label], records: Records | None = None) -> tuple[Findings, str]:
    """The findings, and what is told of them in 80 columns."""
    said = opinions.latest(opinions.from_labels(given))
    panel = agreed(said)
    sample = samples(said, panel)[JUDGE]
    raters = len({one.rater for one in said})
    found = findings(sample, len(said), raters, TERMS, records)
    console = Console(width=80, file=io.StringIO(), record=True)
    gathered = Gathered(panel, {JUDGE: sample}, {JUDGE: len(said)}, {JUDGE: raters}, {}, 0)
    console.print(tables.panel(gathered), tables.judge(found))
    return found, console.export_text()


RUNS = 30
"""At 95 %, as few as 25 of them would be chance in one of a hundred tests."""


def test_planted_bias_and_noise_are_found_within_their_intervals() -> None:
    """Judge and people err by their own: E|d| = sqrt(2 / pi) x deviation, two raters' noise being 0.3 / sqrt(2)."""
    planted = math.sqrt(2 / math.pi) * math.hypot(0.4, 0.3 / math.sqrt(2))
    held = np.zeros(2)
    for seed in range(RUNS):
        said = list(opinions.from_labels(labels(150, seed, judge_noise=0.4, lowest=2.5, highest=3.5)))
        found = errors(samples(said, agreed(said))[JUDGE], "adherence", seed)
        held += [
            told is not None and told.interval is not None and told.interval.covers(value)
            for told, value in ((found.mae, planted), (found.bias, 0.0))
        ]
    assert (held >= 25).all(), held


def test_left_in_the_raters_bias_would_be_taken_for_the_judges() -> None:
    """Two strict raters of three: less their offsets, people are where the judge is."""
    strict = {"ada": 0.8, "bob": -0.4, "cleo": -0.4}
    found, _ = of(labels(600, offsets=strict, raters=2, judge_noise=0.2, lowest=2.5, highest=3.5))
    corrected = found.figures()["adherence.mae"]
    assert corrected == pytest.approx(math.sqrt(2 / math.pi) * math.hypot(0.2, 0.3 / math.sqrt(2)), rel=0.08)


def test_the_record_has_every_figure_and_can_be_kept() -> None:
    found, _ = of(labels(60, lowest=3.5))
    record = found.record(1.8e9)
    assert (record.judge, record.pairs, record.labels, record.raters) == (JUDGE, 60, 120, 3)
    assert {"adherence.mae", "geometric_mean.rho", "precision", "recall", "f1"} <= set(record.figures)
    assert {"adherence.mae@3.0-4.0", "adherence.mae@3.0-4.0.low"} <= set(record.figures)


def test_the_policys_bars_are_those_of_the_judge_and_of_each_operation() -> None:
    given = labels(90, lowest=3.0)
    found, _ = of(given)
    raw = TERMS.policy.model_dump() | {"judge": {"judges": {"vlm": {"adherence": 3.0, "aesthetics": 3.0}}}}
    lower = policy.validated(raw, "test")
    said = opinions.latest(opinions.from_labels(given))
    low = findings(found.sample, len(said), 3, Terms(Aim(), lower)).decided
    assert low.kept_good + low.kept_bad > found.decided.kept_good + found.decided.kept_bad
    assert low.kept_good + low.kept_bad == int((found.sample.least >= 3.0).sum())


def test_with_the_records_the_pairs_stand_for_all_that_was_judged() -> None:
    given = labels(300, lowest=3.0)
    cells, counts = np.zeros(BINS * BINS), np.zeros(GRID)
    cells[-1], counts[37] = 900, 900  # the judge gave nothing but high scores
    cells[0], counts[0] = 100, 100  # and low ones, such as nobody labelled
    alone, _ = of(given)
    found, told = of(given, Records(cells, counts))
    assert found.stands_for == pytest.approx(0.9)
    assert "10% of what was judged has scores such as nobody labelled" in told
    assert found.survival.attempts == 1000
    assert found.decided.recall is not None
    assert alone.decided.recall is not None
    assert found.decided.recall.value > 2 * alone.decided.recall.value  # nothing good has scores far below the bars
    assert found.decided.precision == alone.decided.precision


EDGES: dict[str, tuple[list[Label], str]] = {
    "one label": (labels(1, raters=1), "a single pair tells nothing"),
    "two labels": (labels(2, raters=1), "few labels = fewer than 30 pairs"),
    "one rater": (labels(40, raters=1, offsets={"ada": 0.0}), "ada alone labelled"),
    "all good": (labels(40, lowest=4.6, noise=0, judge_noise=0.1), "all are good = whatever the judge says"),
    "none good": (labels(40, highest=2.0), "none is good = by people's scores"),
    "all alike": (labels(40, noise=0, judge_noise=0, lowest=3.0, highest=3.0, offsets={"a": 0, "b": 0}), "alpha –"),
    "never met": (labels(40, raters=1), "No pair was labelled by two raters"),
}


@pytest.mark.parametrize("name", EDGES)
def test_of_few_or_lopsided_labels_clear_words_are_told(name: str) -> None:
    given, words = EDGES[name]
    found, told = of(given)
    assert words in " ".join(told.split())
    assert "nan" not in told.lower()
    assert max(len(line) for line in told.splitlines()) <= 80
    json.dumps(found.as_dict(), allow_nan=False)
    assert all(math.isfinite(value) for value in found.record(1.0).figures.values())
