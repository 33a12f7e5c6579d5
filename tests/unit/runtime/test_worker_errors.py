"""A service that is away is waited for; a bug is pinned on its job; several in a row stop the worker."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from infra.metrics import Metrics
from infra.runtime.patience import FUSE, LONE_TRIES, PROBES, FuseBlown
from schemas import messages as m
from schemas import metrics
from schemas.errors import Reject, Retry, UserError
from schemas.ports import Gated, Info
from tests.contract.clocks import FakeClock
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import (
    Scripted,
    deliveries,
    flatly,
    source,
    turns,
    unless,
    work,
    yes,
)  # fmt: skip

HOUR_S = 3600.0
ONE_BY_ONE = Info(summary="one at a time", reads_images=False, batch=1)


def numbers(plugin: Scripted) -> list[list[int]]:
    """The sources of each step."""
    return [[int(job.subject.source_id) for job in step] for step in plugin.asked]


def outage(clock: FakeClock, until: float) -> Callable[[Any], Any]:
    """Says yes, once the clock is past `until`."""
    return lambda _task: Gated(True) if clock.time >= until else Retry("503")


# --- a service that is busy or away ---------------------------------------------------------------------------------


def test_a_job_that_is_put_off_is_held_and_asked_again_when_it_is_due(
    hire: Hire, clock: FakeClock, meters: Metrics
) -> None:
    replies = iter([Retry("busy", 5.0), Gated(True)])
    worker = hire(Scripted("gate", lambda _: next(replies)))
    assert work(worker, deliveries(source())) == ([], [], [])
    assert worker.due_s == clock.time + 5.0
    assert work(worker, []) == ([], [], [])  # not yet
    (told,) = turns(worker, clock)
    assert ([type(answer) for answer in told.answers], told.done) == ([m.GateVerdict], [0])
    assert meters.totals(metrics.RETRIES) == {("gate",): 1.0}


def test_only_the_jobs_that_have_no_answer_yet_are_asked_again(hire: Hire, clock: FakeClock) -> None:
    replies = iter([Gated(True), Retry("busy"), Gated(False)])
    plugin = Scripted("gate", lambda _: next(replies))
    worker = hire(plugin)
    told = flatly([work(worker, deliveries(source(1), source(2))), *turns(worker, clock)])
    assert numbers(plugin) == [[1, 2], [2]]
    assert [answer.yes for answer in told.answers] == [True, False]
    assert told.done == [0, 1]


def test_a_retry_that_a_whole_step_raises_puts_all_of_it_off(hire: Hire, clock: FakeClock) -> None:
    raised = iter([True])

    def say(_task: Any) -> Gated:
        if next(raised, False):
            raise Retry("away")
        return Gated(True)

    worker = hire(Scripted("gate", say))
    assert work(worker, deliveries(source(1), source(2))).done == []
    assert len(flatly(turns(worker, clock)).answers) == 2


def test_an_outage_of_an_hour_costs_no_job_and_few_calls(hire: Hire, clock: FakeClock, meters: Metrics) -> None:
    plugin = Scripted("gate", outage(clock, clock.time + HOUR_S))
    worker = hire(plugin)
    told = flatly([work(worker, deliveries(*map(source, range(20)))), *turns(worker, clock)])
    assert [type(answer) for answer in told.answers] == [m.GateVerdict] * 20
    assert sorted(told.done) == list(range(20))
    during = [step for step in plugin.asked if len(step) == 1]
    assert len(during) < 90  # one probe at a time, at most once a minute
    assert clock.time - 1_000_000.0 < HOUR_S + 70
    assert meters.totals(metrics.BREAKERS) == {("gate",): 0.0}


def test_while_a_service_is_away_little_is_taken_and_one_job_at_a_time_is_tried(hire: Hire, clock: FakeClock) -> None:
    plugin = Scripted("gate", lambda _: Retry("503"), ONE_BY_ONE)
    worker = hire(plugin)
    taken = 0
    for number in range(200):
        taken += worker.batch
        work(worker, deliveries(*[source(number)] * worker.batch))
        clock.advance(30.0)
    assert PROBES <= taken <= PROBES + 4
    assert "gate scripted: service away for " in worker.trouble


def test_a_whole_batch_put_off_at_once_is_one_refusal_of_the_service(hire: Hire, clock: FakeClock) -> None:
    worker = hire(Scripted("gate", lambda _: Retry("503", after_s=0.0), Info("many", reads_images=False, batch=64)))
    work(worker, deliveries(*map(source, range(64))))
    waits = []
    for _ in range(4):
        assert worker.due_s is not None
        waits.append(round(worker.due_s - clock.time, 3))
        clock.time = worker.due_s
        work(worker, [])
    assert waits == [0.1, 0.2, 0.4, 0.8]


def test_a_worker_with_nothing_held_wants_no_turn_although_its_service_is_away(hire: Hire, clock: FakeClock) -> None:
    replies: Iterator[Exception] = iter([Retry("503")] * 3 + [KeyError("oops")] * LONE_TRIES)
    worker = hire(Scripted("gate", lambda _: next(replies)))
    told = flatly([work(worker, deliveries(source())), *turns(worker, clock)])
    assert [type(answer) for answer in told.answers] == [m.Failure]
    assert (worker.due_s, worker.batch) == (None, 1)


def test_the_wait_that_a_service_asks_for_is_kept(hire: Hire, clock: FakeClock) -> None:
    plugin = Scripted("gate", lambda _: Retry("daily quota", after_s=HOUR_S))
    worker = hire(plugin)
    work(worker, deliveries(*map(source, range(3))))
    assert worker.due_s == clock.time + HOUR_S


def test_a_job_that_is_put_off_again_and_again_while_others_are_answered_is_given_up(
    hire: Hire, clock: FakeClock
) -> None:
    worker = hire(Scripted("gate", lambda task: Retry("timeout") if task.job == source(0) else Gated(True)))
    told = [work(worker, deliveries(source(0), source(1)))]
    for number in range(2, 60):
        clock.advance(30.0)
        told.append(work(worker, deliveries(source(number))))
    (failure,) = [answer for answer in flatly(told).answers if isinstance(answer, m.Failure)]
    assert failure.reason.startswith("put off ")
    assert failure.reason.endswith(" times while other jobs were answered: timeout")
    (letter,) = flatly(told).letters
    assert letter.headers["nhr-error"] == "Retry"
    assert int(letter.headers["nhr-attempts"]) >= 3
    assert float(letter.headers["nhr-first-at"]) < float(letter.headers["nhr-last-at"])
    assert worker.due_s is None


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_no_job_of_an_overloaded_service_is_given_up(hire: Hire, clock: FakeClock, share: float) -> None:
    calls = iter(range(1_000_000))

    def say(_task: Any) -> Any:
        return Retry("429") if (next(calls) * 0.6180339887) % 1.0 < share else Gated(True)

    worker = hire(Scripted("gate", say, ONE_BY_ONE))
    told, taken = [], 0
    while taken < 50:
        told.append(work(worker, deliveries(*[source(taken)] * worker.batch)))
        taken += worker.batch
        clock.advance(1.0)
    told += turns(worker, clock, most=10_000)
    assert [type(answer) for answer in flatly(told).answers] == [m.GateVerdict] * taken


def test_a_rejection_shows_that_the_service_is_back(hire: Hire, clock: FakeClock) -> None:
    replies = iter([Retry("503")] * 3 + [Reject("blocked")] + [Gated(True)] * 2)
    worker = hire(Scripted("gate", lambda _: next(replies)))
    work(worker, deliveries(*map(source, range(3))))
    assert worker.trouble
    told = flatly(turns(worker, clock))
    assert len(told.answers) == 3
    assert worker.trouble == ""


# --- bugs -------------------------------------------------------------------------------------------------------------


def test_a_bug_is_pinned_on_the_job_that_brings_it_out_once_another_succeeds(hire: Hire) -> None:
    told = work(hire(Scripted("gate", unless(2, KeyError("oops")))), deliveries(*map(source, (1, 2, 3))))
    assert sorted(type(answer).__name__ for answer in told.answers) == ["Failure", "GateVerdict", "GateVerdict"]
    (failure,) = [answer for answer in told.answers if isinstance(answer, m.Failure)]
    assert failure.reason == "KeyError: 'oops'"
    assert [letter.headers["nhr-error"] for letter in told.letters] == ["KeyError"]


def test_a_bug_is_held_unacknowledged_until_a_later_job_succeeds(hire: Hire) -> None:
    worker = hire(Scripted("gate", unless(1, KeyError("oops"))))
    assert work(worker, deliveries(source(1))) == ([], [], [])
    told = work(worker, deliveries(source(1), source(2))[1:])
    assert [type(answer).__name__ for answer in told.answers] == ["GateVerdict", "Failure"]
    assert sorted(told.done) == [0, 1]


def test_a_bug_with_no_other_job_to_compare_it_with_is_asked_alone_a_few_times(hire: Hire, clock: FakeClock) -> None:
    plugin = Scripted("gate", unless(1, KeyError("oops")))
    worker = hire(plugin)
    told = flatly([work(worker, deliveries(source(1))), *turns(worker, clock)])
    assert numbers(plugin) == [[1]] * LONE_TRIES
    assert ([type(answer) for answer in told.answers], told.done) == ([m.Failure], [0])
    assert told.letters[0].headers["nhr-attempts"] == str(LONE_TRIES)


@pytest.mark.parametrize("others", [0, 2])
def test_a_bug_that_comes_and_goes_costs_nothing(hire: Hire, clock: FakeClock, others: int) -> None:
    replies = iter([KeyError("once"), *[Gated(True)] * (1 + others)])
    worker = hire(Scripted("gate", lambda _: next(replies), ONE_BY_ONE))
    batches = [deliveries(source(number)) for number in range(1 + others)]
    told = flatly([*(work(worker, batch) for batch in batches), *turns(worker, clock)])
    assert [type(answer) for answer in told.answers] == [m.GateVerdict] * (1 + others)


def test_a_bug_is_found_out_by_one_more_run_after_a_success(hire: Hire) -> None:
    plugin = Scripted("gate", unless(1, KeyError("oops")), ONE_BY_ONE)
    work(hire(plugin), deliveries(source(1), source(2)))
    assert numbers(plugin) == [[1], [2], [1]]


def test_several_bugs_in_a_row_stop_the_worker_before_any_is_answered(hire: Hire) -> None:
    worker = hire(Scripted("gate", lambda _: ZeroDivisionError("by zero")))
    for number in range(FUSE - 1):
        assert work(worker, deliveries(source(number))).done == []
    with pytest.raises(FuseBlown, match=r"gate scripted@.* failed 5 jobs in a row \(ZeroDivisionError: by zero\)"):
        work(worker, deliveries(source(FUSE)))


def test_a_broken_plugin_that_takes_one_job_at_a_time_is_stopped_before_any_job_is_given_up(
    hire: Hire, clock: FakeClock
) -> None:
    worker = hire(Scripted("gate", lambda _: ZeroDivisionError("by zero"), ONE_BY_ONE))
    fresh, done = map(source, range(100)), list[int]()

    def work_on() -> None:
        while True:
            if not worker.batch:
                clock.time = max(clock.time, worker.due_s or 0.0)
            done.extend(work(worker, deliveries(*islice(fresh, worker.batch))).done)

    with pytest.raises(FuseBlown):
        work_on()
    assert done == []


def test_what_was_answered_before_the_fuse_blew_is_told_first(hire: Hire) -> None:
    good = {source(0), source(1)}
    worker = hire(Scripted("gate", lambda task: Gated(True) if task.job in good else KeyError("oops")))
    told = work(worker, deliveries(*map(source, range(2 + FUSE))))
    assert ([type(answer) for answer in told.answers], sorted(told.done)) == ([m.GateVerdict] * 2, [0, 1])
    assert (worker.batch, worker.due_s is not None) == (0, True)
    with pytest.raises(FuseBlown, match="failed 5 jobs in a row"):
        work(worker, [])


def test_a_wrong_setting_blows_the_fuse_rather_than_fail_every_job(hire: Hire) -> None:
    worker = hire(Scripted("gate", lambda _: UserError("no key", "set one")))
    with pytest.raises(FuseBlown, match="no key; set one"):
        worker.step(worker.begin(deliveries(*map(source, range(FUSE)))))


def test_a_result_out_of_range_is_a_bug_too(hire: Hire) -> None:
    worker = hire(Scripted("gate", lambda _: "no verdict"))
    with pytest.raises(FuseBlown, match=r"ValidationError|TypeError"):
        worker.step(worker.begin(deliveries(*map(source, range(FUSE)))))


def test_a_success_between_them_mends_the_fuse(hire: Hire) -> None:
    good = {source(FUSE - 1), source(2 * FUSE - 1)}
    plugin = Scripted("gate", lambda task: Gated(True) if task.job in good else KeyError("x"), ONE_BY_ONE)
    worker = hire(plugin)
    told = flatly([work(worker, deliveries(source(number))) for number in range(2 * FUSE)])
    assert sum(isinstance(answer, m.Failure) for answer in told.answers) == 2 * FUSE - 2


def test_rejected_jobs_do_not_blow_the_fuse(hire: Hire) -> None:
    told = work(hire(Scripted("gate", lambda _: Reject("no"))), deliveries(*map(source, range(2 * FUSE))))
    assert len(told.answers) == 2 * FUSE


def test_a_plugin_that_gives_too_few_results_is_a_bug(hire: Hire, clock: FakeClock) -> None:
    plugin = Scripted("gate", yes)
    setattr(plugin, plugin.kind.method, lambda _tasks: [])
    worker = hire(plugin)
    (failure,) = flatly([work(worker, deliveries(source())), *turns(worker, clock)]).answers
    assert failure.reason == f"RuntimeError: gate {Scripted.__module__} gave 0 results for 1 tasks"
