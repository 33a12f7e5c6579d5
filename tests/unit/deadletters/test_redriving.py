"""Redriving: a parked job is asked again, anything else goes back once, and nothing is done twice by doing it twice."""

import pytest

from infra.deadletters.reading import Wanted
from schemas import codec, topics
from schemas import messages as m
from schemas.topics import Topic
from streams import shelf
from tests.unit.deadletters.office import Office
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy

DECIDED = policy(inverts=True)
PROMPT = m.Prompt(
    campaign="c", prompt_id="p", text="a scene", style="", seed=0, width=64, height=64,
    requests=(m.Request(instruction="Remove it.", operation="remove"),),
)  # fmt: skip


@pytest.fixture
def office() -> Office:
    return Office(DECIDED)


@pytest.fixture
def story() -> Story:
    """The same source, told apart from the office: it makes the events that workers would."""
    return Story(DECIDED)


def gated(office: Office, story: Story) -> m.EditJob:
    (job,) = of(m.EditJob, story.gate())
    office.publish(m.GateVerdict(job=story.source, job_id=story.source.job_id, yes=True))
    return job


def screened(office: Office, story: Story) -> m.JudgeJob:
    job = gated(office, story)
    (judgement,) = of(m.JudgeJob, story.screen(job))
    candidate = story.candidate(job)
    office.publish(m.ScreenVerdict(job=candidate, job_id=candidate.job_id, measures={"looks.good": 1.0}))
    return judgement


def judged(job: m.JudgeJob) -> m.JudgeVerdict:
    return m.JudgeVerdict(job=job, job_id=job.job_id, adherence=4.8, aesthetics=4.8, by="critic@1")


# --- asking again -----------------------------------------------------------------------------------------------------


def test_a_judgement_that_fails_again_and_again_is_asked_until_it_is_answered(office: Office, story: Story) -> None:
    screened(office, story)
    retries = []
    for _ in range(3):
        (job,) = office.give_up_all(topics.JUDGE_JOBS)
        retries.append(job.retry)
        assert (office.states()[-1], len(office.plan.parked)) == ("parked", 1)
        office.redrive(Wanted(reason="too hard"))
        assert (office.states()[-1], office.plan.parked) == ("asked again", ())
    assert retries == [0, 1, 2]
    assert office.states() == ["asked again"] * 3
    (last,) = office.taken(topics.JUDGE_JOBS)
    office.publish(judged(codec.decode(topics.JUDGE_JOBS, last.value)))
    assert office.states() == ["answered"] * 3
    assert len(office.taken(topics.TEXT_JOBS)) == 1, "the plan goes on"


def test_several_letters_of_one_job_are_one_and_its_latest_try_counts(office: Office, story: Story) -> None:
    screened(office, story)
    office.give_up_all(topics.JUDGE_JOBS, "first")
    office.redrive()
    (second,) = office.give_up_all(topics.JUDGE_JOBS, "second")
    assert office.states() == ["failed again", "parked"]
    (step,) = office.redrive(Wanted(reason="first"))
    assert step.message is not None
    assert codec.decode(topics.VERDICTS, step.message.value) == m.Redrive(
        source_id=SOURCE_ID, job_id=second.job_id, retry=2
    )


def test_a_job_with_several_letters_is_asked_once(office: Office, story: Story) -> None:
    screened(office, story)
    (delivery,) = office.taken(topics.JUDGE_JOBS)
    for _ in range(2):
        office.give_up(delivery)
    steps = office.redrive()
    assert [step.sends for step in steps] == [True, False]
    assert len(office.taken(topics.JUDGE_JOBS)) == 1


def test_a_redrive_told_twice_asks_once(office: Office, story: Story) -> None:
    screened(office, story)
    office.give_up_all(topics.JUDGE_JOBS)
    once, twice = (list(office.redrive(dry=True)) for _ in range(2))
    assert once == twice
    office.bus.publish([step.message for step in (*once, *twice) if step.message])
    office.direct()
    assert len(office.taken(topics.JUDGE_JOBS)) == 1


def test_a_job_that_is_asked_already_is_left_alone(office: Office, story: Story) -> None:
    screened(office, story)
    office.give_up_all(topics.JUDGE_JOBS)
    office.redrive()
    (step,) = office.redrive()
    assert (step.deed, step.says) == ("nothing", "it was asked again before and has no answer yet")


