"""The text screen finds what was planted, and nothing on clean pictures."""

from importlib.util import find_spec
from itertools import count, cycle
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from schemas.errors import UserError
from streams.rules import policy as policies
from tests.unit.content.planting import LATTICE, MARKS, PHOTOGRAPHS, opened, tiled, written
from tests.unit.photographic.scenes import candidate, photograph, source
from workers import chain, roster
from workers.content import onnx
from workers.gates.content import Gate, GateOptions
from workers.pixelwise.arrays import Pixels
from workers.screens import nsfw, text
from workers.screens.text import Screen, ScreenOptions

SMALL = [path for path in PHOTOGRAPHS if path.name in {"astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"}]


@pytest.fixture(scope="module")
def screen() -> Screen:
    found = Screen(ScreenOptions())
    found.load()
    return found


@pytest.fixture(scope="module")
def gate() -> Gate:
    found = Gate(GateOptions())
    found.load()
    return found


def measured(screen: Screen, before: Pixels, after: Pixels) -> dict[str, float]:
    (found,) = screen.screen([candidate(before, after)])
    return dict(found.measures)


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.stem)
def test_a_clean_photograph_has_no_text_and_passes_the_gate(path: Path, gate: Gate) -> None:
    (found,) = gate.inspect([source(opened(path))])
    assert found.yes, found.reason
    assert found.measures["text.count"] == found.measures["text.area"] == found.measures["text.watermark"] == 0


@pytest.mark.parametrize(("name", "path"), list(zip(MARKS, cycle(SMALL), strict=False)), ids=list(MARKS))
def test_a_planted_watermark_is_found_and_quoted(name: str, path: Path, screen: Screen) -> None:
    clean = opened(path)
    (found,) = screen.screen([candidate(clean, written(clean, **MARKS[name]))])  # type: ignore[arg-type]
    assert found.measures["text.watermark"] == 1.0
    assert found.reason.startswith("looks like a watermark: ")


def test_words_laid_over_and_over_are_a_watermark(screen: Screen) -> None:
    clean = opened(SMALL[1])
    assert measured(screen, clean, tiled(clean, "Jane Doe", 0.06, LATTICE, 0.5))["text.watermark"] == 1.0


def test_plain_text_is_counted_and_no_watermark(screen: Screen) -> None:
    clean = opened(SMALL[2])
    found = measured(screen, clean, written(clean, "Photo of the day"))
    assert (found["text.count"], found["text.watermark"]) == (1.0, 0.0)
    assert 0.005 < found["text.area"] == found["text.added"] < 0.1


def test_text_that_goes_is_told_as_less_and_a_watermark_of_the_source_still_counts(screen: Screen) -> None:
    clean = opened(SMALL[2])
    found = measured(screen, written(clean, "www.fine-pictures.com"), clean)
    assert (found["text.count"], found["text.area"], found["text.watermark"]) == (0.0, 0.0, 1.0)
    assert found["text.added"] < -0.005


def test_the_gate_refuses_a_marked_source_by_its_options() -> None:
    marked = source(written(opened(SMALL[1]), "www.fine-pictures.com"))
    strict, lenient = Gate(GateOptions(nsfw=1)), Gate(GateOptions(nsfw=1, watermark=1, text=0.0001))
    for one in (strict, lenient):
        one.load()
    assert strict.inspect([marked])[0].reason == "looks like a watermark: www.fine-pictures.com"
    assert lenient.inspect([marked])[0].reason == "too much text"


def test_a_source_is_read_once_for_all_its_attempts() -> None:
    looks = count(1)
    remembered = onnx.Remembered(lambda _pixels: next(looks), most=2)
    one, two, three = (np.full((4, 4, 3), level, np.uint8) for level in (1, 2, 3))
    assert [remembered(pixels) for pixels in (one, two, one, three, one, two)] == [1, 2, 1, 3, 1, 4]
    assert remembered(np.zeros((2, 8, 3), np.uint8)) != remembered(np.zeros((8, 2, 3), np.uint8))


def test_a_missing_package_is_one_clear_line() -> None:
    with pytest.raises(UserError, match=r'^package no_such is not installed; pip install "nhr\[content\]"$'):
        onnx.weights("no_such", "content", "x.onnx")
    with pytest.raises(UserError, match=r"^package rapidocr brings no x\.onnx; install the release"):
        onnx.weights("rapidocr", "content", "x.onnx")


@pytest.mark.parametrize("module", [nsfw, text])
def test_the_bars_that_a_screens_docstring_shows_make_a_policy(module: ModuleType) -> None:
    shown = "\n".join(line.strip() for line in (module.__doc__ or "").splitlines() if line.startswith("    "))
    policy = policies.parse(f'name = "shown"\nwaves = [1]\n{shown}', "shown")
    assert policy.screen.bars
    assert policy.missed({"nsfw.score": 0.9, "text.watermark": 1.0}, "remove")
    asked = policy.missed({"text.added": 0.2}, "text_add"), policy.missed({"text.added": 0.2}, "remove")
    assert asked == ((None, "text.added") if module is text else (None, None))


def test_the_doctor_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = chain.parse("nsfw,text")[1]
    assert list(joined.check()) == list(Gate(GateOptions()).check()) == []
    monkeypatch.setattr(onnx, "find_spec", lambda name: None if name == "nudenet" else find_spec(name))
    assert list(joined.check()) == ['nsfw: package nudenet is not installed; pip install "nhr[nsfw]"']
    assert list(Gate(GateOptions(nsfw=1)).check()) == []
    monkeypatch.setattr(onnx, "find_spec", lambda _name: None)
    assert [line.partition(" is not")[0] for line in Gate(GateOptions()).check()] == [
        "package onnxruntime", "package rapidocr", "package nudenet",
    ]  # fmt: skip


def test_screens_are_chained_and_told_with_the_licence_of_each() -> None:
    name, joined = chain.parse("pixels,nsfw,text:side=320")
    assert name.startswith("pixels+nsfw+text@")
    assert (joined.INFO.licence, joined.INFO.commercial) == ("Apache-2.0 and AGPL-3.0", None)
    joined.load()
    (found,) = roster.run(roster.KINDS["screen"], joined, [candidate(photograph(), photograph())])
    assert {"pixels.flagged", "nsfw.score", "text.count"} <= set(found.measures)


def test_neither_threads_nor_the_machine_change_what_an_answer_is_named() -> None:
    recipes = {roster.recipe("screen", "text", roster.parse("screen", f"text:threads={n}")) for n in (1, 4)}
    assert len(recipes) == 1
