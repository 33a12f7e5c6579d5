"""The plan, rules 1 to 4 of the design: from the gate to the winner."""

import pytest

from schemas import ids
from schemas import messages as m
from streams.rules import policy as policies
from streams.rules.policy import JudgeBars, Judging
from tests.unit.rules.telling import BAR, Story, of, policy

# --- rule 1: the gate -------------------------------------------------------------------------------------------------


def test_a_source_that_passed_the_gate_has_the_first_wave_of_every_request_tried() -> None:
    story = Story(policy(waves=(2, 1)), "remove", "add")
    edits = of(m.EditJob, story.gate(yes=True))
    assert [(job.request_id, job.attempt) for job in edits] == [
        (story.request_id(place), attempt) for place in (0, 1) for attempt in (0, 1)
    ]


def test_a_source_that_did_not_pass_the_gate_is_done_with() -> None:
    story = Story(policy())
    assert story.gate(yes=False) == []
    assert story.plan.closed


def test_nothing_is_planned_before_the_source_is_known() -> None:
    story = Story(policy())
    assert (story.plan.messages, story.plan.closed) == ({}, True)


def test_an_attempt_has_a_seed_of_its_own_and_the_cutoffs_of_its_operation() -> None:
    first, second = of(m.EditJob, Story(policy(waves=(2,))).gate())
    assert (first.seed, second.seed) == tuple(ids.attempt_seed(first.request_id, attempt) for attempt in (0, 1))
    assert first.cutoffs == {BAR: m.Bar(min=0.5)}


def test_a_request_asked_twice_is_tried_once() -> None:
    story = Story(policy())
    story.source = story.source.model_copy(update={"requests": story.source.requests * 2})
    assert len(of(m.EditJob, story.gate())) == 1


# --- rule 2: the screens ----------------------------------------------------------------------------------------------


def test_an_attempt_above_the_soft_bars_is_judged() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job, look=0.5))
    assert (judgement.kind, judgement.instruction, judgement.attempt) == ("forward", job.request.instruction, 0)
    assert (judgement.before, judgement.after) == (story.source.subject.image, story.candidate(job).image)


def test_an_attempt_below_a_soft_bar_is_lost() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    assert story.screen(job, look=0.49) == []
    assert story.plan.closed


def test_what_was_not_measured_is_not_held_against_an_attempt() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    assert len(of(m.JudgeJob, story.screen(job, look=None))) == 1


# --- rule 3: the judge ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("adherence", "aesthetics", "survives"),
    [(4.7, 4.7, True), (4.69, 5.0, False), (5.0, 4.69, False), (5.0, 5.0, True)],
)
def test_an_attempt_survives_when_each_score_reaches_its_bar(
    adherence: float, aesthetics: float, survives: bool
) -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    assert bool(of(m.Triplet, story.attempt(job, adherence, aesthetics))) is survives


def test_the_bars_are_those_of_the_operation() -> None:
    easy = Judging(operations={"remove": JudgeBars(adherence=4.0, aesthetics=4.0)})
    story = Story(policy(judge=easy), "remove", "add")
    removing, adding = of(m.EditJob, story.gate())
    assert len(of(m.Triplet, story.attempt(removing, 4.1))) == 1
    assert of(m.Triplet, story.attempt(adding, 4.1)) == []


def test_the_bars_are_those_of_the_judge() -> None:
    strict = Judging(judges={"critic": JudgeBars(adherence=4.9)})
    story = Story(policy(waves=(2,), judge=strict))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first, 4.8)
    (triplet,) = of(m.Triplet, story.attempt(second, 4.95))
    assert triplet.edits[0].attempt == 1


# --- rule 4: waves ----------------------------------------------------------------------------------------------------


def test_the_paper_tries_five_at_once_and_decides_when_all_five_are_known() -> None:
    paper = policies.read("paper").model_copy(update={"inversion": policy().inversion})
    story = Story(paper)
    jobs = of(m.EditJob, story.gate())
    assert [job.attempt for job in jobs] == [0, 1, 2, 3, 4]
    for job in jobs[:4]:
        assert of(m.Triplet, story.attempt(job)) == []
    assert len(of(m.Triplet, story.attempt(jobs[4], 1.0))) == 1


