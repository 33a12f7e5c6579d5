"""How fast it went, counted in spans of time."""

import random

import pytest

from infra.report.charts import course
from infra.report.pace import MOST_SPANS, WIDTHS, Pace
from schemas import messages as m
from tests.unit.reading.making import judge, request, screen, subject

START = 1_700_000_000


def attempt(at: float) -> m.ScreenVerdict:
    verdict = screen(subject(), request())
    assert isinstance(verdict, m.ScreenVerdict)
    return verdict.model_copy(update={"meter": m.Meter(at=at)})


def verdict(at: float, number: int = 0) -> m.JudgeVerdict:
    judged = judge(subject(), request(), (4.9, 4.9), number)
    assert isinstance(judged, m.JudgeVerdict)
    return judged.model_copy(update={"meter": m.Meter(at=at)})


def test_attempts_are_counted_an_hour_in_every_span_from_first_to_last() -> None:
    pace = Pace()
    for at in (0, 1, 2, 25):
        pace.screened(attempt(START + at))
    assert pace.spans() == [(START, 3 * 360.0, 0.0), (START + 10, 0.0, 0.0), (START + 20, 360.0, 0.0)]


def test_a_triplet_counts_once_and_only_when_it_was_released() -> None:
    pace = Pace()
    pace.kept(verdict(START))
    assert pace.spans() == []
    pace.expect(verdict(START).job.triplet_id)
    pace.kept(verdict(START, 1))
    pace.kept(verdict(START + 60, 2))
    assert pace.spans() == [(START, 0.0, 360.0)]


def test_spans_widen_so_that_there_are_never_many_and_nothing_is_lost() -> None:
    times = [START + number * 3600.0 for number in range(24 * 30)]
    random.Random(1).shuffle(times)
    pace = Pace()
    for at in times:
        pace.screened(attempt(at))
    spans = pace.spans()
    assert len(spans) <= MOST_SPANS
    assert sum(rate * pace.width / 3600 for _, rate, _ in spans) == pytest.approx(len(times))
    assert pace.width in WIDTHS
    assert len(pace.attempts) + len(pace.triplets) <= MOST_SPANS


@pytest.mark.parametrize("at", [0.0, -5.0, float("nan"), float("inf"), 1e12])
def test_a_broken_clock_is_left_out(at: float) -> None:
    pace = Pace()
    pace.screened(attempt(at))
    assert pace.spans() == []


def test_a_course_says_when_it_began_and_ended_and_how_fast_it_went() -> None:
    pace = Pace()
    for at in (0, 1, 11):
        pace.screened(attempt(START + at))
    drawn = course(pace)
    assert drawn is not None
    assert (drawn.first, drawn.last, drawn.span) == (
        "14 Nov 2023, 22:13 UTC", "14 Nov 2023, 22:13 UTC", "10 seconds",
    )  # fmt: skip
    assert [(x, height) for x, _, _, height, _ in drawn.series[0].columns] == [(0.0, 100.0), (200.0, 50.0)]
    assert drawn.series[0].most == "720"
