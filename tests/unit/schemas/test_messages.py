"""What a message may hold: every text has its limit, in bytes where languages differ."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import messages as m
from schemas import topics
from tests.golden import samples

LIMITS = [
    *[(samples.PROMPT, "text", 4096), (samples.SUBJECT, "text", 4096)],
    *[(one, "instruction", 1024) for one in (samples.REQUEST, samples.JUDGE_JOB, samples.TEXT_JOB, samples.TRIPLET)],
    *[(samples.TRIPLET.edits[0], "instruction", 1024), (samples.TEXT_ANSWER, "text", 1024)],
    *[(samples.TEXT_JOB, "inverse", 1024), (samples.REQUEST, "effect", 512)],
    *[(one, "reason", 1024) for one in (samples.GATE_VERDICT, samples.SCREEN_VERDICT, samples.JUDGE_VERDICT)],
    (samples.FAILURE, "reason", 1024),
]
LIMIT_NAMES = [f"{type(message).__name__}.{field}" for message, field, _ in LIMITS]
PARTS = {m.ImageRef, m.Bar, m.Request, m.Subject, m.Meter, m.Scores, m.Edit}


def changed(message: m.Message, **fields: object) -> m.Message:
    """The message with other fields, checked anew."""
    return type(message).model_validate({**dict(message), **fields})


@pytest.mark.parametrize(("message", "field", "limit"), LIMITS, ids=LIMIT_NAMES)
def test_a_text_may_be_as_long_as_its_limit_in_bytes(message: m.Message, field: str, limit: int) -> None:
    text = "界" * (limit // 3) + "x" * (limit % 3)
    assert getattr(changed(message, **{field: text}), field) == text


@pytest.mark.parametrize(("message", "field", "limit"), LIMITS, ids=LIMIT_NAMES)
def test_a_text_one_byte_over_its_limit_is_refused(message: m.Message, field: str, limit: int) -> None:
    with pytest.raises(ValidationError, match=f"longer than {limit} bytes"):
        changed(message, **{field: "界" * (limit // 3) + "x" * (limit % 3 + 1)})


@pytest.mark.parametrize(("message", "field", "limit"), LIMITS, ids=LIMIT_NAMES)
def test_a_text_with_half_a_character_is_refused(message: m.Message, field: str, limit: int) -> None:
    with pytest.raises(ValidationError, match=r"half a character|unicode string"):
        changed(message, **{field: "half a character: \ud83d"})


def test_a_further_form_of_an_instruction_is_limited_like_the_instruction() -> None:
    with pytest.raises(ValidationError, match="longer than 1024 bytes"):
        changed(samples.TRIPLET, texts={"zh": "界" * 342})


def _swollen(tree: Any) -> Iterator[tuple[str, Any]]:
    """The raw message over and over, each time with another one of its texts far too long."""
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list | tuple) else ()
    for name, branch in branches:
        if isinstance(branch, str):
            yield str(name), _with(tree, name, "x" * 70_000)
        for where, grown in _swollen(branch):
            yield f"{name}.{where}", _with(tree, name, grown)


def _with(tree: Any, name: Any, value: Any) -> Any:
    if isinstance(tree, dict):
        return {**tree, name: value}
    return [value if at == name else old for at, old in enumerate(tree)]


def _accepted(message: type[m.Message], raw: object) -> bool:
    try:
        message.model_validate(raw)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(samples.MESSAGES))
def test_no_text_anywhere_in_a_message_is_without_a_limit(name: str) -> None:
    swollen = _swollen(samples.MESSAGES[name].model_dump())
    endless = [where for where, raw in swollen if _accepted(type(samples.MESSAGES[name]), raw)]
    assert endless == []


@pytest.mark.parametrize("score", [0.99, 5.01, float("nan"), float("inf")])
@pytest.mark.parametrize("field", ["adherence", "aesthetics", "preservation"])
def test_a_score_outside_1_to_5_is_refused(field: str, score: float) -> None:
    with pytest.raises(ValidationError):
        changed(samples.JUDGE_VERDICT, **{field: score})


@pytest.mark.parametrize("count", [0, 33])
@pytest.mark.parametrize("message", [samples.PROMPT, samples.SOURCE], ids=["prompt", "source"])
def test_a_source_is_asked_1_to_32_edits(message: m.Message, count: int) -> None:
    with pytest.raises(ValidationError):
        changed(message, requests=(samples.REQUEST,) * count)


@pytest.mark.parametrize("message", samples.MESSAGES.values(), ids=samples.MESSAGES)
def test_a_message_cannot_be_changed(message: m.Message) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, next(iter(type(message).model_fields)), "other")


@pytest.mark.parametrize("sha", ["", "g" * 64, "A" * 64, "0" * 63, "0" * 65])
def test_a_claim_check_needs_a_whole_hash(sha: str) -> None:
    with pytest.raises(ValidationError):
        changed(samples.DRAWN, sha256=sha)


@pytest.mark.parametrize(
    ("bar", "inside", "outside"),
    [
        (m.Bar(min=1.0), [1.0, 9.0], [0.999, float("nan")]),
        (m.Bar(max=1.0), [1.0, -9.0], [1.001, float("nan")]),
        (m.Bar(min=0.0, max=1.0), [0.0, 0.5, 1.0], [-0.1, 1.1, float("nan")]),
        (m.Bar(), [float("-inf"), 0.0], [float("nan")]),
    ],
)
def test_a_bar_holds_what_lies_between_its_ends(bar: m.Bar, inside: list[float], outside: list[float]) -> None:
    assert all(bar.holds(value) for value in inside)
    assert not any(bar.holds(value) for value in outside)


def test_the_geometric_mean_is_the_papers() -> None:
    assert m.Scores(adherence=4.0, aesthetics=2.25).geometric_mean == 3.0


def test_the_jobs_of_gate_and_screen_are_named_anew_when_redriven() -> None:
    assert samples.SOURCE.job_id != samples.SOURCE.model_copy(update={"retry": 2}).job_id
    assert samples.CANDIDATE.job_id != samples.CANDIDATE.model_copy(update={"retry": 2}).job_id


def test_a_subject_is_found_wherever_a_message_nests_it() -> None:
    found = {type(message).__name__: m.subject_of(message) for message in samples.MESSAGES.values()}
    without = {name for name, subject in found.items() if subject is None}
    assert without == {"Prompt", "Failure", "Redrive"}
    assert {subject for subject in found.values() if subject} == {samples.SUBJECT}


def test_every_message_class_travels_or_is_a_part_of_one_that_does() -> None:
    classes = {cls for _, cls in inspect.getmembers(m, inspect.isclass) if issubclass(cls, m.Message)}
    assert classes - {m.Message} == set(topics.HOME) | PARTS
