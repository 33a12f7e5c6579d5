"""The measured judge accepts what was asked, turns down what was not, and refuses what it cannot measure."""

import cv2
import numpy as np
import pytest

from schemas.errors import Reject
from schemas.messages import Request
from schemas.ports import Judged
from schemas.taxonomy import taxonomy
from tests.unit.photographic.scenes import judgement, photograph, request
from tests.unit.photographic.table import EFFECTS, name
from workers.judges.measured import Judge
from workers.photographic.effect import Effect
from workers.photographic.measuring import MEASURED
from workers.photographic.operations import OPERATIONS, apply
from workers.pixelwise.arrays import Pixels
from workers.plugin import Options

EACH = pytest.mark.parametrize("effect", EFFECTS, ids=name)
INVERTIBLE = tuple(effect for effect in EFFECTS if taxonomy().has_inverse(effect.operation))
BAR = 4.7
PHOTO = photograph(216, 168)


def judge(before: Pixels, after: Pixels, effect: Effect, kind: str = "forward", other: Effect | None = None) -> Judged:
    second = request(other) if other else None
    found = Judge(Options()).judge([judgement(before, after, request(effect), kind, second)])[0]  # type: ignore[arg-type]
    if isinstance(found, Reject):
        raise found
    return found


def test_it_measures_every_operation_that_the_editor_knows() -> None:
    assert set(MEASURED) == set(OPERATIONS) == set(Judge.INFO.operations or ())


@EACH
def test_an_exact_attempt_reaches_the_bar(effect: Effect) -> None:
    found = judge(PHOTO, apply(PHOTO, effect, 11), effect)
    assert found.adherence >= BAR
    assert found.aesthetics >= BAR
    assert found.preservation is not None
    assert found.preservation >= BAR


@EACH
@pytest.mark.parametrize("draw", [0.0, 0.35, 0.59, 0.61, 0.99])
def test_an_attempt_off_the_mark_is_below_the_bar(effect: Effect, draw: float) -> None:
    stray = OPERATIONS[effect.operation].stray(effect, draw)
    assert judge(PHOTO, apply(PHOTO, stray, 11), effect).adherence < BAR


@EACH
def test_no_edit_is_below_the_bar(effect: Effect) -> None:
    assert judge(PHOTO, PHOTO, effect).adherence < 3.0


@EACH
def test_another_effect_is_below_the_bar(effect: Effect) -> None:
    for other in {other.operation: other for other in EFFECTS}.values():
        if other.operation != effect.operation and (other.operation, effect.operation) not in ALIKE:
            found = judge(PHOTO, apply(PHOTO, other, 5), effect)
            assert found.adherence < BAR, other


ALIKE = {("vignette", "lighting"), ("lighting", "vignette")}
"""None of these pairs is equal, but their light maps overlap; told apart by strength in the next test."""


def test_a_vignette_is_no_spotlight() -> None:
    spot, corners = (next(e for e in EFFECTS if e.variant == variant) for variant in ("middle", "corners"))
    assert judge(PHOTO, apply(PHOTO, spot, 0), corners).adherence < BAR
    assert judge(PHOTO, apply(PHOTO, corners, 0), spot).adherence < BAR


