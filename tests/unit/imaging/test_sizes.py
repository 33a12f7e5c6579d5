"""The size that is asked for, and what becomes of an answer of another one."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.photographic.scenes import photograph
from workers.imaging import sizes
from workers.imaging.sizes import fitted, of_three, on_grid, shape

SIDES = st.integers(16, 8192)


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    pixels = photograph(96, 64)
    assert fitted(pixels, 96, 64, 0.01) is pixels


@pytest.mark.parametrize("size", [(192, 128), (48, 32), (97, 64), (96, 65)])
def test_an_answer_of_the_same_shape_is_brought_to_size_in_register(size: tuple[int, int]) -> None:
    source = photograph(192, 128, seed=3)
    answer = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = fitted(answer, 96, 64, 0.02)
    wanted = cv2.resize(source, (96, 64), interpolation=cv2.INTER_AREA)
    assert found.shape == (64, 96, 3)
    assert found.flags.c_contiguous
    one, other = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float64) for each in (found, np.asarray(wanted)))
    (across, down), _ = cv2.phaseCorrelate(one, other)
    assert abs(across) + abs(down) < 0.3


def test_what_is_enlarged_is_smooth() -> None:
    ramp = np.repeat(np.arange(0, 240, 4).astype(np.uint8)[None, :, None], 40, 0).repeat(3, 2)
    found = fitted(np.ascontiguousarray(ramp), 90, 60, 0.01).astype(int)
    steps = np.diff(found[30, 10:-10, 0])
    assert steps.min() >= 2
    assert steps.max() <= 4


@pytest.mark.parametrize("size", [(100, 64), (64, 64), (64, 96), (40, 27)])
def test_an_answer_of_another_shape_or_far_too_small_is_handed_on_as_it_came(size: tuple[int, int]) -> None:
    answer = photograph(*size)
    assert fitted(answer, 96, 64, 0.01) is answer


def test_the_tolerance_is_the_share_that_is_said() -> None:
    answer = photograph(102, 100)
    assert fitted(answer, 100, 100, 0.019) is answer
    assert fitted(answer, 100, 100, 0.021).shape == (100, 100, 3)


@given(width=SIDES, height=SIDES)
def test_a_size_on_the_grid_is_one_that_can_be_drawn(width: int, height: int) -> None:
    found = on_grid(width, height)
    if max(width / height, height / width) > sizes.WIDEST:
        assert found == "auto"
        return
    across, down = map(int, found.split("x"))
    assert across % 16 == down % 16 == 0
    assert sizes.LEAST_PIXELS <= across * down <= sizes.LARGEST_PIXELS
    assert max(across, down) <= sizes.LONGEST
    assert sizes.unlike(across / down, width / height) <= 0.01


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((1024, 1024), "1024x1024"), ((1000, 750), "1024x768"), ((1920, 1080), "2048x1152"), ((512, 512), "816x816")],
)
def test_sizes_on_the_grid_are_near_the_sources(size: tuple[int, int], wanted: str) -> None:
    assert on_grid(*size) == wanted


@pytest.mark.parametrize(
    ("size", "wanted"), [((800, 801), "1024x1024"), ((640, 480), "1536x1024"), ((480, 640), "1024x1536")]
)
def test_of_three_sizes_the_one_of_the_most_alike_shape_is_asked_for(size: tuple[int, int], wanted: str) -> None:
    assert of_three(*size) == wanted


def test_shapes_have_names_unless_none_is_alike() -> None:
    assert shape(1024, 768) == "4:3"
    assert shape(768, 1344) == "9:16"
    assert shape(1000, 700) == "3:2"
    assert shape(1000, 700, tolerance=0.03) == ""
