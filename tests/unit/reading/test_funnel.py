"""The funnel against a short list of events counted by hand."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas import messages as m
from streams import paper
from streams.funnel import Funnel, Stage
from streams.records import Event
from streams.tallies import MAX_REASONS, OTHER, Distinct, Histogram, Lowest, Reasons, Spending, Tally
from tests.unit.reading.making import Bars, failure, gate, judge, request, screen, subject, triplet

ONE, TWO, THREE = subject("s1"), subject("s2"), subject("s3", style="oil painting")
REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")
GOOD, BAD = {"truth": 1.0}, {"truth": 0.0}

EVENTS: list[Event] = [
    gate(ONE), gate(TWO), gate(THREE, yes=False, reason="3 hands"),
    screen(ONE, REMOVE, 0, GOOD | {"vlm.aesthetic": 0.1, "pixels.largest": 0.1}),
    screen(ONE, REMOVE, 1, BAD | {"pixels.largest": 0.1}),
    screen(ONE, REMOVE, 2, GOOD),
    judge(ONE, REMOVE, (4.9, 4.8), 2, measures=GOOD),
    screen(ONE, RECOLOR, 0, BAD),
    judge(ONE, RECOLOR, (4.8, 4.7), 0, measures=BAD),
    screen(ONE, RECOLOR, 1, GOOD),
    judge(ONE, RECOLOR, (4.9, 4.9), 1, measures=GOOD),
    screen(TWO, REMOVE, 0, BAD),
    judge(TWO, REMOVE, (4.6, 5.0), 0, reason="2 balls are left", measures=BAD),
    screen(TWO, REMOVE, 1, BAD | {"vlm.aesthetic": 0.2}),
    judge(ONE, REMOVE, (4.8, 4.8), kind="inverse"),
    judge(ONE, RECOLOR, (3.5, 4.8), kind="inverse", reason="the door is red"),
    judge(ONE, REMOVE, (4.8, 4.9), kind="composite", other=RECOLOR),
    failure(TWO), m.Redrive(source_id="s", job_id="j", retry=1),
]  # fmt: skip
TRIPLETS = [
    triplet(ONE, REMOVE), triplet(ONE, RECOLOR), triplet(ONE, REMOVE, kind="inverse", operation="add"),
    triplet(ONE, REMOVE, kind="composite", operation="composite", second=(RECOLOR, ONE.image)),
]  # fmt: skip


def funnel_of(
    events: list[Event], triplets: list[m.Triplet], campaign: str = "", policies: Mapping[str, Bars] | None = None
) -> Funnel:
    funnel = Funnel(Bars(), policies, campaign)
    for event in events:
        funnel.add(event)
    for one in triplets:
        funnel.add_triplet(one)
    return funnel


@pytest.fixture(scope="module")
def funnel() -> Funnel:
    return funnel_of(EVENTS, TRIPLETS)


@pytest.mark.parametrize(
    ("key", "left", "rate"),
    [
        ("prompts", 3, None), ("images", 3, 1.0), ("gate", 2, 2 / 3), ("attempts", 7, 3.5), ("soft", 5, 5 / 7),
        ("pixels", 4, 4 / 5), ("hard", 3, 3 / 4), ("best", 2, 2 / 3), ("inversion", 4, 1.0), ("composition", 5, 0.25),
        ("consistency", 4, -0.2),
    ],
)  # fmt: skip
def test_each_stage_counts_as_the_paper_does(funnel: Funnel, key: str, left: int, rate: float | None) -> None:
    stage = next(stage for stage in funnel.stages() if stage.key == key)
    assert stage.left == left
    assert stage.rate == pytest.approx(rate)


def test_stages_come_in_the_papers_order_with_its_numbers(funnel: Funnel) -> None:
    def reported(stage: Stage) -> paper.Reported:
        return paper.Reported(stage.paper_left, stage.paper_rate)

    assert [(stage.key, reported(stage)) for stage in funnel.stages()] == list(paper.FUNNEL.items())


@pytest.mark.parametrize(
    ("key", "rate"),
    [("gate", 0.44), ("soft", 0.43), ("pixels", 0.97), ("hard", 0.368), ("best", 0.69), ("inversion", 0.949),
     ("composition", 0.307), ("consistency", -0.131)],
)  # fmt: skip
def test_the_papers_counts_give_the_papers_rates(key: str, rate: float) -> None:
    assert paper.FUNNEL[key].rate == pytest.approx(rate, abs=0.001)


def test_figures_of_merit_are_counted_per_winner_and_per_triplet(funnel: Funnel) -> None:
    values = {figure.key: figure.value for figure in funnel.figures()}
    assert values == pytest.approx(
        {
            "attempts_per_winner": 3.5, "edits_per_triplet": 7 / 4, "images_per_triplet": 3 / 4,
            "hard_calls_per_triplet": 1.0, "judge_calls_per_triplet": 7 / 4, "requests_won": 2 / 3,
        }
    )  # fmt: skip


def test_operations_and_styles_are_counted_apart(funnel: Funnel) -> None:
    remove, style = funnel.operations["remove"], funnel.styles["watercolour"]
    assert (remove.attempts, remove.survivors, remove.winners, remove.released) == (5, 1, 1, 1)
    assert (style.attempts, style.survivors, style.winners, style.released) == (7, 3, 2, 4)
    assert funnel.operations["add"].released == 1
    assert funnel.operations["recolor"].acceptance == 1.0


def test_rejections_are_told_by_stage_with_numbers_left_out(funnel: Funnel) -> None:
    assert funnel.rejections.by_stage() == {
        "gate": [("# hands", 1)],
        "hard": [("# balls are left", 1)],
        "inverse": [("the door is red", 1)],
        "pixels": [("pixels.largest", 1)],
        "soft": [("vlm.aesthetic", 2)],
    }
    assert funnel.failures.by_stage() == {"edit": [("the editor refused", 1)]}


def test_precision_and_recall_follow_the_known_truth(funnel: Funnel) -> None:
    judged, whole = funnel.truth["judge"], funnel.truth["pipeline"]
    assert [judged.precision, judged.recall] == pytest.approx([2 / 3, 1.0])
    assert [whole.precision, whole.recall] == pytest.approx([2 / 3, 2 / 3])
    assert whole.count == 7


def test_scores_fall_into_bins_of_a_tenth(funnel: Funnel) -> None:
    assert {10 + index: count for index, count in enumerate(funnel.adherence.bins) if count} == {46: 1, 48: 1, 49: 2}


@pytest.mark.parametrize(("score", "index"), [(1.0, 0), (4.6999, 37), (4.7, 37), (4.69, 36), (5.0, 39)])
def test_a_score_falls_into_the_bin_of_its_thousandths(score: float, index: int) -> None:
    histogram = Histogram()
    histogram.add(score)
    assert histogram.bins.index(1) == index


def test_meters_are_summed_by_stage(funnel: Funnel) -> None:
    assert funnel.spending["gate"].seconds == pytest.approx(1.5)
    assert funnel.spending["judge"].tokens_in == 7000
    assert funnel.spending["judge"].cost_usd == pytest.approx(0.07)
    assert funnel.spending["edit"].answers == 1


def test_what_a_picture_took_is_counted_once_with_the_verdict_on_it() -> None:
    meter = m.Meter(seconds=2.0, tokens_in=9, cost_usd=0.04, machine="host", at=1.0)
    verdicts: list[Any] = [gate(ONE), screen(ONE, REMOVE, 0), judge(ONE, REMOVE, (4.9, 4.8), 0)]
    for place in (0, 1):
        job = verdicts[place].job.model_copy(update={"meter": meter})
        verdicts[place] = verdicts[place].model_copy(update={"job": job})
    spent = funnel_of([*verdicts, screen(ONE, REMOVE, 1)], []).spending
    expected = Spending(answers=1, seconds=2.0, tokens_in=9, cost_usd=0.04)
    assert (spent["generate"], spent["edit"]) == (expected, expected)


def test_an_operation_is_counted_at_every_stage(funnel: Funnel) -> None:
    remove = Tally(attempts=5, soft=3, pixels=2, judged=2, survivors=1, winners=1, released=1)
    assert funnel.operations["remove"] == remove
    assert funnel.operations["recolor"] == Tally(
        attempts=2, soft=2, pixels=2, judged=2, survivors=2, winners=1, released=1
    )


def test_both_scores_of_a_judged_attempt_are_counted_together(funnel: Funnel) -> None:
    assert funnel.both.bins[39][38] == funnel.both.bins[38][37] == funnel.both.bins[36][39] == 1
    assert sum(map(sum, funnel.both.bins)) == funnel.adherence.count == 4


def test_requests_are_counted_by_their_first_attempt_that_survived(funnel: Funnel) -> None:
    assert (funnel.won_at, funnel.requests) == ({1: 1, 3: 1}, 3)


def test_the_lowest_number_counts_whatever_comes_first() -> None:
    lowest = Lowest(room=2)
    for name, number in [("a", 4), ("b", 1), ("a", 2), ("a", 3), ("c", 1)]:
        lowest.add(name, number)
    assert lowest.counts == {1: 2, 2: 1}


def test_the_order_of_events_does_not_matter(funnel: Funnel) -> None:
    assert funnel_of(EVENTS[::-1], TRIPLETS[::-1]).as_dict() == funnel.as_dict()


def test_one_campaign_can_be_counted_alone() -> None:
    other = subject("s9", campaign="desert")
    both = funnel_of([*EVENTS, gate(other)], [*TRIPLETS, triplet(other, REMOVE)], campaign="desert")
    assert [stage.left for stage in both.stages()] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_a_job_is_decided_by_its_own_policy() -> None:
    class Strict(Bars):
        def accepts(self, scores: m.Scores, operation: str, judge: str) -> bool:
            return False

    policy_id = EVENTS[6].job.policy_id if isinstance(EVENTS[6], m.JudgeVerdict) else ""
    assert funnel_of(EVENTS, [], policies={policy_id: Strict()}).survivors == 0


def test_an_inverse_is_held_to_the_bars_of_the_inverse_operation() -> None:
    class NoAdding(Bars):
        def accepts(self, scores: m.Scores, operation: str, judge: str) -> bool:
            return operation != "add"

    funnel = Funnel(NoAdding())
    funnel.add(judge(ONE, REMOVE, (4.9, 4.9), kind="inverse", reason="no"))
    assert funnel.rejections.by_stage() == {"inverse": [("no", 1)]}


def test_an_empty_funnel_has_no_rates() -> None:
    empty = Funnel(Bars())
    assert {stage.rate for stage in empty.stages()} == {None}
    assert {figure.value for figure in empty.figures()} == {None}


def test_everything_counted_is_plain_json(funnel: Funnel) -> None:
    assert json.loads(json.dumps(funnel.as_dict()))["released"] == {"forward": 2, "inverse": 1, "composite": 1}


def test_ever_new_reasons_do_not_fill_the_memory() -> None:
    reasons = Reasons()
    for number in range(MAX_REASONS + 50):
        reasons.add("gate", "x" * (number % 100) + "y" * (number // 100))
    assert len(reasons.counts) <= MAX_REASONS + 1
    assert reasons.counts[("gate", OTHER)] == 50


def test_names_are_counted_once_while_they_are_remembered() -> None:
    seen = Distinct(room=2)
    assert [seen.add(name) for name in "abab"] == [True, True, False, False]
    assert [seen.add(name) for name in "cba"] == [True, False, True]
    assert seen.count == 4
