"""`nhr try`: one plug-in alone, whatever its kind, and one line for whatever it cannot do."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infra import images
from schemas.errors import Reject, Retry
from schemas.ports import Billed, Image, Judged, Usage
from tests.integration.conftest import Call
from workers.editors.null import Editor
from workers.judges.null import Judge
from workers.writers.null import Writer

BRIGHTER = '{"op":"exposure","variant":"brighter","stops":1.0}'


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture with something to see on it, in the folder that the commands run in."""
    monkeypatch.chdir(tmp_path)
    ramp = np.linspace(20, 160, 96, dtype=np.uint8)
    path = tmp_path / "boat.png"
    path.write_bytes(
        images.encode(Image(np.ascontiguousarray(np.broadcast_to(ramp[:, None, None], (96, 128, 3)))), "png")
    )
    return path


def says(result: object) -> Any:
    """A step that gives that for each task."""
    return lambda _self, tasks: [result for _ in tasks]


def test_an_editor_edits_a_picture_and_tells_what_it_took(photo: Path, call: Call) -> None:
    words = ("boat.png", "Make it brighter.", "--effect", BRIGHTER, "--seed", 3, "--to", "bright.png")
    result = call("try", "editor", "classic:exact=1", *words)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("bright.png: 128 x 96 pixels\nloaded in ")
    before, after = (images.decode(Path(name).read_bytes()).pixels for name in ("boat.png", "bright.png"))
    assert after.mean() > before.mean() + 20


def test_a_judge_scores_what_an_editor_made(photo: Path, call: Call) -> None:
    edit = ("--effect", BRIGHTER, "--operation", "exposure")
    call("try", "editor", "classic", "boat.png", "Make it brighter.", *edit, "--option", "exact=1", "--to", "b.png")
    result = call("try", "judge", "measured", "boat.png", "b.png", "Make it brighter.", *edit)
    assert result.status == 0
    assert result.out.startswith("adherence ")
    assert "  measured." in result.out


def test_a_generator_draws_and_its_picture_is_named_after_it(photo: Path, call: Call) -> None:
    said = call("try", "generator", "null", "a boat", "--seed", 4)
    assert said.out.startswith("drawn.null.4.png: 8 x 8 pixels\n")
    assert Path("drawn.null.4.png").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("gate", "pixels", "boat.png", "--prompt", "a boat"), ("yes\n", "no")),
        (("screen", "pixels", "boat.png", "boat.png", "Make it blue."), ("measured",)),
        (("screen", "pixels,null", "boat.png", "boat.png", "Make it blue."), ("measured",)),
        (("writer", "classic", "Make it brighter.", "--effect", BRIGHTER), ("Make", "Dark", "Lower")),
        (("writer", "null", "Make it blue.", "--before", "boat.png", "--after", "boat.png"), ("",)),
    ],
)
def test_every_other_kind_says_what_it_says(
    photo: Path, call: Call, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    result = call("try", *words)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(told)
    assert "\nloaded in " in result.out


def test_what_a_service_took_is_told(photo: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Judge, "judge", says(Billed(Judged(4.5, 3.0, reason="the boat is red"), Usage(1200, 34, 0.0021)))
    )
    said = call("try", "judge", "null", "boat.png", "boat.png", "Make it blue.").out
    assert said.startswith("adherence 4.5, aesthetics 3: the boat is red\n")
    assert said.endswith("; 1,200 tokens in, 34 out, $0.0021\n")


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (Reject("too dark"), "nhr: editor null cannot do that: too dark; ask for another\n"),
        (Billed(Reject("blocked"), Usage(7, 0, 0.5)),
         "nhr: editor null cannot do that: blocked; 7 tokens in, 0 out, $0.5; ask for another\n"),
        (Retry("no quota is left", 30), "nhr: editor null cannot just now: no quota is left; try again in 30 s\n"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line(
    photo: Path, call: Call, monkeypatch: pytest.MonkeyPatch, result: object, line: str
) -> None:
    monkeypatch.setattr(Editor, "edit", says(result))
    ended = call("try", "editor", "null", "boat.png", "Make it blue.")
    assert (ended.status, ended.out, ended.err) == (2, "", line)


def test_a_bug_of_a_plugin_is_one_line(photo: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "write", lambda _self, _tasks: 1 / 0)
    result = call("try", "writer", "null", "Make it blue.")
    assert result.err == "nhr: writer null failed: ZeroDivisionError: division by zero; nhr doctor looks further\n"


def test_a_missing_package_is_told_with_what_brings_it(
    photo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_self: Editor) -> None:
        raise ModuleNotFoundError("no torch", name="torch")

    monkeypatch.setattr(Editor, "load", load)
    monkeypatch.setattr(Editor, "INFO", replace(Editor.INFO, extra="diffusers"))
    result = call("try", "editor", "null", "boat.png", "Make it blue.")
    assert result.err == 'nhr: editor null: package torch is not installed; pip install "nhr[diffusers]"\n'


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("editor", "classic", "boat.png", "Make it blue."),
         "the request has no effect; .*; it needs a photographic effect with the request"),
        (("editor", "simulated", "boat.png", "Make it blue."),
         "edits only drawn scenes; .*; it needs scenes that NHR drew, as stored, and the effect"),
        (("editor", "nobody", "boat.png", "Make it blue."), "unknown editor 'nobody'"),
        (("editor", "classic", "none.png", "Make it blue."), "none.png cannot be read"),
        (("editor", "classic", "junk.png", "Make it blue."), "junk.png: .*give another picture"),
        (("editor", "null", "boat.png", ""), "instruction: String should have at least 1 character"),
        (("editor", "null", "boat.png", "Blue.", "--to", "a.gif"), "--to a.gif has an ending that no picture is saved"),
        (("editor", "null", "boat.png", "Blue.", "--to", "no/where.png"), "no/where.png cannot be written"),
        (("editor", "null", "boat.png", "Blue.", "--option", "x"), "--option 'x' is not OPTION=VALUE"),
        (("editor", "null", "boat.png", "Blue.", "--option", "x=1"), "editor null: option 'x': unknown option"),
        (("editor", "null:sleep_ms=1", "boat.png", "Blue.", "--option", "sleep_ms=1"), "options are given twice"),
        (("writer", "null", "Blue.", "--before", "boat.png"), "only one picture is given"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(photo: Path, call: Call, words: tuple[str, ...], line: str) -> None:
    photo.with_name("junk.png").write_bytes(b"no picture")
    result = call("try", *words)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert re.search(line, result.err), result.err
