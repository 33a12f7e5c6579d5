"""What is counted of sources, against the funnel and against a short story counted by hand."""

from collections.abc import Sequence
from itertools import chain

import pytest

from schemas import messages as m
from schemas.ids import Stage
from streams.funnel import Funnel
from streams.records import Event
from streams.statistics import tables
from streams.statistics.counting import Counts
from streams.statistics.requests import ladder
from streams.statistics.summary import summarize
from streams.statistics.yielding import AXES
from tests.unit.reading.making import CAMPAIGN, Bars, edit_job, gate, judge, request, screen, subject, triplet

REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")
GOOD, BAD = {"truth": 1.0}, {"truth": 0.0}
SOFT, PIXELS = {"vlm.aesthetic": 0.1}, {"pixels.largest": 0.1}
FINE, POOR = (4.9, 4.8), (3.0, 4.9)


def source(name: str, prompt: str = "", campaign: str = CAMPAIGN) -> m.Subject:
    return subject(name, campaign).model_copy(update={"prompt_id": prompt or name})


ONE, TWO, THREE = source("s1", "p1"), source("s2", "p2"), source("s3", "p1")
Story = tuple[list[Event], list[m.Triplet]]
STORIES: list[Story] = [
    (
        [
            gate(ONE, measures=GOOD),
            screen(ONE, REMOVE, 0, GOOD | SOFT), screen(ONE, REMOVE, 1, BAD | PIXELS), screen(ONE, REMOVE, 2, GOOD),
            judge(ONE, REMOVE, FINE, 2, measures=GOOD),
            screen(ONE, RECOLOR, 0, BAD), judge(ONE, RECOLOR, FINE, 0, measures=BAD),
            screen(ONE, RECOLOR, 1, GOOD), judge(ONE, RECOLOR, FINE, 1, measures=GOOD),
            judge(ONE, REMOVE, FINE, kind="inverse"), judge(ONE, REMOVE, FINE, kind="composite", other=RECOLOR),
        ],
        [
            triplet(ONE, REMOVE), triplet(ONE, RECOLOR),
            triplet(ONE, REMOVE, kind="composite", operation="composite", second=(RECOLOR, ONE.image)),
        ],
    ),
    ([gate(TWO, measures=BAD), screen(TWO, REMOVE, 0, BAD), judge(TWO, REMOVE, POOR, 0, measures=BAD)], []),
    ([gate(THREE, yes=False)], []),
]  # fmt: skip


def counted(stories: Sequence[Story], campaign: str = "") -> Counts:
    counts = Counts(Bars(), campaign=campaign)
    for events, triplets in stories:
        counts.add(events, triplets)
    return counts


@pytest.fixture(scope="module")
def counts() -> Counts:
    return counted(STORIES)


@pytest.fixture(scope="module")
def funnel() -> Funnel:
    funnel = Funnel(Bars())
    for event in chain.from_iterable(events for events, _ in STORIES):
        funnel.add(event)
    for one in chain.from_iterable(triplets for _, triplets in STORIES):
        funnel.add_triplet(one)
    return funnel


def test_every_stage_and_figure_is_the_funnels(counts: Counts, funnel: Funnel) -> None:
    rows = {row.key: row for row in tables.funnel(counts, 0.99)}
    assert list(rows) == [stage.key for stage in funnel.stages()]
    for stage in funnel.stages():
        assert rows[stage.key].left == stage.left
        told = rows[stage.key].rate
        assert (told.value if told else None) == pytest.approx(stage.rate)
    figures = {row.key: row.rate.value if row.rate else None for row in tables.figures(counts, 0.99)}
    expected = {figure.key: figure.value for figure in funnel.figures()}
    assert {key: figures[key] for key in expected} == pytest.approx(expected)


def test_precision_and_recall_are_the_funnels(counts: Counts, funnel: Funnel) -> None:
    for row in tables.trust(counts, 0.99):
        seen = funnel.truth[row.stage]
        assert row.decisions == seen.count
        assert (row.precision.value if row.precision else None) == seen.precision
        assert (row.recall.value if row.recall else None) == seen.recall
    assert {row.stage for row in tables.trust(counts, 0.99)} == {"gate", "screen", "judge", "pipeline"}


def test_only_the_judge_stands_beside_the_papers(counts: Counts) -> None:
    assert {row.stage for row in tables.trust(counts, 0.99) if row.paper_precision} == {"judge"}


def test_attempts_survivors_and_winners_by_operation_and_style_are_the_funnels(counts: Counts, funnel: Funnel) -> None:
    for axis, tallies in (("operation", funnel.operations), ("style", funnel.styles)):
        for row in tables.yields(counts, axis, 0.99):  # type: ignore[arg-type]
            tally = tallies[row.label]
            assert (row.tries, row.survivors, row.winners) == (tally.attempts, tally.survivors, tally.winners)


def test_a_composite_counts_half_for_each_of_its_edits(counts: Counts) -> None:
    released = {axis: {row.label: row.released for row in tables.yields(counts, axis, 0.99)} for axis in AXES}
    assert released == {
        "operation": {"remove": 1.5, "recolor": 1.5}, "style": {"watercolour": 3},
        "editor": {"painter@000000000000": 3}, "judge": {"critic@1": 3},
    }  # fmt: skip


