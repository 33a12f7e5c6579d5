"""What counts as drift of a judge, and how a day is kept."""

from collections.abc import Sequence
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.canary import asking, comparing, days
from schemas.errors import Reject, Retry, UserError
from schemas.messages import JudgeJob
from schemas.ports import Billed, Info, Judged, Task, Usage
from tests.golden import samples
from workers.canary import Case, Truth
from workers.language.asking import Misconfigured
from workers.plugin import Options, PlugIn

CASES = tuple(
    Case(f"case-{n}", Task(samples.JUDGE_JOB.model_copy(update={"attempt": n})), Truth(1.0 + n / 5, 5.0 - n / 5))
    for n in range(20)
)
TRUE = [case.truth.adherence for case in CASES]


def day(adherence: Sequence[float | None], date: str = "2026-01-02", cases_of: str = "set") -> days.Day:
    marks = {
        case.name: days.Mark(adherence=one, aesthetics=None if one is None else case.truth.aesthetics)
        for case, one in zip(CASES, adherence, strict=True)
    }
    return days.Day(date=date, judge="j@1", cases_of=cases_of, marks=marks)


def drifted(now: Sequence[float | None], before: Sequence[float | None] = TRUE) -> list[str]:
    return comparing.drift(day(now), day(before, "2026-01-01"), CASES).beyond(comparing.Bars())


def test_the_same_scores_are_no_drift() -> None:
    assert drifted(TRUE) == []


def test_a_little_noise_is_no_drift() -> None:
    assert drifted([min(5.0, max(1.0, one + 0.1 * (-1) ** n)) for n, one in enumerate(TRUE)]) == []


def test_milder_scores_are_drift() -> None:
    assert drifted([min(5.0, one + 0.3) for one in TRUE]) == ["adherence moved by +0.29 on average"]


def test_scores_that_are_off_in_both_directions_are_drift() -> None:
    wild = [min(5.0, max(1.0, one + 0.6 * (-1) ** n)) for n, one in enumerate(TRUE)]
    assert drifted(wild) == ["adherence is 0.57 off its baseline"]


def test_another_order_is_drift() -> None:
    found = drifted(TRUE[::-1])
    assert "adherence ranks the cases otherwise (correlation -1.00)" in found


def test_cases_that_are_no_longer_scored_are_drift() -> None:
    assert drifted([None, None, None, *TRUE[3:]]) == ["3 of 20 cases are no longer scored"]


def test_cases_that_never_were_scored_are_none() -> None:
    few = [None, None, None, *TRUE[3:]]
    assert drifted(few, few) == []


def test_the_truth_is_told_beside_the_baseline() -> None:
    lower = [max(1.0, one - 0.5) for one in TRUE]
    found = comparing.drift(day(lower), day(lower, "2026-01-01"), CASES)
    assert found.against_baseline["adherence"].mae == 0.0
    assert found.against_truth["adherence"].shift == pytest.approx(-0.455)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0),
        ([1.0, 2.0, 3.0], [5.0, 4.0, 1.0], -1.0),
        ([1.0, 1.0, 2.0], [1.0, 2.0, 2.0], 0.5),
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], None),
    ],
)
def test_ranks_correlate_as_spearman_says(one: list[float], other: list[float], expected: float | None) -> None:
    import numpy as np

    found = comparing.spearman(np.array(one), np.array(other))
    assert found == (expected if expected is None else pytest.approx(expected))


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_a_day_is_kept_once_and_whoever_comes_second_is_given_what_stands() -> None:
    blobs = MemoryBlobs()
    first = days.keep(blobs, day(TRUE))
    assert days.keep(blobs, day(TRUE[::-1])) == first
    assert list(blobs.list("")) == ["kept/canary/j@1/2026-01-02.json"]


def test_the_baseline_is_the_oldest_day_with_the_same_set() -> None:
    blobs = MemoryBlobs()
    days.keep(blobs, day(TRUE, "2025-12-30", cases_of="another set"))
    for date in ("2026-01-01", "2025-12-31", "2026-01-05"):
        days.keep(blobs, day(TRUE, date))
    assert days.baseline(blobs, day(TRUE, "2026-01-02")).date == "2025-12-31"


