"""Recorded answers under another policy: what counts as the same question, and what nobody was asked."""

import pytest

from schemas import messages as m
from streams.rules.policy import Judging
from tests.unit.redeciding.remembering import Remembered, changed
from tests.unit.rules.telling import BAR, of, policy

FIVE = policy(waves=(5,))
ONE_BY_ONE = policy(waves=(1, 1, 1))


def stages(jobs: tuple[m.Message, ...]) -> list[str]:
    return [type(job).__name__ for job in jobs]


def judged_once(adherence: float = 4.8) -> Remembered:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    story.attempt(job, adherence)
    return story


def test_answers_are_told_again_under_the_new_policys_names() -> None:
    now = judged_once().under(policy(waves=(1,)))
    assert [type(event).__name__ for event in now.events] == ["GateVerdict", "ScreenVerdict", "JudgeVerdict"]
    assert {event.job.policy_id for event in now.events if isinstance(event, m.JudgeVerdict)} == {now.ledger.policy_id}
    (triplet,) = now.triplets.values()
    assert triplet.policy_id == now.ledger.policy_id
    assert now.closed


def test_attempts_that_were_never_made_are_undecided_edits() -> None:
    now = judged_once().under(FIVE)
    assert [job.attempt for job in now.undecided if isinstance(job, m.EditJob)] == [1, 2, 3, 4]
    assert now.triplets == {}


def test_attempts_the_new_policy_does_not_make_are_left_out() -> None:
    story = Remembered(FIVE)
    for job in of(m.EditJob, story.gate()):
        story.attempt(job)
    now = story.under(ONE_BY_ONE)
    assert [event.job.attempt for event in now.events if isinstance(event, m.JudgeVerdict)] == [0]


def test_a_source_that_the_gate_turned_down_stays_so() -> None:
    story = Remembered(FIVE)
    story.gate(yes=False)
    now = story.under(ONE_BY_ONE)
    assert (len(now.events), now.closed, now.triplets) == (1, True, {})


def test_a_lower_judges_bar_lets_an_attempt_win_without_any_call() -> None:
    now = judged_once(4.6).under(policy(waves=(1,), judge=Judging(adherence=4.5, aesthetics=4.5)))
    assert len(now.triplets) == 1
    assert now.closed


def test_a_higher_judges_bar_takes_the_win_away_and_asks_for_the_next_attempt() -> None:
    now = judged_once(4.75).under(policy(waves=(1, 1), judge=Judging(adherence=4.8, aesthetics=4.8)))
    assert now.triplets == {}
    assert [job.attempt for job in now.undecided if isinstance(job, m.EditJob)] == [1]


def test_a_lower_soft_bar_asks_for_a_judgement_of_the_picture_that_was_made() -> None:
    story = Remembered(policy(waves=(1,)))
    (job,) = of(m.EditJob, story.gate())
    story.screen(job, look=0.4)
    laxer = changed(story.policy, screen={"bars": {BAR: {"min": 0.3}}})
    (judgement,) = story.under(laxer).undecided
    assert isinstance(judgement, m.JudgeJob)
    assert judgement.after == story.candidate(job).image


def test_the_inverse_of_another_winner_is_another_question() -> None:
    story = Remembered(policy(waves=(2,), inverts=True))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first, 4.75)
    story.invert(story.attempt(second, 4.95))
    assert stages(story.under(policy(waves=(1,), inverts=True)).undecided) == ["TextJob"]
    assert stages(story.under(policy(waves=(2,), inverts=True, neighbours=1)).undecided) == []


def test_a_screen_that_was_spared_is_asked_where_the_new_policy_would_not_spare_it() -> None:
    story = Remembered(policy(waves=(1,)))
    (job,) = of(m.EditJob, story.gate())
    candidate = story.candidate(job)
    story.tell(m.ScreenVerdict(job=candidate, job_id=candidate.job_id, measures={BAR: 0.2}, skipped=("dear",)))
    assert story.under(policy(waves=(1,), neighbours=0, forms=("short",))).closed
    without = changed(story.policy, screen={})
    (asked,) = story.under(without).undecided
    assert isinstance(asked, m.Candidate)
    assert (asked.image, asked.job.policy_id) == (candidate.image, without.policy_id)


