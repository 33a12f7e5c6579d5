"""A service that is away is waited for; a bug is pinned on its job, and several in a row stop the worker."""

import threading
from typing import Any

import pytest

from infra.metrics import Metrics
from infra.runtime.worker import FUSE, FuseBlown
from schemas import messages as m
from schemas import metrics
from schemas.errors import Reject, Retry, UserError
from schemas.ports import Gated
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import (
    Scripted,
    deliveries,
    source,
    unless,
    work,
    yes,
)  # fmt: skip


def test_a_job_whose_service_is_busy_is_asked_again_until_it_answers(hire: Hire, meters: Metrics) -> None:
    replies = iter([Retry("busy", 0.0), Retry("busy", 0.0), Gated(True)])
    told = work(hire(Scripted("gate", lambda _: next(replies))), deliveries(source()))
    assert [type(answer) for answer in told.answers] == [m.GateVerdict]
    assert meters.totals(metrics.RETRIES) == {("gate",): 2.0}


def test_only_the_jobs_that_have_no_answer_yet_are_asked_again(hire: Hire) -> None:
    replies = iter([Gated(True), Retry("busy", 0.0), Gated(False)])
    plugin = Scripted("gate", lambda _: next(replies))
    told = work(hire(plugin), deliveries(source(1), source(2)))
    names = [[job.subject.source_id for job in step] for step in plugin.asked]
    assert names == [[f"{1:032}", f"{2:032}"], [f"{2:032}"]]
    assert [answer.yes for answer in told.answers] == [True, False]


def test_a_retry_that_a_whole_step_raises_asks_all_of_it_again(hire: Hire) -> None:
    raised = iter([True])

    def say(_task: Any) -> Gated:
        if next(raised, False):
            raise Retry("away", 0.0)
        return Gated(True)

    assert len(work(hire(Scripted("gate", say)), deliveries(source(1), source(2))).answers) == 2


def test_a_stop_while_the_service_is_away_leaves_the_job_unanswered_and_unacknowledged(
    hire: Hire, stop: threading.Event
) -> None:
    def away(_task: Any) -> Retry:
        stop.set()
        return Retry("away", after_s=3600.0)

    told = work(hire(Scripted("gate", away)), deliveries(source()))
    assert (told.answers, told.letters, told.undone) == ([], [], [0])


def test_a_stop_while_the_service_is_away_keeps_the_answers_that_came(hire: Hire, stop: threading.Event) -> None:
    stop.set()
    say = {f"{1:032}": Gated(True), f"{2:032}": Retry("away", after_s=3600.0)}
    told = work(hire(Scripted("gate", lambda t: say[t.job.subject.source_id])), deliveries(source(1), source(2)))
    assert [answer.job_id for answer in told.answers] == [source(1).job_id]
    assert told.undone == [1]


def test_a_bug_is_pinned_on_the_job_that_brings_it_out(hire: Hire) -> None:
    told = work(hire(Scripted("gate", unless(2, KeyError("oops")))), deliveries(*map(source, (1, 2, 3))))
    assert [type(answer) for answer in told.answers] == [m.GateVerdict, m.Failure, m.GateVerdict]
    assert told.answers[1].reason == "KeyError: 'oops'"
    assert [letter.headers["nhr-error"] for letter in told.letters] == ["KeyError"]


def test_several_bugs_in_a_row_stop_the_worker_before_any_is_answered(hire: Hire) -> None:
    worker = hire(Scripted("gate", lambda _: ZeroDivisionError("by zero")))
    hand = worker.begin(deliveries(*map(source, range(FUSE))))
    with pytest.raises(FuseBlown, match=r"gate scripted@.* failed 5 jobs in a row \(ZeroDivisionError: by zero\)"):
        worker.step(hand)


def test_a_wrong_setting_blows_the_fuse_rather_than_fail_every_job(hire: Hire) -> None:
    worker = hire(Scripted("gate", lambda _: UserError("no key", "set one")))
    with pytest.raises(FuseBlown, match="no key; set one"):
        worker.step(worker.begin(deliveries(*map(source, range(FUSE)))))


def test_a_success_between_them_mends_the_fuse(hire: Hire) -> None:
    outcomes = iter([KeyError("x")] * (FUSE - 1) + [Gated(True)] + [KeyError("x")] * (FUSE - 1))
    told = work(hire(Scripted("gate", lambda _: next(outcomes))), deliveries(*map(source, range(2 * FUSE - 1))))
    assert sum(isinstance(answer, m.Failure) for answer in told.answers) == 2 * FUSE - 2


def test_rejected_jobs_do_not_blow_the_fuse(hire: Hire) -> None:
    told = work(hire(Scripted("gate", lambda _: Reject("no"))), deliveries(*map(source, range(2 * FUSE))))
    assert len(told.answers) == 2 * FUSE


def test_a_plugin_that_gives_too_few_results_is_a_bug(hire: Hire) -> None:
    plugin = Scripted("gate", yes)
    setattr(plugin, plugin.kind.method, lambda _tasks: [])
    (failure,) = work(hire(plugin), deliveries(source())).answers
    assert failure.reason == f"RuntimeError: gate {Scripted.__module__} gave 0 results for 1 tasks"
