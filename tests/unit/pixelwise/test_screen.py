"""The pixel screen measures what its names say."""

from collections import deque

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.unit.photographic.scenes import candidate, photograph
from workers.pixelwise import change
from workers.pixelwise.arrays import Pixels
from workers.plugin import Options
from workers.screens.pixels import Screen, measures


def largest_by_flooding(flagged: list[list[bool]]) -> float:
    """The paper's check spelt out: share of flagged pixels in the largest 4-connected component."""
    left = {(y, x) for y, row in enumerate(flagged) for x, on in enumerate(row) if on}
    total, best = len(left), 0
    while left:
        queue, size = deque([left.pop()]), 0
        while queue:
            y, x = queue.popleft()
            size += 1
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in left:
                    left.remove(near)
                    queue.append(near)
        best = max(best, size)
    return best / total if total else 0.0


LEVELS = st.sampled_from([0, 39, 40, 41, 90, 255])
SMALL = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)), elements=LEVELS)


@given(SMALL, st.data())
def test_the_component_check_is_the_papers(source: Pixels, data: st.DataObject) -> None:
    edited = data.draw(arrays(np.uint8, source.shape, elements=LEVELS))
    flagged = [
        [any(abs(int(a) - int(b)) > 40 for a, b in zip(p, q, strict=True)) for p, q in zip(row, other, strict=True)]
        for row, other in zip(source, edited, strict=True)
    ]
    found = change.over(change.worst_channel(change.difference(source, edited)), change.FLAG)
    assert [[bool(value) for value in row] for row in found] == flagged
    assert change.largest_component(found) == pytest.approx(largest_by_flooding(flagged))


def test_diagonal_neighbours_are_not_connected() -> None:
    flagged = np.zeros((4, 4), np.uint8)
    flagged[0, 0] = flagged[1, 1] = 255
    assert change.largest_component(flagged) == 0.5


def test_no_edit_has_no_component_and_no_difference() -> None:
    found = measures(photograph(), photograph())
    assert found["pixels.largest_component"] == 0.0
    assert found["pixels.flagged"] == found["pixels.changed"] == found["pixels.mean_difference"] == 0.0
    assert found["pixels.ssim"] == pytest.approx(1.0)
    assert found["pixels.hash_distance"] == 0.0


@pytest.mark.parametrize(("across", "down"), [(3, 0), (0, 5), (-4, 2), (6, -6)])
def test_a_moved_picture_is_measured_in_pixels(across: int, down: int) -> None:
    wide = photograph(420, 360)
    source = np.ascontiguousarray(wide[20:-20, 20:-20])
    edited = np.ascontiguousarray(wide[20 + down : -20 + down, 20 + across : -20 + across])
    assert measures(source, edited)["pixels.shift"] == pytest.approx(np.hypot(across, down), abs=0.4)


def test_a_large_local_edit_is_no_shift() -> None:
    edited = photograph().copy()
    edited[60:180, 90:230] = (210, 40, 60)
    assert measures(photograph(), edited)["pixels.shift"] < 0.3


def test_shift_is_told_at_the_scale_of_the_picture() -> None:
    wide = cv2.resize(photograph(420, 360), (1680, 1440), interpolation=cv2.INTER_CUBIC)
    source, edited = (np.ascontiguousarray(wide[:, left : left + 1600]) for left in (0, 12))
    assert measures(np.asarray(source, np.uint8), np.asarray(edited, np.uint8))["pixels.shift"] == pytest.approx(
        12, abs=2
    )


def test_pictures_of_other_sizes_are_only_told_apart() -> None:
    found = measures(photograph(), photograph(200, 200))
    assert found["pixels.same_size"] == 0.0
    assert set(found) == {"pixels.same_size", "pixels.hash_distance"}


def edited_inside(outside: Pixels) -> Pixels:
    edited = outside.copy()
    edited[80:160, 100:200] = (20, 250, 250)
    return edited


def test_blur_outside_the_edit_lowers_the_sharpness_ratio() -> None:
    softened = edited_inside(np.asarray(cv2.GaussianBlur(photograph(), (0, 0), 1.2), np.uint8))
    assert measures(photograph(), edited_inside(photograph()))["pixels.sharpness_ratio"] == pytest.approx(1.0)
    assert measures(photograph(), softened)["pixels.sharpness_ratio"] < 0.4


def test_a_colour_cast_outside_the_edit_is_drift() -> None:
    cast = np.clip(photograph().astype(np.int16) + np.array([14, 0, -14]), 0, 255).astype(np.uint8)
    assert measures(photograph(), edited_inside(photograph()))["pixels.colour_drift"] == pytest.approx(0.0)
    assert measures(photograph(), edited_inside(cast))["pixels.colour_drift"] > 4.0


def test_a_line_along_one_side_is_border_excess() -> None:
    edited = photograph().copy()
    edited[-3:] = 0
    assert measures(photograph(), edited)["pixels.border_excess"] > 30.0
    assert measures(photograph(), edited_inside(photograph()))["pixels.border_excess"] == 0.0


def test_nothing_is_measured_outside_an_edit_of_everything() -> None:
    found = measures(photograph(), 255 - photograph())
    assert "pixels.colour_drift" not in found
    assert "pixels.sharpness_ratio" not in found


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (23, 23), (64, 64)])
def test_tiny_pictures_are_measured_without_error(size: tuple[int, int]) -> None:
    source = photograph(*size)
    found = measures(source, np.asarray(255 - source, np.uint8))
    assert all(np.isfinite(value) for value in found.values())


def test_the_plugin_answers_each_task_in_order() -> None:
    edited = edited_inside(photograph())
    first, second = Screen(Options()).screen([candidate(photograph(), edited), candidate(photograph(), photograph())])
    assert first.measures["pixels.largest_component"] == 1.0
    assert second.measures["pixels.largest_component"] == 0.0
