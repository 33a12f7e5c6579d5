"""A real campaign whose judge bills: it rests at the day's limit, over restarts, and loses nothing."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.engine import Engine
from infra.progress import Order, Progress
from infra.runtime.loop import IN_HAND
from infra.runtime.spending import Till
from infra.settings import Settings
from infra.wiring import crew, embedded
from schemas.ports import Billed, Usage
from streams.rules import policy as policies
from tests.contract.clocks import FakeClock
from tests.integration.running import nhr
from workers.judges.null import Judge

EACH_USD, LIMIT_USD, BATCH = 0.01, 0.2, 2
JUDGE = ("nhr.judge-jobs.v1", "judge")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The null judge takes money; gives the jobs it was asked."""
    names: list[str] = []
    judge = Judge.judge

    def billed(self: Judge, tasks: Sequence[Any]) -> list[Billed]:
        names.extend(task.job.job_id for task in tasks)
        return [Billed(result, Usage(100, 5, EACH_USD)) for result in judge(self, tasks)]

    monkeypatch.setattr(Till, "_today", lambda _self: "2026-01-31")  # for midnight is always near somewhere
    monkeypatch.setattr(Judge, "judge", billed)
    monkeypatch.setattr(Judge, "INFO", replace(Judge.INFO, dear=True, batch=BATCH))
    return names


def mined(out: Path, limit: float) -> Progress:
    """Mine until done, or until all but the judge have nothing left to do and it rests."""
    order = Order(
        out=out, campaign="null", prompts="null", policy=policies.read("paper"), crew=crew("null", {}, {}), scenes=40
    )

    def watch(progress: Progress) -> None:
        waiting = [one for one, lag in progress.lags.items() if one != JUDGE and (lag.waiting or lag.in_flight)]
        if progress.troubles and not waiting:
            engine.stop.set()

    engine = Engine(order, Settings(fsync=False, spend_usd_a_day=limit), watch)
    return engine.run()


def test_who_bills_rests_at_the_limit_and_the_others_go_on(tmp_path: Path, asked: list[str]) -> None:
    out = tmp_path
    first = mined(out, LIMIT_USD)
    assert first.phase == "stopped"
    assert first.troubles == [f"spend limit of ${LIMIT_USD:.2f} reached; resumes at 00:00 UTC"]
    assert first.lags[JUDGE].waiting > 0
    spent = len(asked) * EACH_USD
    assert LIMIT_USD <= spent <= LIMIT_USD + IN_HAND * BATCH * EACH_USD
    again = mined(out, LIMIT_USD)
    assert (again.phase, len(asked) * EACH_USD) == ("stopped", spent)  # another life of the same day: nothing is left
    last = mined(out, 0.0)
    assert (last.phase, last.troubles) == ("done", [])
    assert len(asked) == len(set(asked))
    assert last.funnel.spending["judge"].cost_usd == pytest.approx(len(asked) * EACH_USD)


@pytest.mark.parametrize(("limit", "status", "mark"), [("1", 0, "ok  "), ("0.25", 1, "BAD ")])
def test_the_doctor_tells_what_is_left_of_the_day(tmp_path: Path, limit: str, status: int, mark: str) -> None:
    with embedded(tmp_path, Settings(fsync=False)) as stores:
        for later in (0.0, 60.0):  # the day may end between here and there
            clock = FakeClock()
            clock.time = time.time() + later
            till = Till(stores.cursors, clock, 1.0)
            till.add("judge@0", 0.25)
            till.tell()
    told = nhr("doctor", "--out", tmp_path, NHR_SPEND_USD_A_DAY=limit)
    (line,) = [line for line in told.out.splitlines() if "spent today" in line]
    assert line.startswith(mark)
    assert told.status == status, told


def test_the_doctor_says_nothing_of_spending_where_there_is_no_limit(tmp_path: Path) -> None:
    assert "spent today" not in nhr("doctor", "--out", tmp_path).out
