"""The judge on a vision model: what it shows and asks, and how strictly it reads."""

import json

import pytest

from schemas.errors import Reject, Retry
from schemas.messages import JudgeJob
from schemas.ports import Billed, Judged, Usage
from schemas.taxonomy import taxonomy
from tests.unit.language.roles import SECRET, Judge, judgement, noted, pictures, scores, sent, words
from workers.language.asking import Blocked, Reply
from workers.language.wording import operations, revision, rubric

FIELDS = ["InstructionAdherence", "ImageAesthetic"]


def test_the_papers_answer_is_read_as_it_is() -> None:
    (judged,) = Judge('{"InstructionAdherence": 4.3, "ImageAesthetic": 2.8}').results(judgement())
    assert judged == Judged(adherence=4.3, aesthetics=2.8)


def test_the_papers_format_is_asked_for_with_strict_bounds() -> None:
    judge = Judge(scores())
    judge.results(judgement())
    schema = judge.chat.asked[0].schema
    assert schema is not None
    assert list(schema["properties"]) == schema["required"] == FIELDS
    assert all((field["minimum"], field["maximum"]) == (1.0, 5.0) for field in schema["properties"].values())
    assert '{"InstructionAdherence": 4.3, "ImageAesthetic": 2.8}' in judge.chat.asked[0].system


@pytest.mark.parametrize(("kind", "order"), [("forward", 0), ("inverse", 0), ("composite", 0)])
def test_before_and_after_are_shown_in_this_order_with_the_jobs_own_instruction(kind: str, order: int) -> None:
    judge, task = Judge(scores()), judgement(kind, other="add" if kind == "composite" else "")
    judge.results(task)
    question = judge.chat.asked[0]
    labels = [part for part in question.parts if isinstance(part, str)]
    assert labels[order] == "Before the edit:"
    assert labels[1] == "After the edit:"
    for shown, image in zip(pictures(question), task.images, strict=True):
        assert abs(shown.astype(float) - image.pixels).mean() < 4
    assert '"Make the boat blue."' in labels[2]


@pytest.mark.parametrize(
    "said",
    [
        scores(5.1), scores(0.9), scores(0), scores("4.3"), scores(True), scores(None), scores([4.3]),
        '{"InstructionAdherence": NaN, "ImageAesthetic": 2.8}', '{"InstructionAdherence": 1e999, "ImageAesthetic": 3}',
        '{"InstructionAdherence": 4.3}', '{"ImageAesthetic": 4.3}', "{}", "", "[4.3, 2.8]", "4.3", "null",
        "```json\n" + scores()[:-4] + "\n```", scores()[:-1], "Scores: " + scores(),
        '{"InstructionAdherence": 4.3, "InstructionAdherence": 4.9, "ImageAesthetic": 2.8}',
    ],
)  # fmt: skip
def test_what_is_not_two_scores_is_asked_again_and_then_fails_but_never_scores_low(said: str) -> None:
    judge = Judge(said, tries=3)
    (result,) = judge.results(judgement())
    assert isinstance(result, Reject)
    assert "unreadable 3 times" in str(result)
    assert len(judge.chat.asked) == 3


def test_an_answer_that_ran_out_of_room_is_asked_again() -> None:
    judge = Judge(Reply(scores(), cut=True), scores(4.9, 4.8))
    assert judge.results(judgement()) == [Judged(4.9, 4.8)]


def test_a_second_answer_that_can_be_read_counts_and_both_are_paid() -> None:
    judge = Judge(scores("4.3"), scores(4.3, 2.8))
    (billed,) = judge.judge([judgement()])
    assert billed == Billed(Judged(4.3, 2.8), Usage(20, 4, 1.0))


def test_a_clean_fence_does_no_harm() -> None:
    assert Judge(f"```json\n{scores()}\n```").results(judgement()) == [Judged(4.3, 2.8)]


def test_a_block_is_its_own_reason_and_is_not_asked_again() -> None:
    judge = Judge(Blocked("blocked: SAFETY"))
    (result,) = judge.results(judgement())
    assert isinstance(result, Blocked)
    assert str(result) == "blocked: SAFETY"
    assert len(judge.chat.asked) == 1


def test_a_service_that_is_away_is_no_answer() -> None:
    (result,) = Judge(Retry("429", after_s=7)).results(judgement())
    assert isinstance(result, Retry)
    assert result.after_s == 7


# --- passes -----------------------------------------------------------------------------------------------------------


def test_several_passes_are_averaged_with_their_spread() -> None:
    judge = Judge(scores(4.0, 3.0), scores(5.0, 3.0), passes=2)
    (judged,) = judge.results(judgement())
    assert (judged.adherence, judged.aesthetics) == (4.5, 3.0)
    assert judged.measures == {"judge.adherence_spread": 0.5, "judge.aesthetics_spread": 0.0, "judge.passes": 2.0}


def test_passes_differ_in_their_seed_and_are_not_asked_at_temperature_nought() -> None:
    judge = Judge(scores(), passes=8, variety=0.6)
    judge.results(judgement())
    seeds = [question.seed for question in judge.chat.asked]
    assert len(set(seeds)) == 8
    assert {question.temperature for question in judge.chat.asked} == {0.6}