def with_intruder(pixels: Pixels) -> Pixels:
    changed = pixels.copy()
    height, width = pixels.shape[:2]
    cv2.circle(changed, (width // 4, height // 3), height // 12, (30, 20, 180), -1)
    return changed


@EACH
def test_a_further_change_somewhere_is_below_the_bar(effect: Effect) -> None:
    found = judge(PHOTO, with_intruder(apply(PHOTO, effect, 11)), effect)
    assert found.adherence < BAR
    assert found.preservation is not None
    assert found.preservation < BAR
    assert "something else changed" in found.reason


@EACH
def test_a_colour_cast_on_top_is_below_the_bar(effect: Effect) -> None:
    cast = apply(PHOTO, effect, 11).astype(np.int16) + np.array([9, 0, -9])
    assert judge(PHOTO, np.clip(cast, 0, 255).astype(np.uint8), effect).adherence < BAR


@pytest.mark.parametrize("effect", INVERTIBLE, ids=name)
def test_the_way_from_an_exact_edit_to_its_source_reaches_the_bar(effect: Effect) -> None:
    found = judge(apply(PHOTO, effect, 11), PHOTO, effect, "inverse")
    assert min(found.adherence, found.aesthetics) >= BAR


@pytest.mark.parametrize("effect", INVERTIBLE, ids=name)
def test_the_way_from_a_wrong_edit_is_below_the_bar(effect: Effect) -> None:
    stray = apply(PHOTO, OPERATIONS[effect.operation].stray(effect, 0.1), 11)
    assert judge(stray, PHOTO, effect, "inverse").adherence < BAR


@pytest.mark.parametrize("operation", ["vignette", "crop", "zoom"])
def test_an_edit_without_an_inverse_is_refused_as_an_inverse(operation: str) -> None:
    effect = next(effect for effect in EFFECTS if effect.operation == operation)
    with pytest.raises(Reject, match="no inverse"):
        judge(apply(PHOTO, effect, 1), PHOTO, effect, "inverse")


PAIRS = [
    (first, second)
    for number, first in enumerate(INVERTIBLE)
    for second in (EFFECTS[(3 * number) % len(EFFECTS)], EFFECTS[(7 * number + 5) % len(EFFECTS)])
    if first.operation != second.operation
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{name(a)}-{name(b)}" for a, b in PAIRS])
def test_a_composite_is_accepted_when_both_edits_are_exact_and_else_not(first: Effect, second: Effect) -> None:
    before, after = apply(PHOTO, first, 11), apply(PHOTO, second, 12)
    try:
        found = judge(before, after, first, "composite", second)
    except Reject as refusal:
        assert "lose pixels" in str(refusal) or "too few pixels" in str(refusal)  # noqa: PT017 - a refusal is allowed
        return
    assert min(found.adherence, found.aesthetics) >= BAR
    for wrong in (
        (before, PHOTO),
        (before, apply(PHOTO, OPERATIONS[second.operation].stray(second, 0.2), 12)),
        (apply(PHOTO, OPERATIONS[first.operation].stray(first, 0.2), 11), after),
    ):
        try:
            assert judge(*wrong, first, "composite", second).adherence < BAR
        except Reject:
            continue


def test_two_edits_that_lose_pixels_cannot_be_measured_as_one() -> None:
    first, second = (next(e for e in EFFECTS if e.operation == operation) for operation in ("monochrome", "blur"))
    with pytest.raises(Reject, match="both lose pixels"):
        judge(apply(PHOTO, first, 1), apply(PHOTO, second, 1), first, "composite", second)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Request(instruction="Make her smile.", operation="expression"), "no effect"),
        (Request(instruction="x", operation="pose", effect='{"op":"pose"}'), "know no 'pose'"),
        (Request(instruction="x", operation="blur", effect='{"op":"exposure","stops":1}'), "says blur but its effect"),
    ],
)
def test_what_it_cannot_measure_is_refused_alone(asked: Request, message: str) -> None:
    good = request(EFFECTS[0])
    tasks = [judgement(PHOTO, PHOTO, each) for each in (asked, good)]
    refused, judged = Judge(Options()).judge(tasks)
    assert isinstance(refused, Reject)
    assert message in str(refused)
    assert isinstance(judged, Judged)


def test_a_picture_without_colour_cannot_lose_it() -> None:
    grey = np.repeat(PHOTO[:, :, 1:2], 3, axis=2)
    effect = next(effect for effect in EFFECTS if effect.operation == "monochrome")
    with pytest.raises(Reject, match="without colour"):
        judge(grey, grey, effect)


def test_a_symmetrical_picture_cannot_be_seen_to_be_mirrored() -> None:
    half = PHOTO[:, :108]
    both = np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))
    effect = next(effect for effect in EFFECTS if effect.variant == "mirror")
    with pytest.raises(Reject, match="looks the same"):
        judge(both, both, effect)


def test_blocks_and_noise_that_were_not_asked_for_cost_aesthetics() -> None:
    effect = next(effect for effect in EFFECTS if effect.operation == "rotate")
    edited = apply(PHOTO, effect, 0)
    noisy = np.clip(edited + np.random.default_rng(3).normal(0, 9, edited.shape), 0, 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", edited, [cv2.IMWRITE_JPEG_QUALITY, 8])[1]
    blocky = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    assert judge(PHOTO, noisy, effect).aesthetics < BAR
    assert judge(PHOTO, blocky, effect).aesthetics < BAR


def test_every_measure_is_finite_and_named_after_the_judge() -> None:
    for effect in EFFECTS:
        found = judge(PHOTO, apply(PHOTO, effect, 2), effect)
        assert all(name.startswith("measured.") and np.isfinite(value) for name, value in found.measures.items())
