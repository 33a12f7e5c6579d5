"""Reading words: the grammar's own, and anybody's."""

import pytest

from schemas.errors import Reject
from schemas.messages import Request
from tests.unit.simulated.makers import drawn, prompt, said
from workers.simulated.change import Change, apply
from workers.simulated.instructions import change_of, read_change
from workers.simulated.reading import mentions, read_scene
from workers.simulated.scene import Scene, Thing, read_note


def scene(text: str, seed: int = 0) -> Scene:
    return read_scene(text, "", seed, 256, 256)


def test_adjectives_belong_to_the_noun_that_follows() -> None:
    cat, car = (mention.thing for mention in mentions("a small orange cat beside two golden cars"))
    assert (cat.kind, cat.colour, cat.size) == ("cat", "orange", 0.75)
    assert (car.kind, car.material, car.count) == ("car", "golden", 2)


def test_a_scene_is_read_with_its_places_hour_season_and_weather() -> None:
    read = scene(
        "Oil painting: a red kite in the upper left and a dog on the right, before the open sea, "
        "in winter at dusk in falling snow"
    )
    assert [(thing.kind, thing.place) for thing in read.things] == [("kite", "upper left"), ("dog", "right")]
    assert (read.backdrop, read.season, read.time, read.weather) == ("sea", "winter", "dusk", "snow")


def test_common_words_of_foreign_prompts_are_understood() -> None:
    read = scene("photo of a crimson sailboat at sunset near the beach, misty evening")
    assert (read.things[0].kind, read.things[0].colour, read.backdrop, read.time, read.weather) == (
        "boat", "red", "sea", "dusk", "fog"
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["x", "???", "дом у моря", "一只猫", "quantum chromodynamics " * 40, "a dragon fights a wizard"]
)
def test_any_text_draws_something(text: str) -> None:
    image = drawn(said(text))
    note = read_note(image)
    assert note is not None
    assert note.scene.things
    assert image.pixels.shape == (256, 256, 3)
    assert image.pixels.std() > 8


def test_no_two_things_share_a_place() -> None:
    for number in range(60):
        item = prompt(number)
        read = read_scene(item.text, item.style, 0, item.width, item.height)
        places = [thing.place for thing in read.things]
        assert len(set(places)) == len(places)


def test_an_effect_goes_before_the_words() -> None:
    request = Request(instruction="Make the cat blue.", operation="recolor", effect=Change(remove="cat").packed())
    assert change_of(request, scene("a cat and a dog")).remove == "cat"


@pytest.mark.parametrize(
    "effect",
    [
        "{",
        '{"x": 1}',
        '{"remove": "dragon"}',
        "[]",
        '{"scene": {"backdrop": "moon"}}',
        '{"scene": {"time": ""}}',
        '{"tone": "loud"}',
        '{"of": "cat", "colour": "beige"}',
        '{"add": {"kind": "dog", "pattern": "zigzag"}}',
        '{"all": [{"remove": "dragon"}]}',
    ],
)
def test_an_effect_that_is_no_drawn_edit_is_refused(effect: str) -> None:
    with pytest.raises(Reject, match="effect"):
        change_of(Request(instruction="Go.", operation="remove", effect=effect), scene("a cat"))


@pytest.mark.parametrize(
    ("operation", "words", "expected"),
    [
        ("remove", "Please take the dog away", Change(remove="dog")),
        ("recolor", "Make the red car blue", Change(of="car", colour="blue")),
        ("material", "turn the car into wood", Change(of="car", material="wooden")),
        ("texture", "polka-dotted car please", Change(of="car", pattern="polka-dotted")),
        ("time_of_day", "make it night", Change(scene={"time": "night"})),
        ("background", "put them on the beach", Change(scene={"backdrop": "sea"})),
        ("text_add", 'add a sign that says "Open"', Change(text="OPEN")),
        ("exposure", "make it darker", Change(tone="darker")),
        ("monochrome", "black and white", Change(tone="monochrome")),
        ("resize_object", "a smaller dog", Change(of="dog", size=0.6)),
        ("count", "three dogs", Change(of="dog", count=3)),
        (
            "composite",
            "Remove the dog and paint the car green",
            Change(all=(Change(remove="dog"), Change(of="car", colour="green"))),
        ),
    ],
)
def test_instructions_without_effect_are_read(operation: str, words: str, expected: Change) -> None:
    seen = scene("a red car on the left and a brown dog on the right, before rolling hills in summer at dawn")
    assert read_change(operation, words, seen) == expected


def test_an_addition_from_words_gets_a_free_place() -> None:
    seen = scene("a red car on the left, before rolling hills")
    change = read_change("add", "add a yellow lighthouse on the right", seen)
    assert change.add == Thing(kind="lighthouse", colour="yellow", place="right")
    assert apply(seen, change).find("lighthouse") is not None


@pytest.mark.parametrize("operation", ["haircut", "age", "viewpoint", "crop", "nonsense"])
def test_operations_without_anything_to_do_them_on_are_refused(operation: str) -> None:
    with pytest.raises(Reject, match="drawn scene"):
        read_change(operation, "Do it", scene("a cat"))