@pytest.mark.parametrize("topic", [topics.SOURCES, topics.CANDIDATES, topics.TEXT_JOBS], ids=lambda t: str(t.name))
def test_every_stage_that_parks_can_be_asked_again(office: Office, story: Story, topic: Topic) -> None:
    if topic is topics.SOURCES:
        office.publish(story.source)
    elif topic is topics.CANDIDATES:
        office.publish(story.candidate(gated(office, story)))
    else:
        office.publish(judged(screened(office, story)))
    (first,) = office.give_up_all(topic)
    assert len(office.plan.parked) == 1
    (step,) = office.redrive()
    (again,) = office.taken(topic)
    asked = codec.decode(topic, again.value)
    assert (step.deed, asked.retry, asked.job_id != first.job_id) == ("ask", 1, True)


def test_a_failed_edit_is_refused_in_plain_words(office: Office, story: Story) -> None:
    gated(office, story)
    office.give_up_all(topics.EDIT_JOBS)
    (step,) = office.redrive()
    assert (office.states(), step.deed, step.sends) == (["lost attempt"], "refuse", False)
    assert "a failed edit costs one attempt and cannot be asked again" in step.says


def test_a_letter_may_be_read_before_the_director_knows(office: Office, story: Story) -> None:
    """The failure is told beside the letter; a redrive told before it is taken counts all the same."""
    judgement = screened(office, story)
    (edit,) = of(m.EditJob, Story(DECIDED).gate())
    office.lose(topics.EDIT_JOBS, codec.encode(edit.model_copy(update={"job_id": "another"})), "editor", "Reject")
    office.lose(topics.JUDGE_JOBS, codec.encode(judgement), "judge", "Reject")
    assert office.states() == ["lost attempt", "parked"]
    office.redrive()
    office.give_up_all(topics.JUDGE_JOBS)
    (again,) = office.taken(topics.JUDGE_JOBS)
    assert codec.decode(topics.JUDGE_JOBS, again.value).retry == 1


def test_the_screen_of_an_edit_that_stands_as_failed_is_no_longer_waited_for(office: Office, story: Story) -> None:
    job = gated(office, story)
    office.give_up_all(topics.EDIT_JOBS)
    office.publish(story.candidate(job))
    office.give_up_all(topics.CANDIDATES)
    assert office.states() == ["lost attempt", "lost attempt"]


def test_an_edit_that_somebody_else_made_is_answered(office: Office, story: Story) -> None:
    job = gated(office, story)
    (delivery,) = office.taken(topics.EDIT_JOBS)
    candidate = story.candidate(job)
    office.publish(m.ScreenVerdict(job=candidate, job_id=candidate.job_id))
    office.give_up(delivery)
    assert office.states() == ["answered"]


# --- putting back -----------------------------------------------------------------------------------------------------


def test_a_rejected_prompt_goes_back_once_and_more_often_only_if_one_insists(office: Office) -> None:
    office.publish(PROMPT)
    office.give_up_all(topics.PROMPTS)
    assert office.states() == ["parked"]
    assert [step.deed for step in office.redrive()] == ["put back"]
    assert office.states() == ["put back"]
    assert [step.deed for step in office.redrive()] == ["nothing"]
    assert len(office.taken(topics.PROMPTS)) == 1
    assert [step.deed for step in office.redrive(again=True)] == ["put back"]
    assert [codec.decode(topics.PROMPTS, one.value) for one in office.taken(topics.PROMPTS)] == [PROMPT]


def test_a_prompt_that_is_rejected_again_has_a_letter_of_its_own(office: Office) -> None:
    office.publish(PROMPT)
    for _ in range(2):
        office.give_up_all(topics.PROMPTS)
        office.redrive()
    assert office.states() == ["put back", "put back"]
    assert len(office.taken(topics.PROMPTS)) == 1


@pytest.mark.parametrize("yes", [True, False])
def test_a_prompt_that_was_drawn_after_all_is_answered(office: Office, yes: bool) -> None:
    office.publish(PROMPT)
    office.give_up_all(topics.PROMPTS)
    drawn = Story(DECIDED).source
    subject = drawn.subject.model_copy(update={"source_id": PROMPT.source_id})
    source = drawn.model_copy(update={"subject": subject})
    office.publish(m.GateVerdict(job=source, job_id=source.job_id, yes=yes))
    assert office.states() == ["answered"]
    assert [step.deed for step in office.redrive()] == ["nothing"]


def test_two_letters_of_the_same_message_put_it_back_once_and_are_both_settled(office: Office) -> None:
    office.publish(PROMPT)
    (delivery,) = office.taken(topics.PROMPTS)
    for _ in range(2):
        office.give_up(delivery)
    office.redrive()
    assert office.states() == ["put back", "put back"]
    assert len(office.taken(topics.PROMPTS)) == 1


