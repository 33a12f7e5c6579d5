"""Each photographic effect does what it says, and what can be undone is undone."""

import numpy as np
import pytest

from schemas.errors import Reject
from schemas.taxonomy import taxonomy
from tests.unit.photographic.scenes import photograph
from tests.unit.photographic.table import EFFECTS, name
from workers.photographic.colour import LUMA, leafiness
from workers.photographic.effect import PARAMS, Effect, parse
from workers.photographic.operations import OPERATIONS, apply, undo
from workers.pixelwise.arrays import Pixels
from workers.pixelwise.likeness import sharpness

EACH = pytest.mark.parametrize("effect", EFFECTS, ids=name)


def find(operation: str, variant: str) -> Effect:
    return next(effect for effect in EFFECTS if (effect.operation, effect.variant) == (operation, variant))


def done(operation: str, variant: str) -> tuple[Pixels, Pixels]:
    return photograph(), apply(photograph(), find(operation, variant), 7)


def luma(pixels: Pixels) -> float:
    return float((pixels @ LUMA).mean())


def chroma(pixels: Pixels) -> float:
    return float((pixels.max(axis=2).astype(int) - pixels.min(axis=2)).mean())


def test_every_operation_has_parameters_a_taxonomy_entry_and_an_effect_in_the_table() -> None:
    assert set(OPERATIONS) == set(PARAMS) == {effect.operation for effect in EFFECTS}
    assert set(OPERATIONS) <= set(taxonomy().operations)


@EACH
def test_an_effect_survives_being_written_and_read(effect: Effect) -> None:
    assert parse(effect.dump()) == effect
    assert len(effect.dump().encode()) <= 512


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no effect; give an effect or use another"),
        ("{not json", "not photographic JSON"),
        ('{"flaw": 1}', "not photographic JSON"),
        ("[1]", "not photographic JSON"),
        ('{"op": "pose"}', "know no 'pose'"),
        ('{"op": "exposure"}', "stops must be a number"),
        ('{"op": "exposure", "stops": 99}', "stops must be a number"),
        ('{"op": "exposure", "stops": "NaN"}', "stops must be a number"),
        ('{"op": "frame", "color": "plaid", "width": 0.1}', "color must be one of"),
    ],
)
def test_an_effect_that_is_none_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(Reject, match=message) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


@EACH
def test_an_effect_gives_a_fresh_picture_and_changes_it(effect: Effect) -> None:
    source = photograph().copy()
    edited = apply(source, effect, 3)
    assert np.array_equal(source, photograph())
    assert edited.dtype == np.uint8
    assert edited.flags.c_contiguous
    assert edited.shape != source.shape or np.abs(edited.astype(int) - source).mean() > 0.5


@EACH
def test_the_same_seed_gives_the_same_picture(effect: Effect) -> None:
    assert np.array_equal(apply(photograph(), effect, 3), apply(photograph(), effect, 3))


@EACH
def test_a_stray_attempt_is_another_effect_of_the_operation(effect: Effect) -> None:
    for draw in (0.0, 0.3, 0.59, 0.61, 0.99):
        stray = OPERATIONS[effect.operation].stray(effect, draw)
        assert stray != effect
        assert parse(stray.dump()) == stray


@EACH
def test_what_undoing_claims_to_know_is_the_source(effect: Effect) -> None:
    known = undo(apply(photograph(), effect, 3), effect)
    if known is None:
        assert not OPERATIONS[effect.operation].undo
        return
    assert known.pixels.shape == photograph().shape
    mask = np.ones(photograph().shape[:2], bool) if known.mask is None else known.mask
    assert mask.mean() > 0.08
    off = np.abs(known.pixels.astype(int) - photograph())[mask]
    assert off.mean() <= 2.5
    assert np.quantile(off, 0.999) <= 14


@pytest.mark.parametrize(("variant", "sign"), [("brighter", 1), ("much_brighter", 1), ("darker", -1)])
def test_exposure_moves_the_luma(variant: str, sign: int) -> None:
    before, after = done("exposure", variant)
    assert sign * (luma(after) - luma(before)) > 15


def test_brightening_clips_nothing() -> None:
    before, after = done("exposure", "much_brighter")
    assert (after == 255).mean() <= (before == 255).mean()


@pytest.mark.parametrize(("variant", "sign"), [("more", 1), ("less", -1)])
def test_contrast_moves_the_spread(variant: str, sign: int) -> None:
    before, after = done("contrast", variant)
    assert sign * (after.std() - before.std()) > 8


@pytest.mark.parametrize(("variant", "sign"), [("more", 1), ("less", -1)])
def test_saturation_moves_the_chroma_and_not_the_luma(variant: str, sign: int) -> None:
    before, after = done("saturation", variant)
    assert sign * (chroma(after) - chroma(before)) > 15
    assert luma(after) == pytest.approx(luma(before), abs=2)


@pytest.mark.parametrize(("variant", "sign"), [("warmer", 1), ("cooler", -1)])
def test_warmth_moves_red_against_blue(variant: str, sign: int) -> None:
    before, after = (picture.reshape(-1, 3).mean(axis=0) for picture in done("color_temperature", variant))
    assert sign * (after[0] - before[0]) > 4
    assert sign * (after[2] - before[2]) < -4


def test_monochrome_has_no_colour() -> None:
    before, after = done("monochrome", "neutral")
    assert chroma(after) == 0.0
    assert luma(after) == pytest.approx(luma(before), abs=1)


