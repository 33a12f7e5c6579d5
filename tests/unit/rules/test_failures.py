"""The plan, rule 8 of the design: what a failure costs, what it holds up, and how it is lifted."""

from schemas import messages as m
from tests.unit.rules.telling import Story, of, policy


def test_a_failed_edit_costs_an_attempt() -> None:
    story = Story(policy(waves=(1, 1)))
    (first,) = of(m.EditJob, story.gate())
    (second,) = of(m.EditJob, story.fail(first, "edit"))
    assert second.attempt == 1
    assert story.plan.parked == ()


def test_when_every_edit_failed_the_request_is_given_up() -> None:
    story = Story(policy(waves=(1,)))
    (job,) = of(m.EditJob, story.gate())
    assert story.fail(job, "edit") == []
    assert story.plan.closed


def test_an_edit_that_failed_stays_failed_whatever_is_said_of_it_later() -> None:
    story = Story(policy(waves=(1,)))
    (job,) = of(m.EditJob, story.gate())
    story.fail(job, "edit")
    assert story.screen(job) == []


def test_an_edit_that_was_made_stays_made_whatever_failure_is_told_later() -> None:
    story = Story(policy(waves=(1, 1)))
    (job,) = of(m.EditJob, story.gate())
    story.screen(job)
    assert story.fail(job, "edit") == []


def test_a_failed_judge_parks_its_request_and_the_others_go_on() -> None:
    story = Story(policy(waves=(1, 1)), "remove", "add")
    first, second = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(first))
    assert story.fail(judgement, "judge") == []
    assert (len(story.plan.parked), story.plan.closed) == (1, False)
    assert len(of(m.Triplet, story.attempt(second))) == 1


def test_a_redrive_asks_a_parked_judgement_again() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    (again,) = of(m.JudgeJob, story.redrive(judgement.job_id))
    assert (again.retry, again.triplet_id, again.after) == (1, judgement.triplet_id, judgement.after)
    assert again.job_id != judgement.job_id
    assert len(of(m.Triplet, story.judge(again))) == 1
    assert story.plan.closed


def test_a_redrive_that_fails_again_parks_again_until_the_next() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    (again,) = of(m.JudgeJob, story.redrive(judgement.job_id, 1))
    assert story.fail(again, "judge") == []
    (once_more,) = of(m.JudgeJob, story.redrive(again.job_id, 2))
    assert once_more.retry == 2


def test_a_redrive_told_before_its_failure_counts_all_the_same() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    assert story.redrive(judgement.job_id) == []
    (again,) = of(m.JudgeJob, story.fail(judgement, "judge"))
    assert again.retry == 1


def test_a_failed_gate_parks_the_source_and_a_redrive_sends_it_there_again() -> None:
    story = Story(policy())
    assert story.fail(story.source, "gate") == []
    assert len(story.plan.parked) == 1
    (again,) = of(m.Source, story.redrive(story.source.job_id))
    assert (again.subject, again.retry) == (story.source.subject, 1)
    new = story.tell(m.GateVerdict(job=again, job_id=again.job_id, yes=True))
    assert len(of(m.EditJob, new)) == 1


def test_a_failed_screen_is_shown_the_same_picture_again() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    candidate = story.candidate(job)
    assert story.fail(candidate, "screen") == []
    (again,) = of(m.Candidate, story.redrive(candidate.job_id))
    assert again == story.candidate(job, retry=1)
    assert len(of(m.JudgeJob, story.screen(job, retry=1))) == 1


def test_a_failed_inverse_text_holds_the_forward_triplet_back() -> None:
    story = Story(policy(inverts=True))
    (job,) = of(m.EditJob, story.gate())
    (words,) = of(m.TextJob, story.attempt(job))
    assert story.fail(words, "text") == []
    assert len(story.plan.parked) == 1
    (again,) = of(m.TextJob, story.redrive(words.job_id))
    (judgement,) = of(m.JudgeJob, story.write(again))
    assert len(of(m.Triplet, story.judge(judgement))) == 2


def test_a_failed_form_holds_only_its_triplet_back() -> None:
    story = Story(policy(inverts=True, forms=("zh",)))
    (job,) = of(m.EditJob, story.gate())
    forward, inverse = sorted(of(m.TextJob, story.invert(story.attempt(job))), key=lambda asked: asked.kind)
    story.fail(inverse, "text")
    (triplet,) = of(m.Triplet, story.write(forward))
    assert triplet.kind == "forward"
    assert len(story.plan.parked) == 1


def test_the_first_answer_told_of_a_job_stands() -> None:
    story = Story(policy())
    (job,) = of(m.EditJob, story.gate())
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.judge(judgement, 1.0)
    assert story.judge(judgement, 5.0) == []
    assert story.gate(yes=False) == []
