"""What is learnt is counted by stage, group of operations, outcome and a word why; never by anything that grows."""

import random
from typing import Any

import pytest

from infra.metrics import Metrics
from infra.runtime.worker import Deadly
from infra.telemetry.learnt import Learnt, each, group_of, missed, why_failed
from schemas import messages as m
from schemas import metrics
from schemas.errors import Reject
from schemas.taxonomy import taxonomy
from streams.rates import seen
from streams.rules import policy as policies
from streams.rules.policy import Policy
from tests.golden import samples
from tests.property.world import World, history, source

PAPER = policies.read("paper")
LIVES = [history(World(n, 0.5, 0.1), source(random.Random(n), 4), PAPER)[0] for n in range(20)]
EVENTS: list[Any] = [event for life in LIVES for event in life]
BAR = PAPER.judge.adherence


@pytest.fixture
def meters() -> Metrics:
    return Metrics()


@pytest.fixture
def learnt(meters: Metrics) -> Learnt:
    return Learnt(meters, {PAPER.policy_id: PAPER}.get)


def first(kind: type[m.Message]) -> Any:
    return next(event for event in EVENTS if isinstance(event, kind))


def counted(meters: Metrics) -> dict[tuple[str, ...], float]:
    return meters.totals(metrics.FUNNEL)


def judged(adherence: float, aesthetics: float, kind: str = "forward") -> m.JudgeVerdict:
    verdict = first(m.JudgeVerdict)
    job = verdict.job.model_copy(update={"kind": kind})
    made: m.JudgeVerdict = verdict.model_copy(update={"job": job, "adherence": adherence, "aesthetics": aesthetics})
    return made


def test_the_funnel_agrees_with_the_rates_on_every_verdict(learnt: Learnt, meters: Metrics) -> None:
    for event in EVENTS:
        learnt.event(event)
    told = [one for event in EVENTS if (one := seen(event, {PAPER.policy_id: PAPER}.get))]
    for stage in ("gate", "screen", "judge", "inverse", "composite", "text"):
        mine = {labels: count for labels, count in counted(meters).items() if labels[0] == stage}
        ours = [one for one in told if one.stage == stage]
        assert sum(count for labels, count in mine.items() if labels[2] != "failed") == len(ours) > 0
        assert sum(count for labels, count in mine.items() if labels[2] == "accepted") == sum(
            one.accepted for one in ours
        )


def test_every_label_is_of_a_closed_vocabulary(learnt: Learnt, meters: Metrics) -> None:
    for event in EVENTS:
        learnt.event(event)
    groups = {one.group for one in taxonomy().operations.values()} | {"none", "other"}
    reasons = {"", "no", "adherence", "aesthetics", "both", "rejected", *dict(PAPER.screen_bars("add"))}
    for stage, group, outcome, reason in counted(meters):
        assert stage in {"gate", "edit", "screen", "judge", "inverse", "composite", "text"}
        assert group in groups
        assert outcome in {"accepted", "rejected", "failed"}
        assert reason in reasons
        assert (outcome == "accepted") == (reason == "")


def test_a_gate_says_no(learnt: Learnt, meters: Metrics) -> None:
    learnt.event(first(m.GateVerdict).model_copy(update={"yes": False, "reason": "the dog has five legs"}))
    assert counted(meters) == {("gate", "none", "rejected", "no"): 1}


@pytest.mark.parametrize(
    ("adherence", "aesthetics", "reason"),
    [(BAR, BAR, ""), (BAR - 0.1, 5.0, "adherence"), (5.0, BAR - 0.1, "aesthetics"), (1.0, 1.0, "both")],
)
def test_a_judged_triplet_is_told_by_the_score_it_lacked(
    learnt: Learnt, meters: Metrics, adherence: float, aesthetics: float, reason: str
) -> None:
    learnt.event(judged(adherence, aesthetics))
    ((_, _, outcome, why),) = counted(meters)
    assert (outcome, why) == ("rejected" if reason else "accepted", reason)


