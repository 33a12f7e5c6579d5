"""A worker turns every job into one answer, whatever its plug-in gives."""

from typing import Any

import numpy as np
import pytest

from infra.blobs.memory import MemoryBlobs
from infra.metrics import Metrics
from schemas import messages as m
from schemas import metrics
from schemas.errors import Reject, Retry, UserError
from schemas.headers import BEGAN
from schemas.ports import Billed, Gated, Image, Info, Judged, Usage
from tests.contract.clocks import FakeClock
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import (
    CHEAP,
    DEAR,
    JOBS,
    MISSING,
    RECIPE,
    SEEING,
    Scripted,
    deliveries,
    edit_job,
    flatly,
    picture,
    source,
    turns,
    unless,
    work,
    yes,
)  # fmt: skip


def test_a_job_becomes_the_answer_of_its_kind(hire: Hire) -> None:
    told = work(hire(Scripted("gate", yes)), deliveries(source()))
    (answer,) = told.answers
    assert (answer.job_id, answer.yes, answer.reason, answer.by) == (source().job_id, True, "plausible", RECIPE)
    assert (told.letters, told.done) == ([], [0])


def test_a_picture_is_stored_and_its_claim_check_published(hire: Hire, blobs: MemoryBlobs) -> None:
    (candidate,) = work(hire(Scripted("editor", lambda _: picture())), deliveries(edit_job())).answers
    assert (candidate.job, candidate.made_by) == (edit_job(), RECIPE)
    assert (candidate.image.width, candidate.image.height) == (6, 4)
    assert blobs.has(candidate.image.key)


def test_a_generators_picture_is_named_by_its_source(hire: Hire) -> None:
    prompt = m.Prompt(
        campaign="c", prompt_id="p", text="t", style="s", seed=3, width=6, height=4, requests=source().requests
    )
    (drawn,) = work(hire(Scripted("generator", lambda _: picture())), deliveries(prompt)).answers
    assert drawn.subject.source_id == prompt.source_id
    assert (drawn.subject.made_by, drawn.subject.text, drawn.requests) == (RECIPE, "t", prompt.requests)


def test_jobs_of_a_batch_are_one_step_and_answered_in_order(hire: Hire) -> None:
    plugin = Scripted("gate", yes)
    told = work(hire(plugin), deliveries(source(1), source(2), source(3)))
    assert len(plugin.asked) == 1
    assert [answer.job_id for answer in told.answers] == [source(n).job_id for n in (1, 2, 3)]


def test_an_answer_says_what_it_took_shared_among_its_batch(hire: Hire, clock: FakeClock) -> None:
    def slow(_task: Any) -> Gated:
        clock.advance(3.0)
        return Gated(True)

    told = work(hire(Scripted("gate", slow)), deliveries(source(1), source(2)))
    assert [answer.meter.seconds for answer in told.answers] == [3.0, 3.0]
    assert told.answers[0].meter.at == clock.now()


def test_an_answer_says_what_services_were_asked_for_it_over_all_tries(hire: Hire, clock: FakeClock) -> None:
    results: list[Any] = [Retry("busy"), Gated(True)]
    worker = hire(Scripted("gate", lambda _: Billed(results.pop(0), Usage(100, 5, 0.25))))
    work(worker, deliveries(source()))
    (answer,) = flatly(turns(worker, clock)).answers
    assert (answer.yes, answer.meter.tokens_in, answer.meter.tokens_out, answer.meter.cost_usd) == (True, 200, 10, 0.5)


@pytest.mark.parametrize("kind", ["editor", "generator"])
def test_a_picture_says_what_it_took(hire: Hire, clock: FakeClock, kind: str) -> None:
    def paint(_task: Any) -> Billed:
        clock.advance(3.0)
        return Billed(picture(), Usage(100, 5, 0.04))

    prompt = m.Prompt(
        campaign="c", prompt_id="p", text="t", style="s", seed=3, width=6, height=4, requests=source().requests
    )
    job: m.Message = prompt if kind == "generator" else edit_job()
    (made,) = work(hire(Scripted(kind, paint)), deliveries(job)).answers
    assert (made.meter.seconds, made.meter.tokens_in, made.meter.tokens_out, made.meter.cost_usd) == (3.0, 100, 5, 0.04)
    assert made.meter.at == clock.now()