def test_bytes_nobody_could_read_go_back_as_they_came(office: Office) -> None:
    office.lose(topics.JUDGE_JOBS, b"\xff\x00", "judge", "Undecodable")
    assert office.states() == ["undecodable"]
    office.redrive()
    (back,) = office.stored(topics.JUDGE_JOBS)
    assert (back.key, back.value, back.headers) == (SOURCE_ID, b"\xff\x00", {"trace": "t"})


def test_what_can_be_read_now_but_could_not_be_then_goes_back_too(office: Office, story: Story) -> None:
    """Nobody told the director that it failed, so a redrive of its job would lead to nothing."""
    judgement = screened(office, story)
    office.taken(topics.JUDGE_JOBS)
    office.lose(topics.JUDGE_JOBS, codec.encode(judgement), "judge", "Undecodable")
    assert office.states() == ["undecodable"]
    (step,) = office.redrive()
    assert (step.deed, step.says) == ("put back", "put the judgejob back on nhr.judge-jobs.v1")
    assert office.states() == ["put back"]
    assert len(office.taken(topics.JUDGE_JOBS)) == 1


def test_a_triplet_without_its_pictures_goes_back_until_it_is_shelved(office: Office) -> None:
    forward, _ = of(m.Triplet, Story(DECIDED).win(4.8))
    office.lose(topics.TRIPLETS, codec.encode(forward), "collector", "Missing", "image scratch/x is gone")
    assert office.states() == ["parked"]
    office.redrive()
    assert office.states() == ["put back"]
    assert len(office.taken(topics.TRIPLETS)) == 1
    office.desk.blobs.put(shelf.triplet_key(forward.triplet_id), b"shelved")
    assert office.states() == ["answered"]


def test_a_letter_that_names_no_topic_is_refused(office: Office) -> None:
    office.lose(Topic("elsewhere", None, str, 1, (), ()), b"\xff", "stranger", "Undecodable")
    (step,) = office.redrive()
    assert (step.deed, step.says) == ("refuse", "it does not say which topic it came from (origin 'elsewhere/0/0')")


# --- which, and how many ----------------------------------------------------------------------------------------------


def prompts(office: Office, count: int) -> None:
    """So many rejected prompts."""
    for number in range(count):
        office.publish(PROMPT.model_copy(update={"prompt_id": f"p{number}"}))
    office.give_up_all(topics.PROMPTS)


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(office: Office) -> None:
    prompts(office, 2)
    told = office.redrive(dry=True)
    assert office.states() == ["parked", "parked"]
    assert office.taken(topics.PROMPTS) == []
    assert office.redrive() == told


def test_a_limit_sends_the_oldest_first_and_the_rest_another_time(office: Office) -> None:
    prompts(office, 3)
    assert len(office.redrive(limit=2)) == 2
    assert office.states() == ["put back", "put back", "parked"]
    assert [step.deed for step in office.redrive(limit=2)] == ["nothing", "nothing", "put back"]
    assert len(office.taken(topics.PROMPTS)) == 3


def test_only_the_letters_wanted_are_redriven(office: Office) -> None:
    prompts(office, 3)
    office.redrive(Wanted((1,)))
    assert office.states() == ["parked", "put back", "parked"]


def test_more_letters_than_are_held_at_once_are_all_redriven(office: Office) -> None:
    office.bus.publish([codec.outgoing(PROMPT.model_copy(update={"seed": seed})) for seed in range(450)])
    for _ in range(5):
        office.give_up_all(topics.PROMPTS)
    assert len(office.redrive()) == 450
    assert set(office.states()) == {"put back"}


@pytest.mark.parametrize(("current", "deed"), [("c", "ask"), ("", "ask"), ("other", "refuse")])
def test_a_job_is_not_given_to_the_models_of_another_campaign(
    office: Office, story: Story, current: str, deed: str
) -> None:
    screened(office, story)
    office.give_up_all(topics.JUDGE_JOBS)
    office.current(current)
    (step,) = office.redrive()
    assert step.deed == deed
    assert deed == "ask" or "run `nhr mine --campaign c` first" in step.says


def test_a_crash_after_sending_only_sends_the_same_once_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object) -> bool:
        raise Crash

    prompts(office, 1)
    with monkeypatch.context() as broken:
        broken.setattr(office.desk.blobs, "put", crash)
        with pytest.raises(Crash):
            office.redrive()
    assert office.states() == ["parked"]
    office.redrive()
    first, second = office.taken(topics.PROMPTS)
    assert first.value == second.value