def test_the_first_picture_recorded_stands_and_a_judgement_of_another_is_none_of_it() -> None:
    first, second = Remembered(changed(ONE_BY_ONE, name="first")), Remembered(changed(ONE_BY_ONE, name="second"))
    (job,) = of(m.EditJob, first.gate())
    first.screen(job)
    (job,) = of(m.EditJob, second.gate())
    second.attempt(job)
    first.events += second.events
    (asked,) = first.under(policy(waves=(1,))).undecided
    assert isinstance(asked, m.JudgeJob)
    second.events += first.events
    assert second.under(policy(waves=(1,))).closed


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failed_edit_costs_an_attempt_under_any_policy() -> None:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    story.fail(job, "edit")
    (asked,) = story.under(policy(waves=(1, 1))).undecided
    assert isinstance(asked, m.EditJob)
    assert asked.attempt == 1


def test_an_edit_that_failed_and_was_made_all_the_same_is_as_the_director_took_it() -> None:
    story = Remembered(policy(waves=(1,)))
    (job,) = of(m.EditJob, story.gate())
    story.fail(job, "edit")
    story.screen(job)
    assert story.under(story.policy).closed
    assert story.under(story.policy).triplets == {}


def test_a_failed_judge_parks_its_request_under_any_policy() -> None:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    now = story.under(policy(waves=(1, 1)))
    assert (stages(now.undecided), stages(now.parked), now.closed) == ([], ["JudgeJob"], False)


def test_a_failed_screen_parks_its_request_under_any_policy() -> None:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    story.fail(story.candidate(job), "screen")
    now = story.under(policy(waves=(1, 1)))
    assert (stages(now.undecided), stages(now.parked)) == ([], ["Candidate"])


def test_a_failed_inverse_text_parks_only_where_the_same_winner_is_inverted() -> None:
    story = Remembered(policy(waves=(2,), inverts=True))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first, 4.75)
    (words,) = of(m.TextJob, story.attempt(second, 4.95))
    story.fail(words, "text")
    assert stages(story.under(policy(waves=(2,), inverts=True, forms=("zh",))).parked) == ["TextJob"]
    assert stages(story.under(policy(waves=(1,), inverts=True)).undecided) == ["TextJob"]


def test_a_redriven_failure_that_was_answered_is_that_answer() -> None:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    (again,) = of(m.JudgeJob, story.redrive(judgement.job_id))
    story.judge(again)
    now = story.under(policy(waves=(1,)))
    assert len(now.triplets) == 1
    assert now.closed
    assert [type(event).__name__ for event in now.events] == ["GateVerdict", "ScreenVerdict", "JudgeVerdict"]


def test_a_redriven_failure_that_nobody_answered_yet_is_undecided() -> None:
    story = Remembered(ONE_BY_ONE)
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    story.redrive(judgement.job_id)
    assert stages(story.under(policy(waves=(1,))).undecided) == ["JudgeJob"]
    assert stages(story.under(ONE_BY_ONE).undecided) == ["JudgeJob"]


def test_a_failed_gate_parks_the_whole_source() -> None:
    story = Remembered(ONE_BY_ONE)
    story.fail(story.source, "gate")
    assert stages(story.under(FIVE).parked) == ["Source"]


@pytest.mark.parametrize("failed_first", [True, False])
def test_an_answer_goes_before_a_failure_that_was_told_of_the_same_question(failed_first: bool) -> None:
    failing, answered = Remembered(changed(ONE_BY_ONE, name="a")), Remembered(changed(ONE_BY_ONE, name="b"))
    (job,) = of(m.EditJob, failing.gate())
    failing.fail(failing.candidate(job), "screen")
    (job,) = of(m.EditJob, answered.gate())
    answered.attempt(job)
    told = failing.events + answered.events if failed_first else answered.events + failing.events
    failing.events = told
    now = failing.under(policy(waves=(1,)))
    assert (len(now.triplets), now.closed) == (1, True)
