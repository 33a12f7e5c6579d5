"""Writers are held to the rules by code: what breaks one is asked for again with the reason, then the job fails."""

import json
from typing import Any

import pytest

from schemas.errors import Reject, Retry
from schemas.messages import Request, TextJob
from schemas.ports import Info, Task
from tests.golden import samples
from tests.unit.language.chats import PAID, Say, Scripted
from tests.unit.language.roles import PAIR, pictures, words
from workers.language.asking import Blocked, Chat
from workers.language.writing import LlmWriter, WritingOptions, fault

FORWARD = "Make the wooden boat red."
INVERSE = "Paint the red boat a weathered brown."
OTHER = "Add a white lantern on the jetty."


class Writer(LlmWriter[WritingOptions]):
    """A writer whose chat is given."""

    INFO = Info(summary="writes through a given chat")

    def __init__(self, *says: Say, **options: object) -> None:
        super().__init__(WritingOptions.model_validate({"model": "fake-1", **options}))
        self.chat = Scripted(*says)
        self.load()

    def connect(self) -> Chat:
        return self.chat

    def results(self, *tasks: Task[TextJob]) -> list[Any]:
        return [billed.result for billed in self.write(tasks)]


def job(task: str = "inverse", form: str = "", kind: str = "forward", **change: Any) -> TextJob:
    told: dict[str, Any] = {
        "task": task, "form": form, "kind": kind if task == "form" else task, "instruction": FORWARD,
        "request": Request(instruction=FORWARD, operation="recolor", effect='{"secret": 1}'), "other": None,
        "inverse": "", "subject": samples.TEXT_JOB.subject.model_copy(update={"text": "Oil: a wooden boat on a lake"}),
    }  # fmt: skip
    if task == "composite":
        told |= {"inverse": INVERSE, "other": Request(instruction=OTHER, operation="add")}
    return TextJob.model_validate({**samples.TEXT_JOB.model_dump(), **told, **change})


def asked(task: TextJob, pair: bool = True) -> Task[TextJob]:
    return Task(task, PAIR if pair else ())


def says(text: object) -> str:
    return json.dumps({"instruction": text})


def form(name: str) -> TextJob:
    return job("form", name)


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_an_inverse_is_written_from_the_prompt_and_the_instruction() -> None:
    writer = Writer(says(INVERSE))
    assert writer.results(asked(job())) == [INVERSE]
    (question,) = writer.chat.asked
    told = words(question)
    assert '"Oil: a wooden boat on a lake"' in told
    assert f'"{FORWARD}"' in told
    assert "secret" not in told
    assert pictures(question) == []
    assert question.temperature == 0.0


def test_pictures_are_shown_where_they_are_wanted() -> None:
    writer = Writer(says(INVERSE), pictures=True)
    writer.results(asked(job()), asked(job(), pair=False))
    assert sorted(len(pictures(question)) for question in writer.chat.asked) == [0, 2]


def test_rewriting_sees_both_pictures_and_cannot_do_without() -> None:
    writer = Writer(says("Paint the whole boat by the jetty bright red."))
    done, refused = writer.results(asked(form("rewritten")), asked(form("rewritten"), pair=False))
    assert done.startswith("Paint the whole boat")
    assert isinstance(refused, Reject)
    assert "has not both" in str(refused)
    assert [len(pictures(question)) for question in writer.chat.asked] == [2]


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (job("composite"), "Paint the red boat brown and add a white lantern on the jetty."),
        (form("short"), "Red boat."),
        (form("long"), "Repaint the wooden boat on the lake in a bright, even red, and leave all else as it is."),
        (form("zh"), "把木船涂成红色。"),
        (job("form", "en", instruction="把木船涂成红色。"), "Paint the wooden boat red, please."),
        (job(instruction="把木船涂成红色。"), "把红色的小船涂成棕色的木头颜色。"),
    ],
    ids=["composite", "short", "long", "zh", "en", "inverse of a Chinese instruction"],
)  # fmt: skip
def test_each_task_and_form_is_written(task: TextJob, text: str) -> None:
    assert Writer(says(text)).results(asked(task)) == [text]


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (job("form", "limerick"), "there is no form 'limerick'; there are: short, long, zh, en, rewritten"),
        (job("composite", inverse=""), "a composite needs the inverse"),
        (job("composite", other=None), "a composite needs the inverse"),
    ],
)
def test_a_job_that_can_never_be_done_is_not_asked(task: TextJob, why: str) -> None:
    writer = Writer(says(INVERSE))
    (result,) = writer.results(asked(task))
    assert isinstance(result, Reject)
    assert why in str(result)
    assert writer.chat.asked == []


