"""Numbers as the page writes and draws them."""

from typing import Any

import pytest

from infra.report import charts, numbers, spending, texts
from schemas import messages as m
from streams.funnel import Funnel
from tests.unit.reading.making import Bars, gate, judge, request, screen, subject, triplet


@pytest.fixture(scope="module")
def funnel() -> Funnel:
    """One request of two attempts, the second of which survives; five seconds of judging, one dollar cent each."""
    found = Funnel(Bars())
    of, asked = subject(), request()
    told = [gate(of), screen(of, asked, 0), judge(of, asked, (3.0, 4.9), 0), screen(of, asked, 1)]
    for event in [*told, judge(of, asked, (4.9, 4.7), 1), screen(subject("s2"), asked)]:
        found.add(event)
    found.add_triplet(triplet(of, asked))
    found.add_triplet(triplet(of, asked, kind="inverse", operation="add"))
    return found


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"), (0.0, "–"), (0.00001, "0.01 ms"), (0.0123, "12.3 ms"), (0.9, "900.0 ms"), (1.5, "1.5 s"),
        (75.0, "75.0 s"), (4000.0, "66.7 min"), (90_000.0, "25.0 h"), (9e6, "2,500.0 h"),
    ],
)  # fmt: skip
def test_times_are_told_in_units_that_fit(seconds: float | None, said: str) -> None:
    assert texts.elapsed(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0, "–"), (0.01234, "0.0123"), (5.678, "5.68"), (1234.5, "1,234"), (2e-6, "2.0e-06")],
)
def test_amounts_keep_three_digits(value: float | None, said: str) -> None:
    assert texts.amount(value) == said


@pytest.mark.parametrize(("seconds", "said"), [(10, "10 seconds"), (3600, "1 hour"), (900, "15 minutes")])
def test_spans_are_told_in_words(seconds: int, said: str) -> None:
    assert texts.duration(seconds) == said


def test_a_stage_tells_what_it_takes_a_triplet(funnel: Funnel) -> None:
    rows = {row.stage: row for row in spending.by_stage(funnel, numbers.STAGES)}
    judging = rows["Judge"]
    assert (judging.answers, judging.each, judging.time, judging.a_triplet) == ("2", "1 s", "2 s", "1 s")
    assert (judging.tokens, judging.dollars, judging.dollars_a_triplet) == ("2,040", "0.02", "0.01")
    assert list(rows) == ["Gate", "Screens", "Judge", "All"]
    assert rows["All"].bar == 100.0
    assert judging.bar == pytest.approx(100 * 2 / 3.25, abs=0.01)


def test_scores_above_both_bars_are_told(funnel: Funnel) -> None:
    drawn = charts.heat_map(funnel.both)
    assert drawn is not None
    assert drawn.summary == "50.0 % of 2 are at or above 4.7 in both"
    assert {said for _, _, _, said in drawn.cells} == {
        "adherence 3.0, aesthetics 4.9: 1", "adherence 4.9, aesthetics 4.7: 1",
    }  # fmt: skip
    above = next((x, y) for x, y, _, said in drawn.cells if "4.7" in said)
    assert (above[0] >= drawn.mark, above[1] + charts.CELL <= drawn.top) == (True, True)


def test_generator_and_editor_tell_what_their_pictures_took() -> None:
    meter = m.Meter(seconds=2.0, tokens_in=900, cost_usd=0.04, at=1.0)
    funnel, one = Funnel(Bars()), subject("s1")
    for event in (gate(one), screen(one, request())):
        job: Any = event.job  # type: ignore[union-attr]
        funnel.add(event.model_copy(update={"job": job.model_copy(update={"meter": meter})}))
    rows = {row.stage: row for row in spending.by_stage(funnel, numbers.STAGES)}
    assert [(rows[stage].answers, rows[stage].tokens, rows[stage].dollars) for stage in ("Generator", "Editor")] == [
        ("1", "900", "0.04"), ("1", "900", "0.04")
    ]  # fmt: skip


def test_the_funnel_is_drawn_for_each_released_triplet(funnel: Funnel) -> None:
    sides = {side.title: side for side in charts.taken(funnel)}
    assert (sides["Edit attempts"].ours, sides["Edit attempts"].theirs) == ("1.50", "4.27")
    assert sides["Edit attempts"].their_length == 100.0
    assert charts.taken(Funnel(Bars())) == []


def test_nothing_is_drawn_of_nothing() -> None:
    empty = Funnel(Bars())
    assert charts.heat_map(empty.both) is None
    assert charts.histogram("Adherence", empty.adherence) is None
    assert spending.by_stage(empty, numbers.STAGES) == []


def test_the_shares_of_a_stage_are_coloured_by_tenths() -> None:
    meter = m.Meter()
    funnel = Funnel(Bars())
    for attempt in range(10):
        lost = {"vlm.aesthetic": 0.1} if attempt < 7 else {}
        event = screen(subject(), request(), attempt, lost)
        funnel.add(event.model_copy(update={"meter": meter}))
    ((name, cells),) = numbers._heat(funnel.operations)
    assert (name, cells[0].count) == ("remove", "10")
    assert (cells[1].count, cells[1].share, cells[1].level) == ("3", "30.0 %", 3)
    assert (cells[2].share, cells[2].level) == ("100.0 %", 9)
    assert (cells[4].share, cells[4].level) == ("", None)
