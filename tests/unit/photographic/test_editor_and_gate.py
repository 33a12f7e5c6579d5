"""The classic editor does what is asked about half of the time; the pixel gate turns away what is no picture."""

import cv2
import numpy as np
import pytest

from schemas.errors import Reject
from schemas.messages import Request
from schemas.ports import Image
from tests.unit.photographic.scenes import edit, judgement, photograph, request, source
from tests.unit.photographic.table import EFFECTS, name
from workers.editors.classic import Editor, EditorOptions
from workers.gates.pixels import Gate, GateOptions
from workers.judges.measured import Judge
from workers.photographic.choosing import requests
from workers.photographic.operations import apply
from workers.pixelwise.arrays import Pixels
from workers.plugin import Options


def edited(asked: Request, attempt: int = 0, exact: float = 0.5) -> Pixels:
    (found,) = Editor(EditorOptions(exact=exact)).edit([edit(photograph(), asked, attempt)])
    assert isinstance(found, Image)
    return found.pixels


@pytest.mark.parametrize("effect", EFFECTS, ids=name)
def test_an_exact_editor_does_just_what_the_effect_says(effect: object) -> None:
    asked = request(effect)  # type: ignore[arg-type]
    seed = edit(photograph(), asked).job.seed
    assert np.array_equal(edited(asked, exact=1.0), apply(photograph(), effect, seed))  # type: ignore[arg-type]


def test_about_half_of_the_attempts_miss_and_they_differ() -> None:
    asked = request(EFFECTS[0])
    exact = edited(asked, exact=1.0)
    attempts = [edited(asked, attempt) for attempt in range(60)]
    hits = sum(np.array_equal(attempt, exact) for attempt in attempts)
    assert 18 <= hits <= 42
    assert len({attempt.tobytes() for attempt in attempts}) > 15


def test_a_job_is_answered_the_same_in_any_batch() -> None:
    tasks = [edit(photograph(), request(effect), attempt) for effect in EFFECTS[:8] for attempt in (0, 1)]
    together = Editor(EditorOptions()).edit(tasks)
    for task, found in zip(tasks, together, strict=True):
        (alone,) = Editor(EditorOptions()).edit([task])
        assert isinstance(found, Image)
        assert isinstance(alone, Image)
        assert np.array_equal(found.pixels, alone.pixels)


def test_a_request_without_effect_is_refused_alone() -> None:
    bare = Request(instruction="Make her smile.", operation="expression")
    refused, done = Editor(EditorOptions()).edit([edit(photograph(), bare), edit(photograph(), request(EFFECTS[0]))])
    assert isinstance(refused, Reject)
    assert "give an effect or use another editor" in str(refused)
    assert isinstance(done, Image)


def test_the_judge_keeps_exact_attempts_at_proposed_edits_and_loses_the_others() -> None:
    for asked in requests(photograph(), "x", 12):
        for attempt in range(3):
            after = edited(asked, attempt)
            task = edit(photograph(), asked, attempt)
            exact = np.array_equal(after, edited(asked, attempt, exact=1.0))
            (found,) = Judge(Options()).judge([judgement(photograph(), after, asked)])
            assert not isinstance(found, Reject)
            assert (min(found.adherence, found.aesthetics) >= 4.7) == exact, task.job


def gated(pixels: Pixels) -> tuple[bool, str]:
    (found,) = Gate(GateOptions()).inspect([source(pixels)])
    assert found.measures
    assert all(measure.startswith("pixels.") for measure in found.measures)
    return found.yes, found.reason


@pytest.mark.parametrize("pixels", [photograph(), photograph(seed=5), photograph(64, 64)], ids=["one", "two", "small"])
def test_the_gate_lets_pictures_pass(pixels: Pixels) -> None:
    assert gated(pixels)[0]


def gradient() -> Pixels:
    ramp = np.linspace(40, 200, 320).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (240, 320, 3)))


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((240, 320, 3), 127, np.uint8), "blank"),
        (np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8), "noise"),
        (np.asarray(cv2.GaussianBlur(photograph(), (0, 0), 12), np.uint8), "blurred to nothing"),
        (gradient(), "blurred to nothing"),
        (photograph(63, 200), "smaller than 64"),
    ],
    ids=["blank", "noise", "blurred", "gradient", "small"],
)
def test_the_gate_turns_away_what_is_no_picture(pixels: Pixels, reason: str) -> None:
    yes, said = gated(pixels)
    assert not yes
    assert reason in said
