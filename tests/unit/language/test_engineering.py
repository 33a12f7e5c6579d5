"""Scenes and edits are taken as ordered; each that is not is passed over with its reason."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from schemas.taxonomy import taxonomy
from tests.unit.language import authors
from tests.unit.language.roles import words
from workers.language import engineering
from workers.language.asking import Reply, Unreadable
from workers.language.engineering import Unfit, edits_of, found_scenes, photo_of, scene_of, scenes_question
from workers.language.likeness import Seen
from workers.language.quotas import plan, wanted

SLOTS = dict(enumerate(plan(3, 0, 10, 3, wanted(""), ("en",), 1.0), 1))
ZH_SLOTS = dict(enumerate(plan(3, 0, 10, 3, wanted(""), ("zh",), 1.0), 1))
QUESTION = scenes_question(SLOTS, "en", ["a lamp"], 1, 0, 0)
(GOOD, *_) = authors.scenes(words(QUESTION))


def test_the_question_orders_each_slot_and_tells_what_was_shown() -> None:
    told = words(QUESTION)
    assert len(authors.scenes(told)) == 10
    assert "a lamp" in told
    assert all(slot.style in told and slot.viewpoint in told for slot in SLOTS.values())
    for name in {name for slot in SLOTS.values() for name in slot.operations}:
        assert f"- {name}: {taxonomy().operations[name].meaning}" in told


def test_there_is_room_for_fifty_scenes_and_no_more_than_models_write() -> None:
    many = dict(enumerate(plan(3, 0, 50, 4, wanted(""), ("en",), 1.0), 1))
    assert 20_000 < scenes_question(many, "en", [], 1, 0, 0).max_tokens <= 65_536
    assert scenes_question(many, "en", [], 1, 0, 2).max_tokens * 4 <= 65_536  # an asker doubles it at every attempt
    assert scenes_question(many, "en", [], 1, 8000, 0).max_tokens == 8000


def test_what_was_ordered_is_taken() -> None:
    scene, reasons = scene_of(GOOD, SLOTS, "en", Seen())
    assert (scene.order, scene.text, reasons) == (GOOD["number"] - 1, GOOD["text"], [])
    assert Counter(request.operation for request in scene.requests) == Counter(SLOTS[GOOD["number"]].operations)


def test_chinese_scenes_are_taken_in_chinese_alone() -> None:
    (scene, *_) = authors.scenes(words(scenes_question(ZH_SLOTS, None, [], 1, 0, 0)))
    taken, reasons = scene_of(scene, ZH_SLOTS, None, Seen())
    assert (len(taken.requests), reasons) == (3, [])
    with pytest.raises(Unfit, match="not in English"):
        scene_of(scene, ZH_SLOTS, "en", Seen())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 99}, "a number that was not ordered"),
        ({"number": True}, "a number that was not ordered"),
        ({"number": "1"}, "a number that was not ordered"),
        ({"text": None}, "has no text"),
        ({"text": " "}, "has no text"),
        ({"text": GOOD["text"].replace(":", ",")}, "does not begin with its style and a colon"),
        ({"text": GOOD["text"] + " more" * 200}, "more than 160 words"),
        ({"text": GOOD["text"] + " 一艘船"}, "not in English"),
        ({"text": GOOD["text"] + " \ud800"}, "half a character"),
        ({"objects": []}, "objects instead of"),
        ({"objects": None}, "names no objects"),
        ({"objects": ["dragon"] * SLOTS[GOOD["number"]].objects}, "does not speak of an object that it names"),
        ({"edits": []}, "has no edit that can be used"),
        ({"edits": "remove it"}, "has no edit that can be used"),
    ],
)
def test_a_scene_that_is_not_as_ordered_is_told_why(change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unfit, match=why):
        scene_of({**GOOD, **change}, SLOTS, "en", Seen())


@pytest.mark.parametrize("raw", [None, 5, [], "x", {}])
def test_what_is_no_scene_at_all_is_told(raw: object) -> None:
    with pytest.raises(Unfit):
        scene_of(raw, SLOTS, "en", Seen())


def test_a_near_duplicate_is_refused() -> None:
    seen = Seen()
    seen.add(GOOD["text"].replace("light", "soft light"))
    with pytest.raises(Unfit, match="nearly a prompt that came before"):
        scene_of(GOOD, SLOTS, "en", seen)


# --- edits ------------------------------------------------------------------------------------------------------------


def edit(instruction: object, operation: object = "recolor") -> dict[str, object]:
    return {"operation": operation, "instruction": instruction}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (edit("Make it nicer.", "enchant"), "unknown operation"),
        (edit("Remove the cat.", "remove"), r"not ordered \(remove\)"),
        (edit(""), "no instruction"),
        (edit("..."), "no instruction"),
        (edit(7), "no instruction"),
        (edit("word " * 60), "more than 45 words"),
        (edit("x" * 1100), "longer than 1024 bytes"),
        (edit("把船涂红"), "not in English"),
        (edit("Make the boat red again."), r"an earlier state \(again\)"),
        (edit("Paint the second boat red."), "counts instead of saying where"),
        (edit("Make the \ud800 red."), "unicode"),
        ("Paint it red.", "unknown operation"),
        (None, "unknown operation"),
    ],
)
def test_an_edit_that_cannot_be_used_is_passed_over_with_its_reason(raw: object, why: str) -> None:
    requests, reasons = edits_of([raw, edit("Paint the boat red.")], Counter(["recolor", "composite"]), "en")
    assert [request.instruction for request in requests] == ["Paint the boat red."]
    assert len(reasons) == 1
    assert re.search(why, reasons[0])


def test_of_two_equal_edits_one_is_taken() -> None:
    raw = [edit("Paint the boat red."), edit("paint the boat RED!", "composite")]
    requests, reasons = edits_of(raw, Counter(["recolor", "composite"]), "en")
    assert len(requests) == 1
    assert reasons == ["an edit says the same as another edit"]


def test_a_composite_edit_stands_last_wherever_it_came() -> None:
    raw = [edit("Paint the boat red and remove the oar.", "composite"), edit("Paint the boat blue.")]
    requests, _ = edits_of(raw, Counter(["recolor", "composite"]), "en")
    assert [request.operation for request in requests] == ["recolor", "composite"]


def test_repairing_a_picture_may_be_called_restoring_it() -> None:
    requests, reasons = edits_of([edit("Restore this old photo.", "restore")], Counter(["restore"]), "en")
    assert (len(requests), reasons) == (1, [])


# --- answers ----------------------------------------------------------------------------------------------------------

WHOLE = authors.answer(words(QUESTION))


def test_the_whole_scenes_of_an_answer_that_was_cut_are_kept() -> None:
    assert len(found_scenes(Reply(WHOLE))) == 10
    assert len(found_scenes(Reply(WHOLE[: len(WHOLE) // 2], cut=True))) in range(3, 7)
    assert (
        found_scenes(Reply(WHOLE[: len(WHOLE) // 2], cut=True))
        == json.loads(WHOLE)["scenes"][: len(found_scenes(Reply(WHOLE[: len(WHOLE) // 2], cut=True)))]
    )


@pytest.mark.parametrize(
    "reply",
    [Reply("{}"), Reply('{"scenes": 5}'), Reply("Sorry."), Reply('{"scenes": [{"num', cut=True), Reply("", cut=True)],
)
def test_an_answer_without_scenes_is_unreadable(reply: Reply) -> None:
    with pytest.raises(Unreadable):
        found_scenes(reply)


def described(**change: object) -> Reply:
    raw = {"caption": "A red boat on a lake.", "edits": [edit("Paint the boat blue."), edit("Add a duck.", "add")]}
    return Reply(json.dumps({**raw, **change}))


def test_a_photographs_caption_and_edits_are_read() -> None:
    caption, requests, reasons = photo_of(described(), 4, "en", ["recolor", "add"])
    assert (caption, len(requests), reasons) == ("A red boat on a lake.", 2, [])


@pytest.mark.parametrize("change", [{"caption": ""}, {"caption": 5}, {"caption": "船"}, {"edits": []}, {"edits": None}])
def test_a_photographs_answer_that_cannot_be_used_is_unreadable(change: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        photo_of(described(**change), 4, "en", ["recolor", "add"])


def test_the_words_are_a_part_of_every_recipe() -> None:
    assert len(engineering.REVISION) > 10
