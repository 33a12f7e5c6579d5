"""Jobs are drawn at few sizes, in whole patches; answers of editors have their source's size."""

from typing import Any

import pytest

from tests.diffusion.conftest import Load
from tests.diffusion.families import EDITORS, FLUX, KONTEXT, Family, edit, prompt
from workers.diffusion.rows import Row, batches, padded
from workers.diffusion.sizes import MOST_PIXELS, Size, drawn_at, ladder, sizes


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [
        (Size(1024, 1024), Size(1024, 1024)),
        (Size(640, 1600), Size(640, 1600)),
        (Size(1000, 700), Size(992, 688)),
        (Size(8, 8), Size(64, 64)),
        (Size(4000, 3000), Size(1168, 880)),
    ],
)
def test_any_size_is_drawn_in_whole_patches_and_at_most_a_megapixel(asked: Size, drawn: Size) -> None:
    assert drawn_at(asked) == drawn
    assert drawn.width * drawn.height <= MOST_PIXELS


def test_where_sizes_are_set_the_nearest_shape_is_drawn() -> None:
    only = sizes("1024x1024+1344x768 768x1344")
    assert [drawn_at(Size(*asked), only) for asked in ((500, 510), (1920, 1080), (9, 16))] == list(only)


@pytest.mark.parametrize("text", ["1024", "1024x", "1000x1001", "32x64", "x", "1024x1024,512x512"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        sizes(text)


def test_a_ladder_of_batches_ends_with_the_largest() -> None:
    assert [ladder(most) for most in (1, 2, 6, 8)] == [(1,), (1, 2), (1, 2, 4, 6), (1, 2, 4, 8)]


SQUARE = Size(64, 64)


def row(seed: int = 0, text: str = "t", name: str = "", size: Size = SQUARE) -> Row:
    return Row(text, seed, size, size, name=name)


def test_batches_are_of_one_size_and_hold_every_row_once() -> None:
    rows = [row(n, size=Size(64, 64) if n % 2 else Size(96, 64)) for n in range(9)]
    found = batches(rows, lambda _: (), lambda size: 2 if size.width == 96 else 3)
    assert sorted(number for batch in found for number in batch) == list(range(9))
    assert all(len({rows[number].size for number in batch}) == 1 for batch in found)
    assert sorted(map(len, found)) == [1, 1, 2, 2, 3]


def test_attempts_on_one_source_are_neighbours() -> None:
    rows = [row(n, name=f"s{n % 2}", text=f"t{n % 3}") for n in range(8)]
    (first, second) = batches(rows, lambda _: (), lambda _: 4)
    assert [{rows[n].name for n in batch} for batch in (first, second)] == [{"s0"}, {"s1"}]


def test_padding_repeats_the_last_row_up_to_the_next_batch_size() -> None:
    rows = [row(n) for n in range(3)]
    assert [one.seed for one in padded(rows, (1, 2, 4, 6))] == [0, 1, 2, 2]
    assert padded(rows, ()) == rows


def test_prompts_of_other_sizes_are_other_calls(anew: Load) -> None:
    plugin: Any = anew(FLUX)
    tasks = [prompt(width=width, seed=seed) for seed in (1, 2) for width in (64, 96)]
    assert [answer.pixels.shape[:2] for answer in plugin.generate(tasks)] == [(64, 64), (64, 96)] * 2
    assert plugin.host.calls == [2, 2]


@pytest.mark.parametrize("family", EDITORS, ids=str)
def test_an_edited_picture_has_its_sources_size(family: Family, loaded: Load) -> None:
    plugin: Any = loaded(family, batch=8)
    tasks = [edit(0, width=96, height=64), edit(1, width=70, height=75), edit(2, width=8, height=8)]
    assert [answer.pixels.shape for answer in plugin.edit(tasks)] == [(64, 96, 3), (75, 70, 3), (8, 8, 3)]


def test_sizes_that_are_set_are_warmed_up_at_the_start(anew: Load) -> None:
    plugin: Any = anew(KONTEXT, sizes="64x64+96x64", batch=2)
    assert plugin.host.calls == [2, 2]
    (answer,) = plugin.edit([edit(width=90, height=64)])
    assert answer.pixels.shape == (64, 90, 3)
