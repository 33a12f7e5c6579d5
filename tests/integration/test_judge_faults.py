"""A judge that is away, busy, wrong or broken, in real runs: nothing is lost, nothing is asked twice, it is told."""

import os
import signal
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from infra.cli.logs import LOG
from schemas import messages as m
from streams import records, shelf
from tests.integration.running import (
    Result,
    ended,
    failures,
    fingerprint,
    letters,
    mine,
    nhr,
    recorded,
    started,
    undone,
    until,
)  # fmt: skip
from tests.integration.spoilt import Fault, Faults, answered, command

SCENES = ("--prompts", "null", "--scenes", 20, "--json")
OTHER_WORKERS = ("--workers", "judge=3,editor=2,director=2")
SHOWN_S = 7.0
"""An outage longer than the time between two lines of progress."""


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder mined with a judge that does its work."""
    out = tmp_path_factory.mktemp("calm")
    mine(out, "--scenes", 20)
    return out


def verdicts(out: Path, kind: str = "") -> list[m.JudgeVerdict]:
    """What the judge said, of triplets of that kind."""
    found = [event for event in records.events(FolderBlobs(out)) if isinstance(event, m.JudgeVerdict)]
    return [verdict for verdict in found if kind in {"", verdict.job.kind}]


def judged(out: Path) -> list[str]:
    """Jobs that the judge answered, sorted."""
    return sorted(verdict.job_id for verdict in verdicts(out))


def run(out: Path, faults: Faults, *arguments: object) -> Result:
    """`nhr mine` with faults; it must succeed."""
    result = nhr("mine", "--out", out, *SCENES, *arguments, command=command(faults))
    assert (result.status, result.err) == (0, ""), result
    return result


def assert_as_if_nothing_had_been(out: Path, calm: Path, faults: Faults) -> None:
    """The same shelf and records, so no edit more; each judge job answered once; nothing left."""
    assert fingerprint(out) == fingerprint(calm) != []
    assert recorded(out) == recorded(calm)
    assert answered(faults, "judge") == judged(calm)
    assert undone(out) == {}


def log_of(out: Path) -> str:
    return (out / LOG).read_text()


def stored_answers(out: Path, kind: str) -> int:
    """How many answers of a dear kind stand."""
    return sum(1 for _ in FolderBlobs(out).list(f"answers/{kind}/"))


def troubles(result: Result) -> list[str]:
    """Troubles shown while it ran."""
    return [trouble for line in result.json("progress") for trouble in line["troubles"]]


@pytest.mark.parametrize("dear", [False, True])
def test_a_judge_that_is_away_costs_nothing_and_the_outage_is_shown(tmp_path: Path, calm: Path, dear: bool) -> None:
    away = Fault(kind="judge", how="away", after=20, seconds=SHOWN_S)
    faults = Faults(calls=tmp_path / "calls", faults=(away,), dear=("judge",) if dear else ())
    out = tmp_path / "out"
    result = run(out, faults)
    assert_as_if_nothing_had_been(out, calm, faults)
    assert any(text.startswith("judge null: service away for ") and "503" in text for text in troubles(result))
    assert "judge: service away (503 come back later)" in log_of(out)
    assert "judge: service back after " in log_of(out)
    assert result.summary["troubles"] == []


def test_a_dear_judge_that_is_away_while_the_run_is_killed_is_paid_once_for_each_job(
    tmp_path: Path, calm: Path
) -> None:
    away = Fault(kind="judge", how="away", after=20, seconds=4.0)
    faults = Faults(calls=tmp_path / "calls", faults=(away,), dear=("judge",))
    out = tmp_path / "out"
    with started("mine", "--out", out, *SCENES, command=command(faults)) as process:
        assert until(lambda: (out / LOG).exists() and "service away" in log_of(out), process)
        # A call whose answer is not stored yet when the process dies has to be made again: nobody can help that.
        assert until(lambda: len(answered(faults, "judge")) == stored_answers(out, "judge"), process)
        os.killpg(process.pid, signal.SIGKILL)
    run(out, faults)
    assert_as_if_nothing_had_been(out, calm, faults)


def test_a_judge_that_puts_off_a_third_of_the_calls_costs_nothing(tmp_path: Path, calm: Path) -> None:
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="judge", how="flaky", share=0.3),))
    run(tmp_path / "out", faults)
    assert_as_if_nothing_had_been(tmp_path / "out", calm, faults)


def test_a_judge_that_is_wrong_now_and_then_breaks_nothing_and_the_funnel_tells(tmp_path: Path) -> None:
    precision = {}
    for name, share in (("right", 0.0), ("wrong", 0.05)):
        faults = Faults(calls=tmp_path / f"{name} calls", faults=(Fault(kind="judge", how="wrong", share=share),))
        seen = run(tmp_path / name, faults).summary["funnel"]["truth"]
        precision[name] = {stage: seen[stage]["precision"] for stage in ("judge", "released")}
        assert undone(tmp_path / name) == {}
    assert precision["right"] == {"judge": 1.0, "released": 1.0}
    assert all(0.5 < value < 1.0 for value in precision["wrong"].values())
    told = [triplet.measures["truth"] for triplet in shelf.triplets(FolderBlobs(tmp_path / "wrong"))]
    assert precision["wrong"]["released"] == pytest.approx(sum(told) / len(told), abs=1e-3)


def test_a_judge_that_is_wrong_is_wrong_alike_with_other_workers(tmp_path: Path) -> None:
    wrong = (Fault(kind="judge", how="wrong", share=0.05),)
    run(tmp_path / "one", Faults(calls=tmp_path / "calls", faults=wrong))
    run(tmp_path / "three", Faults(calls=tmp_path / "calls", faults=wrong), *OTHER_WORKERS)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "three") != []


def test_jobs_that_bring_out_a_bug_in_the_judge_are_its_only_failures(tmp_path: Path, calm: Path) -> None:
    jobs = sorted(verdict.job_id for verdict in verdicts(calm, "forward"))[:3]
    fault = Fault(kind="judge", how="bug", jobs=frozenset(jobs))
    faults = Faults(calls=tmp_path / "calls", faults=(fault,))
    run(tmp_path / "out", faults)
    assert failures(tmp_path / "out") == jobs
    assert sorted((letter.job_id, letter.error) for letter in letters(tmp_path / "out")) == [
        (job, "KeyError") for job in jobs
    ]
    refused = Faults(calls=tmp_path / "refusing", faults=(fault.model_copy(update={"how": "reject"}),))
    run(tmp_path / "refused", refused)
    assert fingerprint(tmp_path / "out") == fingerprint(tmp_path / "refused") != []


def test_a_judge_that_answers_nonsense_stops_the_run_and_loses_nothing(tmp_path: Path, calm: Path) -> None:
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="judge", how="garbage"),))
    result = nhr("mine", "--out", tmp_path / "out", *SCENES, command=command(faults))
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line.startswith("nhr: judge null@")
    assert "failed 5 jobs in a row (TypeError: " in line
    assert line.endswith("nothing is lost: mend it and run again")
    assert judged(tmp_path / "out") == failures(tmp_path / "out") == []
    mine(tmp_path / "out", "--scenes", 20)
    assert fingerprint(tmp_path / "out") == fingerprint(calm)
    assert undone(tmp_path / "out") == {}


def test_a_first_signal_does_not_cut_short_a_run_that_stops_by_itself(tmp_path: Path) -> None:
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="judge", how="garbage"),))
    out, slow = tmp_path / "out", ("--editor", "null:sleep_ms=1500")
    with started("mine", "--out", out, *SCENES, *slow, command=command(faults)) as process:
        assert until(lambda: (out / LOG).exists() and "judge stopped: " in log_of(out), process)
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert result.status == 2
    assert "failed 5 jobs in a row" in result.err