def test_the_bar_is_that_of_the_policy_the_job_was_asked_under(meters: Metrics) -> None:
    lenient = PAPER.model_copy(update={"judge": PAPER.judge.model_copy(update={"adherence": 1.0, "aesthetics": 1.0})})
    known: dict[str, Policy] = {PAPER.policy_id: lenient}
    Learnt(meters, known.get).event(judged(2.0, 2.0))
    ((_, _, outcome, _),) = counted(meters)
    assert outcome == "accepted"


def test_under_a_policy_that_is_not_kept_scores_alone_are_told(meters: Metrics) -> None:
    Learnt(meters, lambda _: None).event(judged(2.0, 2.0))
    assert counted(meters) == {}
    assert 'nhr_judge_score_count{kind="forward",score="adherence"} 1.0' in told(meters)


def test_each_kind_of_triplet_has_its_scores(learnt: Learnt, meters: Metrics) -> None:
    learnt.event(judged(4.9, 4.2, "inverse"))
    lines = told(meters)
    assert 'nhr_judge_score_sum{kind="inverse",score="adherence"} 4.9' in lines
    assert 'nhr_judge_score_sum{kind="inverse",score="aesthetics"} 4.2' in lines


def told(meters: Metrics) -> list[str]:
    from prometheus_client import generate_latest

    return generate_latest(meters.registry).decode().splitlines()


def failure(stage: str, reason: str, candidate: m.Candidate | None = None) -> m.Failure:
    return m.Failure.model_validate(
        {"job_id": "j", "stage": stage, "source_id": "s", "reason": reason, "candidate": candidate}
    )


def test_failures_are_told_in_a_word(learnt: Learnt, meters: Metrics) -> None:
    learnt.event(failure("edit", "the prompt was refused: id 0123456789abcdef"))
    learnt.event(failure("screen", "ValueError: no such file", first(m.ScreenVerdict).job))
    group = group_of(first(m.ScreenVerdict).job.job.request.operation)
    assert counted(meters) == {("edit", "none", "failed", "rejected"): 1, ("screen", group, "failed", "bug"): 1}


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("put off 9 times while other jobs were answered: quota", "put off"),
        (str(Deadly("3 processes died with this job in hand, at last with it alone")), "deadly"),
        ("KeyError: 'x'", "bug"),
        ("OutOfMemoryError: CUDA", "bug"),
        ("UnidentifiedImageError: cannot identify", "bug"),
        (str(Reject("Error in the picture's metadata is no bug of ours")), "rejected"),
        ("", "rejected"),
    ],
)
def test_the_word_is_one_of_four(reason: str, word: str) -> None:
    assert why_failed(reason) == word


def test_a_redrive_is_no_word_of_a_stage(learnt: Learnt, meters: Metrics) -> None:
    learnt.event(m.Redrive(source_id="s", job_id="j", retry=1))
    assert counted(meters) == {}


@pytest.mark.parametrize(
    ("operation", "group"), [("recolor", "appearance"), ("", "none"), (None, "none"), ("x", "other")]
)
def test_an_operation_counts_in_its_group(operation: str | None, group: str) -> None:
    assert group_of(operation) == group


def test_a_score_that_misses_by_its_operations_own_bar_is_named() -> None:
    assert missed(judged(4.0, 5.0), PAPER) == "adherence"


def test_triplets_are_counted_by_kind_and_group(learnt: Learnt, meters: Metrics) -> None:
    learnt.triplet(samples.TRIPLET)
    assert meters.totals(metrics.TRIPLETS) == {(samples.TRIPLET.kind, group_of(samples.TRIPLET.operation)): 1}


def test_each_is_told_in_turn() -> None:
    one, other = list[int](), list[int]()
    each(one.append, other.append)(1)
    assert one == other == [1]