def test_a_judge_is_asked_only_about_attempts_it_saw(counts: Counts) -> None:
    (row,) = tables.yields(counts, "judge", 0.99)
    assert (row.tries, row.survivors, row.winners) == (4, 3, 2)
    assert row.seconds_per_triplet == pytest.approx(6 / 3)
    assert row.dollars_per_triplet == pytest.approx(0.06 / 3)


def test_seconds_of_screens_judges_and_texts_go_to_the_operation_asked_for(counts: Counts) -> None:
    spent = {row.label: row.seconds_per_triplet for row in tables.yields(counts, "operation", 0.99)}
    assert spent == pytest.approx({"remove": (4 * 0.25 + 4 * 1.0) / 1.5, "recolor": (2 * 0.25 + 2 * 1.0) / 1.5})


def test_sources_of_one_prompt_are_one_cluster(counts: Counts) -> None:
    gate_rate = tables.rate(counts, "gate")
    assert gate_rate is not None
    assert (gate_rate.estimate.units, gate_rate.estimate.clusters, gate_rate.independent) == (3, 2, False)


def test_the_gate_is_independent_where_each_prompt_was_drawn_once() -> None:
    rate = tables.rate(counted(STORIES[:2]), "gate")
    assert rate is not None
    assert rate.independent


def test_the_same_prompt_falls_into_the_same_cluster_in_every_campaign() -> None:
    def pulls(campaign: str) -> list[float]:
        stories: list[Story] = [
            ([gate(source(f"{campaign} {number}", f"p{number}", campaign), yes=number % 3 > 0)], [])
            for number in range(20)
        ]
        rate = tables.rate(counted(stories), "gate")
        assert rate is not None
        return [float(pull) for pull in rate.estimate.pull]

    assert pulls("lakes") == pulls("towns")


def test_a_campaign_leaves_out_the_triplets_of_others() -> None:
    summary = summarize(counted(STORIES, "another"), 0.99, AXES)
    assert (summary.sources, summary.triplets) == (0, 0)


# --- attempts to success ----------------------------------------------------------------------------------------------


def steps_of(events: list[Event]) -> dict[str, int]:
    return dict(ladder(events, lambda _: Bars()))


def failed(attempt: int, stage: Stage = "edit") -> Event:
    job = edit_job(ONE, REMOVE, attempt)
    return m.Failure(
        job_id=job.job_id, stage=stage, campaign=CAMPAIGN, source_id=ONE.source_id, request_id=job.request_id,
        attempt=attempt, reason="refused",
    )  # fmt: skip


def test_a_request_climbs_to_its_first_survivor_and_no_farther() -> None:
    events = [screen(ONE, REMOVE, 0, SOFT), screen(ONE, REMOVE, 1), judge(ONE, REMOVE, POOR, 1), screen(ONE, REMOVE, 2)]
    survivors = [judge(ONE, REMOVE, FINE, 2), screen(ONE, REMOVE, 3), judge(ONE, REMOVE, FINE, 3)]
    assert steps_of(events + survivors) == {"tried.1": 1, "tried.2": 1, "tried.3": 1, "won.3": 1}


def test_a_failed_edit_is_a_lost_attempt() -> None:
    events = [failed(0), screen(ONE, REMOVE, 1), judge(ONE, REMOVE, FINE, 1)]
    assert steps_of(events) == {"tried.1": 1, "tried.2": 1, "won.2": 1}


def test_an_attempt_that_waits_for_its_judge_leaves_the_request_open() -> None:
    events = [screen(ONE, REMOVE, 0), screen(ONE, REMOVE, 1), judge(ONE, REMOVE, FINE, 1)]
    assert steps_of(events) == {"open": 1}


def test_an_attempt_whose_screen_failed_leaves_the_request_open_until_it_is_screened_after_all() -> None:
    told = [*(screen(ONE, REMOVE, at, SOFT) for at in range(2)), failed(2, "screen")]
    assert steps_of(told) == {"tried.1": 1, "tried.2": 1, "open": 1}
    assert steps_of([*told, screen(ONE, REMOVE, 2, SOFT)])["lost"] == 1


def test_a_request_all_of_whose_attempts_are_lost_is_lost() -> None:
    assert steps_of([screen(ONE, REMOVE, at, SOFT) for at in range(5)]) == {
        **{f"tried.{number}": 1 for number in range(1, 6)}, "lost": 1
    }  # fmt: skip


def test_requests_are_told_apart_and_inverses_are_no_attempts() -> None:
    events = [
        screen(ONE, REMOVE, 0), judge(ONE, REMOVE, FINE, 0), judge(ONE, REMOVE, POOR, 0, kind="inverse"),
        screen(ONE, RECOLOR, 0, PIXELS),
    ]  # fmt: skip
    assert steps_of(events) == {"tried.1": 2, "won.1": 1, "lost": 1}


def test_the_steps_add_up_to_what_was_reached() -> None:
    found = summarize(counted(STORIES), 0.99, AXES).attempts
    assert [(step.number, step.tried, step.won) for step in found] == [(1, 3, 1), (2, 1, 0), (3, 1, 1)]
    assert [step.adds.value for step in found] == pytest.approx([1 / 3, 0, 2 / 3])
    assert [step.reached.value for step in found] == pytest.approx([1 / 3, 1 / 3, 1])
    assert [step.one_by_one.value for step in found if step.one_by_one] == pytest.approx([3, 5, 7 / 3])
    assert [step.at_once.value for step in found if step.at_once] == pytest.approx([3, 6, 3])
