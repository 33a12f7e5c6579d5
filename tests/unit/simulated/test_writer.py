"""The writer: short natural inverses, composites in one sentence, and every form."""

import re

import pytest

from schemas.errors import Reject
from schemas.messages import Prompt, Request
from schemas.ports import Task
from schemas.taxonomy import taxonomy
from tests.unit.simulated.makers import prompt, said, subject, text_job
from workers.plugin import Options
from workers.simulated.change import apply, parse, undo
from workers.simulated.phrases import join
from workers.simulated.reading import read_scene
from workers.simulated.scene import Scene
from workers.writers.simulated import FORMS, Writer

WRITER = Writer(Options())
FORBIDDEN = re.compile(r"\b(revert|undo|restore|back|again|original|previous)\b", re.IGNORECASE)


def written(of: Prompt, request: Request, form: str = "", kind: str = "") -> str:
    (text,) = WRITER.write([Task(text_job(of, request, form=form, kind=kind))])
    assert isinstance(text, str)
    return text


def settled(scene: Scene) -> Scene:
    return scene.model_copy(update={"things": tuple(sorted(scene.things, key=lambda thing: thing.kind))})


@pytest.mark.parametrize("number", range(0, 120, 3))
def test_an_inverse_is_one_short_natural_sentence(number: int) -> None:
    of = prompt(number)
    for request in of.requests:
        text = written(of, request)
        assert re.fullmatch(r"[A-Z].*\.", text), text
        assert not FORBIDDEN.search(text), text
        assert len(text) < 220


@pytest.mark.parametrize("number", range(60))
def test_undoing_an_edit_gives_the_scene_before_it(number: int) -> None:
    of = prompt(number)
    scene = read_scene(of.text, of.style, of.seed, of.width, of.height)
    for request in of.requests:
        change = parse(request.effect)
        assert change is not None
        if taxonomy().has_inverse(request.operation):
            assert settled(apply(apply(scene, change), undo(scene, change))) == settled(scene), request.instruction


def test_the_inverse_of_a_removal_names_the_attributes_of_the_removed_thing_only() -> None:
    of = said("a small red striped kite in the upper left and a grey cat on the right, before rolling hills")
    text = written(of, Request(instruction="Remove the kite.", operation="remove"))
    assert text.endswith("a small red striped kite in the upper left.")
    assert "cat" not in text


def test_the_inverse_of_an_addition_is_a_removal() -> None:
    of = said("a grey cat on the right, before rolling hills")
    text = written(of, Request(instruction="Add a blue tent on the left.", operation="add"))
    assert "tent" in text
    assert " left" not in text


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Add a cat.", "Remove the dog.", "Add a cat and remove the dog"),
        ("Add a cat.", "Could you remove the dog, please?", "Add a cat and remove the dog"),
        ("Paint it red, not blue.", "Please remove the dog.", "Paint it red, not blue, and remove the dog"),
        ("Add a cat and a dog.", "HDR look, please", "Add a cat and a dog, and also HDR look, please"),
    ],
)
def test_two_instructions_become_one_sentence(first: str, second: str, expected: str) -> None:
    joined = join(first, second)
    assert joined[0].upper() + joined[1:] == expected


def test_a_composite_says_the_inverse_of_the_first_and_the_second_edit() -> None:
    of = said("a grey cat on the right and a red car on the left, before rolling hills")
    job = text_job(
        of,
        Request(instruction="Remove the cat.", operation="remove"),
        other=Request(instruction="Paint the car blue.", operation="recolor"),
        inverse="Add a grey cat on the right.",
    )
    assert WRITER.write([Task(job)]) == ["Add a grey cat on the right and paint the car blue."]


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("kind", ["forward", "inverse", "composite"])
def test_every_form_of_every_kind_fits_its_message(form: str, kind: str) -> None:
    for number in range(30):
        of = prompt(number)
        job = text_job(of, of.requests[0], other=of.requests[1] if kind == "composite" else None, form=form, kind=kind)
        (text,) = WRITER.write([Task(job)])
        assert isinstance(text, str)
        assert 4 <= len(text.encode()) <= 1024
        assert "\n" not in text


def test_the_chinese_form_is_chinese() -> None:
    for number in range(60):
        of = prompt(number)
        for request in of.requests:
            text = written(of, request, form="zh", kind="forward")
            assert text.endswith("。")
            assert not re.search(r"[a-z]{2,}", text), text


def test_the_short_form_is_shorter_than_the_long_one() -> None:
    of = prompt(0)
    for request in of.requests:
        assert len(written(of, request, form="short", kind="forward")) < len(
            written(of, request, form="long", kind="forward")
        )


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    of = prompt(0)
    (answer,) = WRITER.write([Task(text_job(of, of.requests[0], form="haiku"))])
    assert isinstance(answer, Reject)
    assert "rewritten" in str(answer)


def test_photographs_are_refused() -> None:
    of = prompt(0)
    job = text_job(of, of.requests[0]).model_copy(
        update={"subject": subject(of).model_copy(update={"origin": "photo"})}
    )
    assert isinstance(WRITER.write([Task(job)])[0], Reject)
