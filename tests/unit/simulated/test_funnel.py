"""The rates: without drawing, survival at every stage is the paper's (facts: arXiv 2507.14119, 63,292 prompts)."""

from collections import Counter

import pytest

from schemas.ports import Gated, Judged, Screened, Task
from tests.unit.simulated.makers import candidate, drawn, edit_job, judge_job, prompt, source_job
from workers import odds
from workers.gates.simulated import Gate
from workers.judges.simulated import Judge, JudgeOptions
from workers.plugin import Options
from workers.screens.simulated import Screen
from workers.simulated.defects import flawed
from workers.simulated.opinions import BAR, FAITHFUL, GATE_YES, SOFT_BARS, fate, hard, soft
from workers.simulated.scene import Scene, Severity, Thing, read_note

REQUESTS, ATTEMPTS = 3000, 5


def passes(marks: dict[str, float]) -> bool:
    high = all(marks[name] >= SOFT_BARS[name] for name in ("simulated.adherence", "simulated.aesthetics"))
    return high and marks["simulated.unwanted"] <= SOFT_BARS["simulated.unwanted"]


@pytest.fixture(scope="module")
def funnel() -> Counter[str]:
    """Counts of attempts, survivors and winners, and how many of them are really good."""
    count: Counter[str] = Counter()
    for number in range(REQUESTS):
        survivors: list[tuple[float, Severity | None]] = []
        for attempt in range(ATTEMPTS):
            truth = fate(f"request {number}", attempt)
            if not passes(soft(truth, number, attempt)):
                continue
            count["soft"] += 1
            if truth == "unseen":
                continue
            count["pixels"] += 1
            count["pixels good"] += truth is None
            adherence, aesthetics = hard(truth, "forward", 1.0, number, attempt)
            if min(adherence, aesthetics) >= BAR:
                count["hard"] += 1
                count["hard good"] += truth is None
                survivors.append((adherence * aesthetics, truth))
        if survivors:
            count["won"] += 1
            _check(count, number, max(survivors, key=lambda found: found[0])[1])
    return count


def _check(count: Counter[str], number: int, truth: Severity | None) -> None:
    low = min(hard(truth, "inverse", 1.0, number))
    count["dropped" if low < 3.0 else "between" if low < BAR else "inverted"] += 1
    count["composed"] += min(hard(truth, "composite", 1.0, number, "c")) >= BAR and low >= 3.0


def test_the_soft_screen_passes_43_percent(funnel: Counter[str]) -> None:
    assert funnel["soft"] / (REQUESTS * ATTEMPTS) == pytest.approx(0.43, abs=0.02)


def test_the_pixel_check_passes_97_percent_of_those(funnel: Counter[str]) -> None:
    assert funnel["pixels"] / funnel["soft"] == pytest.approx(0.97, abs=0.01)


def test_the_judge_passes_37_percent_of_those(funnel: Counter[str]) -> None:
    assert funnel["hard"] / funnel["pixels"] == pytest.approx(0.368, abs=0.02)


def test_69_percent_of_the_survivors_are_the_best_of_their_request(funnel: Counter[str]) -> None:
    assert funnel["won"] / funnel["hard"] == pytest.approx(0.69, abs=0.02)


def test_53_percent_of_the_requests_are_won(funnel: Counter[str]) -> None:
    assert funnel["won"] / REQUESTS == pytest.approx(0.53, abs=0.03)


def test_the_judges_precision_and_recall_are_the_papers(funnel: Counter[str]) -> None:
    assert funnel["hard good"] / funnel["hard"] == pytest.approx(0.834, abs=0.025)
    assert funnel["hard good"] / funnel["pixels good"] == pytest.approx(0.446, abs=0.025)


def test_the_check_by_the_inverse_drops_a_tenth_and_inverts_most(funnel: Counter[str]) -> None:
    assert funnel["dropped"] / funnel["won"] == pytest.approx(0.10, abs=0.025)
    assert funnel["between"] / funnel["won"] == pytest.approx(0.05, abs=0.02)
    assert funnel["inverted"] / funnel["won"] == pytest.approx(0.85, abs=0.03)


def test_composites_of_what_was_released_pass_by_84_percent(funnel: Counter[str]) -> None:
    pairs = funnel["won"] - funnel["dropped"]
    assert 0.82 < funnel["composed"] / pairs < 0.92


def test_the_gate_passes_44_percent() -> None:
    scene = Scene(
        seed=1, width=64, height=64, things=(Thing(kind="cat", colour="grey"), Thing(kind="tree", colour="green"))
    )
    yes = 0
    for number in range(1500):
        note = flawed(scene, f"source {number}", FAITHFUL)
        defect = note.defects[0] if note.defects else ""
        yes += odds.uniform("gate", f"source {number}") < GATE_YES.get(defect, 0.0)
    assert yes / 1500 == pytest.approx(0.44, abs=0.03)


def test_what_the_gate_refuses_is_wrong_and_it_says_so() -> None:
    for number in range(12):
        of = prompt(number, megapixels=0.02)
        image = drawn(of, faithful=0.0)
        (answer,) = Gate(Options()).inspect([Task(source_job(of), (image,))])
        assert isinstance(answer, Gated)
        note = read_note(image)
        assert note is not None
        assert note.defects
        assert answer.measures["truth"] == 0.0
        assert answer.reason


def test_screen_and_judge_tell_the_truth_beside_their_marks() -> None:
    of = prompt(2)
    image = drawn(of)
    job = edit_job(of, of.requests[0])
    (screened,) = Screen(Options()).screen([Task(candidate(job), (image, image))])
    (judged,) = Judge(JudgeOptions()).judge([Task(judge_job(job), (image, image))])
    assert isinstance(screened, Screened)
    assert isinstance(judged, Judged)
    assert set(screened.measures) == {*SOFT_BARS, "truth"}
    assert screened.measures["truth"] == judged.measures["truth"] == 1.0
    assert 1.0 <= judged.adherence <= 5.0
    assert judged.reason


def test_a_judge_without_noise_agrees_with_the_truth_more_often() -> None:
    marks = [hard(None, "inverse", 0.0, number) for number in range(200)]
    assert all(3.0 < min(mark) <= 5.0 for mark in marks)