def test_a_failure_says_what_it_cost(hire: Hire) -> None:
    (failure,) = work(
        hire(Scripted("gate", lambda _: Billed(Reject("no"), Usage(7, 0, 0.5)))), deliveries(source())
    ).answers
    assert (failure.reason, failure.meter.tokens_in, failure.meter.cost_usd) == ("no", 7, 0.5)


def test_what_is_told_is_what_is_counted(hire: Hire, meters: Metrics) -> None:
    say = {f"{1:032}": Gated(True), f"{2:032}": Reject("no"), f"{3:032}": ValueError("bug")}
    work(hire(Scripted("gate", lambda t: say[t.job.subject.source_id])), deliveries(*map(source, (3, 2, 1))))
    jobs = {("gate", "answered"): 1.0, ("gate", "rejected"): 1.0, ("gate", "failed"): 1.0}
    assert meters.totals(metrics.JOBS) == jobs


def test_a_rejected_job_fails_with_its_reason_and_a_dead_letter(hire: Hire) -> None:
    batch = deliveries(source())
    told = work(hire(Scripted("gate", lambda _: Reject("too dark"))), batch)
    (failure,) = told.answers
    assert (failure.job_id, failure.stage, failure.reason) == (source().job_id, "gate", "too dark")
    assert told.letters[0].value == batch[0].value
    assert told.letters[0].headers["nhr-error"] == "Reject"


def test_a_failure_carries_what_it_takes_to_ask_again(hire: Hire) -> None:
    (failure,) = work(hire(Scripted("gate", lambda _: Reject("no"))), deliveries(source())).answers
    assert failure.source == source()
    candidate = m.Candidate(job=edit_job(), image=MISSING)
    (failure,) = work(hire(Scripted("screen", lambda _: Reject("no"))), deliveries(candidate)).answers
    assert (failure.candidate, failure.request_id) == (candidate, "r")


def test_a_rejected_job_does_not_touch_the_others_of_its_batch(hire: Hire) -> None:
    say = {f"{1:032}": Reject("no"), f"{2:032}": Gated(True)}
    told = work(hire(Scripted("gate", lambda t: say[t.job.subject.source_id])), deliveries(source(1), source(2)))
    assert [type(answer) for answer in told.answers] == [m.Failure, m.GateVerdict]


def test_a_reject_that_a_whole_step_raises_costs_only_the_job_it_is_about(hire: Hire) -> None:
    told = work(hire(Scripted("gate", unless(2, Reject("no")))), deliveries(*map(source, (1, 2, 3))))
    assert [type(answer) for answer in told.answers] == [m.GateVerdict, m.Failure, m.GateVerdict]


@pytest.mark.parametrize(
    ("kind", "job", "result"),
    [
        ("judge", "judge", Judged(5.5, 4.0)),
        ("judge", "judge", Judged(float("nan"), 4.0)),
        ("gate", "gate", "a text from a gate"),
        ("gate", "gate", 7),
        ("gate", "gate", picture()),
        ("gate", "gate", Gated(True, measures={f"measure {n}": 0.0 for n in range(10_000)})),
        ("editor", "edit", Gated(True)),
        ("writer", "text", ""),
        ("writer", "text", "x" * 1025),
        ("writer", "text", "half a character: \ud83d"),
    ],
)
def test_a_result_out_of_range_is_a_failure(hire: Hire, clock: FakeClock, kind: str, job: str, result: object) -> None:
    worker = hire(Scripted(kind, lambda _: result))
    told = flatly([work(worker, deliveries(JOBS[job])), *turns(worker, clock)])
    assert [type(answer) for answer in told.answers] == [m.Failure]
    assert len(told.letters) == 1