def test_the_thrifty_policy_tries_one_at_a_time_and_stops_at_the_first_survivor() -> None:
    thrifty = policies.read("thrifty").model_copy(update={"inversion": policy().inversion})
    story = Story(thrifty)
    (job,) = of(m.EditJob, story.gate())
    for attempt in (1, 2):
        (job,) = of(m.EditJob, story.attempt(job, 4.0))
        assert job.attempt == attempt
    new = story.attempt(job)
    assert (len(of(m.Triplet, new)), of(m.EditJob, new)) == (1, [])
    assert story.plan.closed


def test_after_the_last_wave_a_request_without_survivors_is_given_up() -> None:
    story = Story(policy(waves=(1, 1)))
    (first,) = of(m.EditJob, story.gate())
    (second,) = of(m.EditJob, story.lose(first))
    assert story.lose(second) == []
    assert story.plan.closed


def test_the_next_wave_waits_until_the_last_one_is_decided() -> None:
    story = Story(policy(waves=(2, 3)))
    first, second = of(m.EditJob, story.gate())
    assert of(m.EditJob, story.lose(first)) == []
    assert [job.attempt for job in of(m.EditJob, story.attempt(second, 4.0))] == [2, 3, 4]


def test_a_wave_with_survivors_enough_is_the_last() -> None:
    story = Story(policy(waves=(2, 2), survivors=2))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first)
    new = story.attempt(second)
    assert (of(m.EditJob, new), len(of(m.Triplet, new))) == ([], 1)


def test_with_too_few_survivors_the_next_wave_goes_out_and_all_of_them_compete() -> None:
    story = Story(policy(waves=(1, 1), survivors=2))
    (first,) = of(m.EditJob, story.gate())
    (second,) = of(m.EditJob, story.attempt(first, 4.9))
    (triplet,) = of(m.Triplet, story.attempt(second, 4.8))
    assert triplet.edits[0].attempt == 0


@pytest.mark.parametrize(
    ("scores", "winner"),
    [
        ([(4.7, 4.7), (4.8, 4.8), (4.75, 4.75)], 1),  # the highest geometric mean
        ([(4.75, 4.92), (4.84, 4.84)], 1),  # 4.8342 and 4.84
        ([(4.8, 5.0), (5.0, 4.8)], 0),  # both the same: the lower attempt
        ([(5.0, 5.0), (5.0, 5.0)], 0),
    ],
)
def test_the_best_survivor_wins(scores: list[tuple[float, float]], winner: int) -> None:
    story = Story(policy(waves=(len(scores),)))
    new: list[m.Message] = []
    for job, (adherence, aesthetics) in zip(of(m.EditJob, story.gate()), scores, strict=True):
        new = story.attempt(job, adherence, aesthetics)
    (triplet,) = of(m.Triplet, new)
    assert triplet.edits[0].attempt == winner


def test_of_equal_geometric_means_the_higher_minimum_wins() -> None:
    story = Story(policy(waves=(2,), judge=Judging(adherence=1.0, aesthetics=1.0)))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first, 1.0, 4.0)
    (triplet,) = of(m.Triplet, story.attempt(second, 2.0, 2.0))
    assert triplet.edits[0].attempt == 1


def test_the_winner_does_not_depend_on_which_attempt_was_told_first() -> None:
    story = Story(policy(waves=(2,)))
    first, second = of(m.EditJob, story.gate())
    story.attempt(second, 4.8)
    (triplet,) = of(m.Triplet, story.attempt(first, 4.8))
    assert triplet.edits[0].attempt == 0


def test_a_triplet_tells_its_lineage() -> None:
    story = Story(policy(waves=(2,)))
    first, second = of(m.EditJob, story.gate())
    story.lose(first)
    (triplet,) = of(m.Triplet, story.attempt(second, 4.9, 4.8))
    (edit,) = triplet.edits
    assert (edit.request_id, edit.attempt, edit.seed, edit.editor) == (story.request_id(), 1, second.seed, "painter@1")
    assert (triplet.scores.adherence, triplet.scores.aesthetics, triplet.judge) == (4.9, 4.8, "critic@1")
    assert triplet.triplet_id == ids.triplet_id(story.request_id(), "forward")
    assert edit.image_sha256 == triplet.after.sha256 == story.candidate(second).image.sha256
