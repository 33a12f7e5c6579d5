"""The gate and the soft screen on a vision model, and the pictures that models are shown."""

import json

import cv2
import numpy as np
import pytest

from schemas.errors import Reject
from schemas.ports import Gated, Image, Screened
from streams.rules import policy
from tests.unit.language.roles import SECRET, Gate, Screen, candidate, pictures, scores, sent, source, words
from tests.unit.photographic.scenes import photograph
from workers.language import showing
from workers.language.asking import Blocked
from workers.language.wording import rubric


def gated(depicts: object = "yes", plausible: object = "yes", reason: object = "All is there.") -> str:
    answer = {"Reason": reason, "AccuratelyDepicts": depicts, "RealisticAndPlausible": plausible}
    return json.dumps({name: value for name, value in answer.items() if value is not None})


def screened(unwanted: object = "no", pleasing: object = "yes", adherence: object = 4.3) -> str:
    return scores(adherence, UnwantedChanges=unwanted, Aesthetic=pleasing)


# --- gate -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depicts", ["yes", "no"])
@pytest.mark.parametrize("plausible", ["yes", "no"])
def test_a_gate_says_yes_only_where_both_questions_are_answered_yes(depicts: str, plausible: str) -> None:
    (result,) = Gate(gated(depicts, plausible)).results(source())
    measures = {"vlm.depicts": float(depicts == "yes"), "vlm.plausible": float(plausible == "yes")}
    assert result == Gated(depicts == plausible == "yes", "All is there.", measures)


@pytest.mark.parametrize("said", [gated("Yes"), gated(True), gated(None), gated(reason=None), gated(reason=" "), "yes"])
def test_a_gates_answer_in_other_words_is_asked_again_and_never_a_no(said: str) -> None:
    gate = Gate(said)
    assert isinstance(gate.results(source())[0], Reject)
    assert len(gate.chat.asked) == 3


def test_a_gate_is_shown_the_prompt_and_the_picture_without_its_note() -> None:
    gate = Gate(gated())
    gate.results(source("a red boat on a lake"))
    assert '"a red boat on a lake"' in words(gate.chat.asked[0])
    assert len(pictures(gate.chat.asked[0])) == 1
    assert SECRET.encode() not in sent(gate.chat.asked[0])


def test_of_a_photograph_without_words_only_plausibility_is_asked() -> None:
    gate = Gate(json.dumps({"Reason": "Sound.", "RealisticAndPlausible": "yes"}))
    assert gate.results(source("")) == [Gated(True, "Sound.", {"vlm.plausible": 1.0})]
    schema = gate.chat.asked[0].schema
    assert schema is not None
    assert schema["required"] == ["Reason", "RealisticAndPlausible"]


def test_a_block_of_a_gate_is_its_own_reason() -> None:
    (result,) = Gate(Blocked("blocked: PROHIBITED_CONTENT")).results(source())
    assert isinstance(result, Blocked)


# --- screen -----------------------------------------------------------------------------------------------------------


def test_a_screen_tells_two_scores_and_two_answers() -> None:
    (result,) = Screen(screened("yes", "no")).results(candidate())
    marks = {"vlm.adherence": 4.3, "vlm.aesthetics": 2.8, "vlm.unwanted": 1.0, "vlm.pleasing": 0.0}
    assert result == Screened(marks)


@pytest.mark.parametrize("said", [screened("maybe"), screened(pleasing=1), screened(adherence=7), scores(), ""])
def test_a_screens_answer_in_other_words_is_asked_again_and_never_a_low_mark(said: str) -> None:
    screen = Screen(said)
    assert isinstance(screen.results(candidate())[0], Reject)
    assert len(screen.chat.asked) == 3


def test_a_screen_is_shown_both_pictures_without_notes_and_the_rubric_of_the_operation() -> None:
    screen = Screen(screened())
    screen.results(candidate("haircut"))
    assert len(pictures(screen.chat.asked[0])) == 2
    assert SECRET.encode() not in sent(screen.chat.asked[0])
    assert rubric("haircut") in words(screen.chat.asked[0])


@pytest.mark.parametrize("name", ["paper", "thrifty"])
@pytest.mark.parametrize(
    ("marks", "missed"),
    [
        (("no", "yes", 4.3), "vlm.aesthetics"), (("yes", "yes", 4.3), "vlm.aesthetics"),
        (("no", "yes", 3.0), "vlm.adherence"),
    ],
)  # fmt: skip
def test_the_shipped_policies_hold_bars_for_what_a_screen_tells(
    name: str, marks: tuple[str, str, float], missed: str
) -> None:
    (result,) = Screen(screened(*marks)).results(candidate())
    assert policy.read(name).missed(result.measures, "recolor") == missed


@pytest.mark.parametrize("name", ["paper", "thrifty"])
def test_unwanted_changes_and_what_does_not_please_are_turned_down_by_the_shipped_policies(name: str) -> None:
    good = {"vlm.adherence": 4.3, "vlm.aesthetics": 4.3, "vlm.unwanted": 0.0, "vlm.pleasing": 1.0}
    rules = policy.read(name)
    assert rules.missed(good, "recolor") is None
    assert rules.missed({**good, "vlm.unwanted": 1.0}, "recolor") == "vlm.unwanted"
    assert rules.missed({**good, "vlm.pleasing": 0.0}, "recolor") == "vlm.pleasing"


# --- pictures ---------------------------------------------------------------------------------------------------------


def noise(side: int) -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))


def test_a_picture_of_a_megapixel_is_a_jpeg_of_a_quarter_mebibyte_at_most() -> None:
    for image in (Image(photograph(1024, 1024)), noise(1024)):
        (picture,) = showing.shown([image], 1024)
        assert picture.mime == "image/jpeg"
        assert picture.data[:2] == b"\xff\xd8"
        assert len(picture.data) <= 250 * 1024


def test_pictures_of_one_question_are_of_one_quality() -> None:
    plain = Image(np.full((512, 512, 3), 128, np.uint8))
    alone, beside = showing.shown([plain], 512)[0], showing.shown([plain, noise(512)], 512)[0]
    assert showing.shown([plain, plain], 512)[0] == alone
    assert beside != alone


def test_a_picture_keeps_its_colours_and_its_shape() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :, 0] = 220
    (picture,) = showing.shown([Image(pixels)], 100)
    found = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert found is not None
    assert found.shape == (50, 100, 3)
    assert np.abs(found.astype(int).mean((0, 1)) - [220, 0, 0]).max() < 4