def test_one_pass_is_asked_at_its_own_temperature() -> None:
    judge = Judge(scores())
    judge.results(judgement())
    assert judge.chat.asked[0].temperature == 0.0


def test_a_pass_that_was_read_is_not_paid_for_again_when_a_later_one_is_unreadable() -> None:
    judge = Judge(scores(4.0, 4.0), "nonsense", scores(5.0, 5.0), passes=2)
    (billed,) = judge.judge([judgement()])
    assert isinstance(billed.result, Judged)
    assert billed.result.adherence == 4.5
    assert len(judge.chat.asked) == 3


def test_jobs_of_one_batch_keep_their_passes_apart() -> None:
    judge = Judge(lambda question: scores(4.0 if "blue" in words(question) else 2.0), passes=3)
    green = judgement(job_id="k")
    job = green.job.model_copy(update={"instruction": "Make it green."})
    one, other = judge.results(judgement(), type(green)(job, green.images))
    assert (one.adherence, other.adherence) == (4.0, 2.0)


def test_means_stay_within_the_range() -> None:
    (judged,) = Judge(scores(5.0, 1.0), passes=7).results(judgement())
    assert (judged.adherence, judged.aesthetics) == (5.0, 1.0)


# --- preservation, reasons --------------------------------------------------------------------------------------------


def test_preservation_is_a_third_score_where_it_is_asked_for() -> None:
    judge = Judge(scores(Preservation=3.9), preservation=True)
    assert judge.results(judgement()) == [Judged(4.3, 2.8, preservation=3.9)]
    assert "Preservation" in judge.chat.asked[0].system


def test_preservation_is_not_mentioned_where_it_is_not_asked_for() -> None:
    judge = Judge(scores())
    judge.results(judgement())
    assert "Preservation" not in words(judge.chat.asked[0]) + json.dumps(judge.chat.asked[0].schema)


def test_missing_preservation_is_unreadable() -> None:
    assert isinstance(Judge(scores(), preservation=True).results(judgement())[0], Reject)


@pytest.mark.parametrize(("where", "order"), [("before", ["Reason", *FIELDS]), ("after", [*FIELDS, "Reason"])])
def test_a_reason_is_thought_of_before_the_scores_or_after_them(where: str, order: list[str]) -> None:
    judge = Judge(scores(Reason="A smear\nis left."), reason=where)
    assert judge.results(judgement()) == [Judged(4.3, 2.8, reason="A smear is left.")]
    schema = judge.chat.asked[0].schema
    assert schema is not None
    assert list(schema["properties"]) == order


def test_the_reason_of_several_passes_is_that_of_the_pass_nearest_to_their_mean() -> None:
    says = (scores(1.0, 1.0, Reason="bad"), scores(4.0, 4.0, Reason="fair"), scores(4.5, 4.5, Reason="good"))
    (judged,) = Judge(*says, passes=3, reason="after").results(judgement())
    assert judged.reason == "fair"


# --- what it is shown -------------------------------------------------------------------------------------------------


def test_neither_a_pictures_note_nor_the_effect_reaches_the_model() -> None:
    judge, task = Judge(scores()), judgement()
    assert task.images[0].note == task.job.request.effect == SECRET
    judge.results(task)
    assert SECRET.encode() not in sent(judge.chat.asked[0])
    assert b"truth" not in sent(judge.chat.asked[0])


def test_what_is_sent_does_not_depend_on_notes() -> None:
    judge, task = Judge(scores()), judgement()
    judge.results(task, noted(task, ""))
    assert sent(judge.chat.asked[0]) == sent(judge.chat.asked[1])


def test_pictures_are_no_longer_than_the_option_says() -> None:
    judge = Judge(scores(), side=64)
    judge.results(judgement())
    assert {max(picture.shape) for picture in pictures(judge.chat.asked[0])} == {64}


def test_every_group_of_operations_has_a_rubric_of_its_own() -> None:
    groups = {operation.group: name for name, operation in taxonomy().operations.items()}
    assert len({rubric(name) for name in groups.values()} - {rubric("unheard-of")}) == len(groups)


def test_the_rubric_follows_the_operation() -> None:
    judge = Judge(scores())
    for operation in ("recolor", "style"):
        judge.results(judgement(operation=operation))
    first, second = (words(question) for question in judge.chat.asked)
    assert rubric("recolor") in first
    assert rubric("style") in second
    assert rubric("style") not in first


def job(kind: str, operation: str, other: str = "") -> JudgeJob:
    return judgement(kind, operation, other).job


def test_an_inverse_is_judged_as_what_undoes_the_request() -> None:
    assert operations(job("inverse", "monochrome")) == ("colorize",)


def test_a_composite_is_judged_as_both_parts_and_as_a_whole() -> None:
    assert operations(job("composite", "add", other="style")) == ("composite", "remove", "style")
    assert rubric("composite", "remove", "style").startswith(rubric("composite"))


def test_another_word_in_a_prompt_is_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    from workers.language import wording

    usual = revision("judge", "rubrics")
    raw = wording._raw("judge")
    monkeypatch.setattr(wording, "_raw", lambda _name: {**raw, "ask": raw["ask"] + " Mind."})
    assert wording.revision("judge", "rubrics") != usual