# --- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "text", "why"),
    [
        (job(), "", "is empty"),
        (job(), "?!", "says nothing"),
        (job(), "Paint it. " + "x" * 1100, "longer than 1 KiB"),
        (job(), "Revert the boat to brown.", "says 'Revert'"),
        (job(), "Paint the boat brown again.", "says 'again'"),
        (job(), "Turn the boat back to brown.", "says 'back'"),
        (job(), "make the wooden BOAT red", "the same as the instruction"),
        (job(), "Paint the boat " + "very " * 40 + "brown.", "more than 32"),
        (job(), "Brown.", "fewer than 2"),
        (job(), "把船涂成棕色", "not in English"),
        (job(instruction="把船涂红"), "Paint the boat brown.", "not in Simplified Chinese"),
        (job(instruction="把船涂红"), "把船恢复成棕色", "says '恢复'"),
        (job("composite"), INVERSE, "the same as the inverse"),
        (job("composite"), "Paint the red boat weathered brown.", "leaves out 'Add a white lantern"),
        (job("composite"), "Put a white lantern onto that jetty.", "leaves out 'Paint the red boat"),
        (form("short"), "Make the wooden boat there by the shore red.", "is longer than the instruction"),
        (form("long"), "Red boat, please.", "fewer than 12"),
        (form("zh"), "Paint the boat red.", "not in Simplified Chinese"),
        (form("zh"), "把船改回红色", "says '改回'"),
        (form("rewritten"), FORWARD, "the same as the instruction"),
    ],
)  # fmt: skip
def test_a_text_that_breaks_a_rule_is_found(task: TextJob, text: str, why: str) -> None:
    assert why in fault(task, task.form or task.task, text)


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (job(), "Write \"Back soon\" on the wooden door."),
        (job("form", "short", instruction="Restore this old photograph."), "Restore this photo."),
        (
            job("composite", other=Request(instruction="Restore the torn corner.", operation="restore")),
            "Paint the red boat brown and restore the torn corner.",
        ),
        (form("short"), FORWARD),
    ],
    ids=["quoted", "said by the instruction", "said by a part", "short already"],
)  # fmt: skip
def test_what_may_be_said_is_not_taken_for_a_fault(task: TextJob, text: str) -> None:
    assert fault(task, task.form or task.task, text) == ""


def test_what_breaks_a_rule_is_asked_for_again_with_the_reason() -> None:
    writer = Writer(says("Turn the boat back to brown."), says(INVERSE))
    (billed,) = writer.write([asked(job())])
    assert billed.result == INVERSE
    assert billed.usage == PAID.plus(PAID)
    first, second = (words(question) for question in writer.chat.asked)
    assert "cannot be used" not in first
    assert 'You wrote: "Turn the boat back to brown."' in second
    assert "says 'back'" in second


@pytest.mark.parametrize(
    "text", [says("Undo the red paint."), "Sure! Paint it.", '{"text": "Paint it."}', says(5), says(None), "[]"]
)
def test_what_never_gets_right_fails_after_so_many_tries(text: str) -> None:
    writer = Writer(text, tries=2)
    (result,) = writer.results(asked(job()))
    assert isinstance(result, Reject)
    assert "was unreadable 2 times" in str(result)
    assert "\n" not in str(result)
    assert len(writer.chat.asked) == 2


def test_one_jobs_fault_is_not_held_against_another() -> None:
    def by_rote(question: Any) -> str:
        told = words(question)
        return says("Undo it." if "a fence" in told and "cannot be used" not in told else INVERSE)

    tasks = [asked(job(job_id=f"j{at}", instruction=f"Paint {what}.")) for at, what in enumerate(("a fence", "a car"))]
    writer = Writer(by_rote)
    assert writer.results(*tasks) == [INVERSE, INVERSE]
    assert sum("cannot be used" in words(question) for question in writer.chat.asked) == 1


def test_a_block_and_an_outage_stand_in_the_place_of_their_task() -> None:
    (blocked,) = Writer(Blocked("safety")).results(asked(job()))
    (away,) = Writer(Retry("busy")).results(asked(job()))
    assert isinstance(blocked, Blocked)
    assert isinstance(away, Retry)