def test_a_text_that_must_not_be_said_is_a_failure_at_once_and_no_standing_answer(
    hire: Hire, blobs: MemoryBlobs
) -> None:
    def sayable(text: str) -> None:
        if "boat" in text:
            raise Reject("holds boat")

    worker = hire(Scripted("writer", lambda _: "Bring the boat back.", DEAR))
    worker._sayable = sayable
    (failure,) = work(worker, deliveries(JOBS["text"])).answers
    assert (type(failure), failure.reason) == (m.Failure, "holds boat")
    assert list(blobs.list("answers/")) == []
    worker = hire(Scripted("writer", lambda _: "Bring the ship back.", DEAR))
    worker._sayable = sayable
    assert [type(answer) for answer in work(worker, deliveries(JOBS["text"])).answers] == [m.TextAnswer]


@pytest.mark.parametrize("shape", [(0, 0, 3), (8, 8), (8, 8, 4)])
def test_a_result_that_is_no_picture_is_a_failure(hire: Hire, clock: FakeClock, shape: tuple[int, ...]) -> None:
    odd = Image(np.zeros(shape, np.uint8))
    worker = hire(Scripted("editor", lambda _: odd))
    (failure,) = flatly([work(worker, deliveries(edit_job())), *turns(worker, clock)]).answers
    assert "want uint8 of (height, width, 3)" in failure.reason


def test_the_model_is_loaded_once_by_who_will_own_it(hire: Hire) -> None:
    plugin = Scripted("gate", yes)
    hire(plugin)
    assert plugin.loaded == 1


@pytest.mark.parametrize(
    ("info", "overlaps"),
    [(CHEAP, False), (DEAR, True), (SEEING, True), (Info(summary="both", dear=True), True)],
)
def test_what_is_dear_or_reads_pictures_overlaps_with_its_io(hire: Hire, info: Info, overlaps: bool) -> None:
    assert hire(Scripted("gate", yes, info)).overlaps is overlaps


def test_a_standing_answer_that_nobody_can_read_is_not_published_but_named(hire: Hire, blobs: MemoryBlobs) -> None:
    key = f"answers/gate/{source().job_id[:2]}/{source().job_id}.{RECIPE}"
    blobs.put(key, b"")  # as a power cut may leave it where files are not synced
    with pytest.raises(
        UserError, match=rf"^{key} is no answer \(.*\); restore it, or delete it: then it is asked again$"
    ):
        work(hire(Scripted("gate", yes, DEAR)), deliveries(source()))


def test_every_answer_and_failure_carries_on_when_it_all_began(hire: Hire) -> None:
    def say(task: Any) -> Gated:
        return Gated(True)

    for plugin in (Scripted("gate", say), Scripted("gate", lambda _: Reject("no"), CHEAP)):
        worker = hire(plugin)
        (job,) = deliveries(source())
        hand = worker.begin([job._replace(headers={BEGAN: "12.000", "other": "stays"})])
        worker.step(hand)
        outputs = worker.finish(hand)
        answers = [out for out in outputs if "nhr-error" not in out.headers]
        assert [dict(out.headers) for out in answers] == [{BEGAN: "12.000"}]
        assert all(out.headers[BEGAN] == "12.000" for out in outputs)


def test_a_standing_answer_carries_on_when_this_job_began(hire: Hire) -> None:
    for began in ("12.000", "24.000"):
        worker = hire(Scripted("gate", yes, DEAR))
        (job,) = deliveries(source())
        hand = worker.begin([job._replace(headers={BEGAN: began})])
        worker.step(hand)
        assert [dict(out.headers) for out in worker.finish(hand)] == [{BEGAN: began}]


def test_what_an_answer_was_billed_is_counted_by_plug_in(hire: Hire, meters: Metrics) -> None:
    work(hire(Scripted("gate", lambda _: Billed(Gated(True), Usage(100, 5, 0.25)))), deliveries(source(0), source(1)))
    assert meters.totals(metrics.TOKENS) == {("gate", "scripted", "in"): 200, ("gate", "scripted", "out"): 10}
    assert meters.totals(metrics.COST) == {("gate", "scripted"): 0.5}