def test_the_first_day_is_its_own_baseline() -> None:
    assert days.baseline(MemoryBlobs(), day(TRUE)).date == "2026-01-02"


def test_a_day_of_other_pictures_is_not_taken_for_todays() -> None:
    blobs = MemoryBlobs()
    days.keep(blobs, day(TRUE))
    with pytest.raises(UserError, match="other pictures"):
        days.of_day(blobs, "j@1", "2026-01-02", "new set")


def test_a_day_without_any_score_is_not_kept() -> None:
    blobs = MemoryBlobs()
    with pytest.raises(UserError, match="scored no case"):
        days.keep(blobs, day([None] * 20))
    assert not list(blobs.list(""))


def test_what_is_no_day_is_said_to_be_none() -> None:
    blobs = MemoryBlobs()
    blobs.put("kept/canary/j@1/2026-01-02.json", b"{}")
    with pytest.raises(UserError, match="holds no canary scores"):
        days.of_day(blobs, "j@1", "2026-01-02", "set")


def test_a_day_of_a_newer_version_is_left_alone() -> None:
    blobs = MemoryBlobs()
    blobs.put("kept/canary/j@1/2026-01-02.json", b'{"format": 2}')
    with pytest.raises(UserError, match="format 2, this NHR knows 1"):
        days.of_day(blobs, "j@1", "2026-01-02", "set")


# --- asking -----------------------------------------------------------------------------------------------------------


class Scripted(PlugIn[Options]):
    """A judge that says of each case what it is told to, the last thing ever after."""

    INFO = Info(summary="says what it is told to", batch=8)

    def __init__(self, says: dict[int, list[Any]]) -> None:
        super().__init__(Options())
        self._says = says
        self.shown: list[int] = []

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Any]:
        return [self._said(task.job.attempt) for task in tasks]

    def _said(self, number: int) -> Any:
        says = self._says.get(number, [Judged(4.0, 3.0)])
        said = says[min(self.shown.count(number), len(says) - 1)]
        self.shown.append(number)
        return said


def ask(says: dict[int, list[Any]]) -> tuple[Scripted, days.Day, list[float]]:
    pauses: list[float] = []
    judge = Scripted(says)
    return judge, asking.judged(judge, "j@1", CASES, "2026-01-02", pauses.append), pauses


def test_every_case_is_scored_and_what_it_took_adds_up() -> None:
    _, found, pauses = ask({n: [Billed(Judged(4.0, 3.0), Usage(10, 1, 0.5))] for n in range(20)})
    assert found.scores("adherence") == {case.name: 4.0 for case in CASES}
    assert (found.tokens_in, found.tokens_out, found.cost_usd, pauses) == (200, 20, 10.0, [])


def test_a_case_that_is_put_off_is_shown_again_after_a_pause_and_alone() -> None:
    judge, found, pauses = ask({3: [Retry("429", after_s=7.0), Judged(2.0, 2.0)]})
    assert found.marks["case-3"].adherence == 2.0
    assert pauses == [7.0]
    assert len(judge.shown) == 21


def test_a_case_that_is_rejected_has_a_reason_and_no_score() -> None:
    _, found, _ = ask({3: [Reject("blocked: SAFETY")]})
    assert found.marks["case-3"] == days.Mark(reason="Reject: blocked: SAFETY")


def test_a_service_that_stays_away_leaves_no_day() -> None:
    with pytest.raises(UserError, match="puts off 1 of 20 cases"):
        ask({3: [Retry("429")]})


def test_what_somebody_has_to_set_right_is_said_at_once() -> None:
    with pytest.raises(UserError, match="cannot be asked: no such key"):
        ask({3: [Misconfigured("no such key")]})


def test_a_bug_of_a_judge_is_not_taken_for_an_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        ask({3: [Billed(ZeroDivisionError("oops"), Usage())]})