def test_a_vignette_darkens_corners_only() -> None:
    before, after = done("vignette", "corners")
    assert luma(after[:20, :20]) < 0.65 * luma(before[:20, :20])
    assert np.array_equal(after[110:130, 150:170], before[110:130, 150:170])


def test_autumn_turns_foliage_from_green_to_orange() -> None:
    before, after = done("season", "autumn")
    leaves = leafiness(before.astype(np.float32)) > 0.6
    assert leaves.any()
    assert (before[leaves][:, 1] >= before[leaves][:, 0]).mean() > 0.9
    assert (after[leaves][:, 0] > after[leaves][:, 1]).mean() > 0.9


def test_winter_takes_colour_and_warmth() -> None:
    before, after = done("season", "winter")
    assert chroma(after) < 0.8 * chroma(before)
    assert after[..., 2].mean() - after[..., 0].mean() > before[..., 2].mean() - before[..., 0].mean()


def test_night_is_dark_and_blue() -> None:
    before, after = done("time_of_day", "night")
    assert luma(after) < 0.6 * luma(before)
    assert after[..., 2].mean() > after[..., 0].mean()


def test_golden_hour_is_warm() -> None:
    before, after = done("time_of_day", "golden")
    assert after[..., 0].mean() / after[..., 2].mean() > 1.25 * before[..., 0].mean() / before[..., 2].mean()


def test_light_from_the_left_leaves_the_right_dark() -> None:
    before, after = done("lighting", "left")
    assert luma(after[:, :30]) > 0.95 * luma(before[:, :30])
    assert luma(after[:, -30:]) < 0.6 * luma(before[:, -30:])


def test_blurred_surroundings_leave_the_subject_untouched() -> None:
    before, after = done("blur_background", "around")
    middle = slice(110, 150), slice(130, 175)
    assert np.array_equal(after[middle], before[middle])
    corner = slice(0, 60), slice(0, 60)
    assert sharpness(after[corner][..., 1]) < 0.1 * sharpness(before[corner][..., 1])


def test_dimmed_surroundings_leave_the_subject_untouched() -> None:
    before, after = done("dim_surroundings", "around")
    middle = slice(110, 150), slice(130, 175)
    assert np.array_equal(after[middle], before[middle])
    assert luma(after[:40, :40]) < 0.65 * luma(before[:40, :40])


@pytest.mark.parametrize(("operation", "variant", "sharper"), [("blur", "soft", False), ("sharpen", "crisp", True)])
def test_blur_and_sharpen_move_the_sharpness(operation: str, variant: str, sharper: bool) -> None:
    before, after = (sharpness(picture[..., 1]) for picture in done(operation, variant))
    assert after > 2 * before if sharper else after < before / 2


def test_grain_is_grey_noise_that_leaves_the_mean() -> None:
    before, after = done("grain", "film")
    change = after.astype(int) - before
    assert 6 < change.std() < 14
    assert abs(change.mean()) < 0.3
    assert np.ptp(change, axis=2).mean() < 0.5


def test_grain_differs_with_the_seed() -> None:
    grain = find("grain", "film")
    assert not np.array_equal(apply(photograph(), grain, 1), apply(photograph(), grain, 2))


def test_an_old_print_is_brown_and_flat() -> None:
    before, after = done("degrade", "print")
    red, _, blue = after.reshape(-1, 3).mean(axis=0)
    assert red > blue + 15
    assert after.std() < before.std()


@pytest.mark.parametrize(("variant", "turns"), [("right", -1), ("left", 1), ("half", 2)])
def test_rotation_is_clockwise_by_right_angles(variant: str, turns: int) -> None:
    before, after = done("rotate", variant)
    assert np.array_equal(after, np.rot90(before, turns))


def test_flips_mirror() -> None:
    assert np.array_equal(done("flip", "mirror")[1], photograph()[:, ::-1])
    assert np.array_equal(done("flip", "upside")[1], photograph()[::-1])


def test_crops_keep_the_named_part() -> None:
    assert np.array_equal(done("crop", "left")[1], photograph()[:, :160])
    assert np.array_equal(done("crop", "bottom")[1], photograph()[120:])
    assert done("crop", "square")[1].shape == (240, 240, 3)


def test_zooming_keeps_the_size_and_enlarges_the_middle() -> None:
    before, after = done("zoom", "close")
    assert after.shape == before.shape
    assert np.abs(after[::2, ::2].astype(int) - before[60:180, 80:240]).mean() < 12


def test_a_frame_covers_the_edges_only() -> None:
    before, after = done("frame", "plain")
    assert np.array_equal(after[12:-12, 12:-12], before[12:-12, 12:-12])
    assert (after[:12] == (250, 250, 248)).all()


def test_a_caption_changes_only_its_line() -> None:
    before, after = done("caption", "line")
    changed = (after != before).any(axis=2)
    rows = np.nonzero(changed.any(axis=1))[0]
    assert rows.min() > 0.86 * 240
    assert (after[changed].min(axis=1) > 200).mean() > 0.15


def test_a_long_caption_is_set_smaller_so_that_it_fits() -> None:
    long = Effect("caption", "line", {"text": "A very long line that would not fit into the picture", "where": "top"})
    changed = (apply(photograph(), long, 0) != photograph()).any(axis=2)
    assert not changed[:, :4].any()
    assert not changed[:, -4:].any()
