"""Instructions, inverses and composites read well and never say what is forbidden."""

import re

import pytest

from schemas.errors import Reject
from schemas.taxonomy import taxonomy
from tests.unit.photographic.scenes import photograph, request, text
from tests.unit.photographic.table import EFFECTS, name
from workers.photographic.choosing import PROPOSALS, fitting
from workers.photographic.effect import Effect
from workers.photographic.wording import FORMS, Direction, form, joined, place, say, variants
from workers.plugin import Options
from workers.writers.classic import Writer

EACH = pytest.mark.parametrize("effect", EFFECTS, ids=name)
FORBIDDEN = re.compile(r"revert|undo|undone|restore|back|original|again|previous", re.IGNORECASE)


def write(task: object) -> str:
    (found,) = Writer(Options()).write([task])  # type: ignore[list-item]
    if isinstance(found, Reject):
        raise found
    return found


def wordings(effect: Effect, direction: Direction) -> set[str]:
    return {say(effect, direction, str(number)) for number in range(60)}


def test_every_proposal_has_words_and_every_wording_a_proposal() -> None:
    assert {(p.operation, p.variant) for p in PROPOSALS} == set(variants())
    assert {(e.operation, e.variant) for e in EFFECTS} == set(variants())


@EACH
def test_there_are_several_ways_to_ask(effect: Effect) -> None:
    found = wordings(effect, "forward")
    assert len(found) >= 2
    assert all(text.endswith(".") and "{" not in text and text[0].isupper() for text in found)


@EACH
def test_inverses_exist_where_the_taxonomy_says_so_and_name_what_to_do(effect: Effect) -> None:
    if not taxonomy().has_inverse(effect.operation):
        with pytest.raises(Reject, match="no inverse"):
            say(effect, "inverse", "x")
        return
    found = wordings(effect, "inverse")
    assert len(found) >= 2
    assert not [text for text in found if FORBIDDEN.search(text)]


@EACH
@pytest.mark.parametrize("direction", ["forward", "inverse"])
@pytest.mark.parametrize("shape", FORMS)
def test_every_form_can_be_written(effect: Effect, direction: Direction, shape: str) -> None:
    if direction == "inverse" and not taxonomy().has_inverse(effect.operation):
        return
    start = say(effect, direction, "x")
    found = form(effect, direction, shape, start)
    assert found
    assert "{" not in found
    assert (found != start) == (shape != "rewritten" or found != start)
    if shape == "short":
        assert len(found) <= 45
    if shape == "zh":
        assert re.search(r"[\u4e00-\u9fff]", found)
        assert found.endswith("。")
    if direction == "inverse":
        assert not FORBIDDEN.search(found)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(Reject, match="no form 'sonnet'; it has short, long, rewritten, zh"):
        write(text(request(EFFECTS[0]), "form", form="sonnet"))


def test_the_same_job_gets_the_same_words() -> None:
    assert write(text(request(EFFECTS[0]))) == write(text(request(EFFECTS[0])))


def test_a_composite_is_one_sentence_of_the_inverse_and_the_other() -> None:
    warm, frame = (next(e for e in EFFECTS if e.operation == operation) for operation in ("color_temperature", "frame"))
    other = request(frame, "Frame the photo in gold.")
    found = write(text(request(warm), "composite", kind="composite", inverse="Make the colours cooler.", other=other))
    assert found == "Make the colours cooler and frame the photo in gold."


def test_long_parts_are_joined_with_then() -> None:
    assert joined("Lift it, please.", "Turn it.") == "Lift it, please, then turn it."


@pytest.mark.parametrize("shape", FORMS)
def test_a_composite_has_every_form(shape: str) -> None:
    other = request(EFFECTS[-1], say(EFFECTS[-1], "forward", "x"))
    job = text(request(EFFECTS[0]), "form", kind="composite", form=shape, other=other, inverse="Make it dark.")
    assert write(job)


def test_a_request_without_effect_is_refused_alone() -> None:
    bare = request(EFFECTS[0]).model_copy(update={"effect": ""})
    refused, written = Writer(Options()).write([text(bare), text(request(EFFECTS[0]))])
    assert isinstance(refused, Reject)
    assert "no effect" in str(refused)
    assert isinstance(written, str)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (0.5, 0.5, "the middle"),
        (0.2, 0.5, "the middle left"),
        (0.5, 0.8, "the lower middle"),
        (0.8, 0.1, "the upper right"),
    ],
)
def test_places_are_named(x: float, y: float, words: str) -> None:
    assert place(x, y) == words


def test_proposals_for_a_picture_are_repeatable_and_differ_between_pictures() -> None:
    assert fitting(photograph(), "a") == fitting(photograph(), "a")
    assert fitting(photograph(), "a") != fitting(photograph(), "b")
