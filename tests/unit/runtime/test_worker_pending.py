"""Jobs that a service works at for hours are held meanwhile, many of them, and open no breaker."""

import pytest

from infra.metrics import Metrics
from infra.runtime.pictures import Pictures
from schemas import messages as m
from schemas import metrics
from schemas.errors import Pending, Retry
from schemas.ports import Gated, Image, Info
from tests.contract.clocks import FakeClock
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import SEEING, Scripted, deliveries, picture, source, turns, work


def test_a_job_that_a_service_works_at_is_held_however_long_and_opens_no_breaker(hire: Hire, clock: FakeClock) -> None:
    replies = iter([Pending("in a batch", 120.0)] * 500 + [Gated(True)])
    worker = hire(Scripted("gate", lambda _: next(replies)))
    work(worker, deliveries(source()))
    told = []
    while worker.due_s is not None:
        assert worker.trouble == ""
        assert worker.batch == 8
        clock.time = worker.due_s
        told += work(worker, []).answers
    assert [type(answer) for answer in told] == [m.GateVerdict]
    assert clock.time - FakeClock().time == 500 * 120.0


def test_many_jobs_may_be_under_way_but_not_any_number(hire: Hire) -> None:
    info = Info(summary="asks in batches", reads_images=False, batch=2)
    worker = hire(Scripted("gate", lambda _: Pending("in a batch", 120.0), info))
    taken = 0
    while worker.batch:
        work(worker, deliveries(*map(source, range(taken, taken + worker.batch))))
        taken += 2
    assert taken == 64


def test_how_many_are_under_way_is_told(hire: Hire, clock: FakeClock, meters: Metrics) -> None:
    replies = iter([Pending("in a batch", 120.0)] * 3 + [Gated(True)] * 3)
    worker = hire(Scripted("gate", lambda _: next(replies)))
    work(worker, deliveries(*map(source, range(3))))
    told = meters.totals(metrics.PENDING)
    assert worker.due_s is not None
    clock.time = worker.due_s
    work(worker, [])
    assert (told, meters.totals(metrics.PENDING)) == ({("gate",): 3.0}, {("gate",): 0.0})


def test_a_service_that_takes_a_job_is_back(hire: Hire, clock: FakeClock) -> None:
    replies = iter([Retry("503")] * 3 + [Pending("in a batch", 120.0)] * 3)
    worker = hire(Scripted("gate", lambda _: next(replies)))
    work(worker, deliveries(*map(source, range(3))))
    assert "service away" in worker.trouble
    assert worker.due_s is not None
    clock.time = worker.due_s
    work(worker, [])
    assert worker.trouble == ""
    assert worker.due_s == clock.time + 120.0


def test_its_pictures_are_let_go_meanwhile_and_come_again(
    hire: Hire, clock: FakeClock, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = pictures.store("scratch/x", picture())
    fetched: list[m.ImageRef] = []
    fetch = pictures.fetch

    def counted(wanted: m.ImageRef) -> Image:
        fetched.append(wanted)
        return fetch(wanted)

    monkeypatch.setattr(pictures, "fetch", counted)
    replies = iter([Pending("in a batch", 120.0), Pending("in a batch", 120.0), Gated(True)])
    worker = hire(Scripted("gate", lambda task: next(replies) if task.images else None, SEEING))
    work(worker, deliveries(source(1, ref)))
    (told,) = [turn for turn in turns(worker, clock) if turn.answers]
    assert [type(answer) for answer in told.answers] == [m.GateVerdict]
    assert fetched == [ref] * 3
