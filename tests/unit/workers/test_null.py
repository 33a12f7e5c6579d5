"""The null models: no pictures worth looking at, decisions by name alone, at the paper's rates."""

from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from schemas import ids
from schemas import messages as m
from schemas.ids import TripletKind
from schemas.ports import Gated, Judged, Screened, Task
from streams.rules import policy as policies
from tests.golden import samples
from workers import odds
from workers.gates.null import Gate, NullGateOptions
from workers.judges.null import Judge, NullJudgeOptions
from workers.plugin import Options
from workers.prompters.null import NullPrompterOptions, Prompter
from workers.screens.null import Screen
from workers.writers.null import Writer

MANY = 3000
PAPER = policies.read("paper")


def subject(number: int) -> m.Subject:
    return samples.SUBJECT.model_copy(update={"source_id": ids.digest("source", number)})


def share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


def judged(kind: TripletKind, count: int = MANY) -> Iterator[tuple[m.JudgeJob, Judged]]:
    jobs = [
        samples.JUDGE_JOB.model_copy(
            update={"subject": subject(n), "kind": kind, "triplet_id": ids.digest(n), "attempt": n % 5}
        )
        for n in range(count)
    ]
    return zip(jobs, Judge(NullJudgeOptions()).judge([Task(job) for job in jobs]), strict=True)


def accepted(score: Judged) -> bool:
    return PAPER.accepts(m.Scores(adherence=score.adherence, aesthetics=score.aesthetics), "remove", "null")


def test_the_gate_passes_44_percent() -> None:
    tasks = [Task(samples.SOURCE.model_copy(update={"subject": subject(number)})) for number in range(MANY)]
    answers: list[Gated] = Gate(NullGateOptions()).inspect(tasks)
    assert share([answer.yes for answer in answers]) == pytest.approx(0.44, abs=0.02)


def test_the_shipped_bars_turn_down_what_the_screen_marks_down() -> None:
    jobs = [
        samples.EDIT_JOB.model_copy(update={"request_id": ids.digest(number), "attempt": number % 5})
        for number in range(MANY)
    ]
    found: list[Screened] = Screen(Options()).screen([Task(m.Candidate(job=job, image=samples.EDITED)) for job in jobs])
    for job, answer in zip(jobs, found, strict=True):
        outcome = odds.outcome(job.request_id, job.attempt)
        expected = {"soft": "null.soft", "pixels": "pixels.null"}.get(outcome)
        assert PAPER.missed(answer.measures, "remove") == expected


def test_the_judge_accepts_the_attempts_that_are_good_and_no_other() -> None:
    for job, score in judged("forward"):
        request = ids.request_id(job.subject.source_id, job.request.instruction)
        assert accepted(score) == (odds.outcome(request, job.attempt) == "good")


def test_the_judge_drops_ten_percent_of_inverses_and_turns_down_five_more() -> None:
    scores = [m.Scores(adherence=s.adherence, aesthetics=s.aesthetics) for _, s in judged("inverse")]
    fails = [PAPER.backward_fails(one) for one in scores]
    between = [not PAPER.backward_fails(one) and not PAPER.accepts(one, "add", "null") for one in scores]
    assert share(fails) == pytest.approx(0.10, abs=0.015)
    assert share(between) == pytest.approx(0.05, abs=0.015)


def test_the_judge_turns_down_16_percent_of_composites() -> None:
    assert share([not accepted(score) for _, score in judged("composite")]) == pytest.approx(0.16, abs=0.02)


def test_the_prompter_counts_and_is_the_same_from_any_number_on() -> None:
    prompter = Prompter(NullPrompterOptions(requests=3))
    first = list(islice(prompter.intake("c", 0), 10))
    assert list(islice(prompter.intake("c", 4), 6)) == first[4:]
    assert [len(item.requests) for item in first if isinstance(item, m.Prompt)] == [3] * 10


def test_five_percent_of_requests_have_no_inverse_as_in_the_paper() -> None:
    items = islice(Prompter(NullPrompterOptions()).intake("c", 0), 1000)
    requests = [request for item in items if isinstance(item, m.Prompt) for request in item.requests]
    assert share([request.operation == "style" for request in requests]) == pytest.approx(0.051, abs=0.01)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"task": "inverse", "other": None}, "undo of: Remove it."),
        ({"task": "composite", "inverse": "Put it back"}, "Put it back and 把门漆成蓝色。"),
        ({"task": "form", "form": "zh"}, "zh: Remove it."),
    ],
)
def test_the_writer_tells_one_job_from_another(change: dict[str, object], text: str) -> None:
    job = samples.TEXT_JOB.model_copy(update={"instruction": "Remove it.", **change})
    assert Writer(Options()).write([Task(job)]) == [text]


def test_the_writers_longest_text_fits_a_message() -> None:
    job = samples.TEXT_JOB.model_copy(update={"inverse": "界" * 341, "task": "composite"})
    (text,) = Writer(Options()).write([Task(job)])
    assert m.TextAnswer(job=job, job_id=job.job_id, text=text)
