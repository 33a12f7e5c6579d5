"""Near-duplicates: what two pictures' hashes say, and which of many triplets are found by them."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streams.dataset.duplicates import MOST_BITS, Looks, alike, phash

Pixels = NDArray[np.uint8]


def scene(seed: int, height: int = 96, width: int = 128) -> Pixels:
    """Smooth coloured blobs."""
    chance = np.random.default_rng(seed)
    down, right = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 3))
    for _ in range(8):
        y, x, size = chance.uniform(0, height), chance.uniform(0, width), chance.uniform(8, 30)
        blob = np.exp(-((down - y) ** 2 + (right - x) ** 2) / (2 * size**2))
        picture += blob[..., None] * chance.uniform(0, 255, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def apart(one: Pixels, other: Pixels) -> int:
    return (phash(one) ^ phash(other)).bit_count()


def test_a_picture_stays_near_itself_when_it_is_scaled_brightened_or_made_noisy() -> None:
    for seed in range(10):
        picture = scene(seed)
        noisy = np.clip(picture + np.random.default_rng(seed).normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
        assert apart(picture, picture[::2, ::2]) <= 6
        assert apart(picture, np.clip(picture.astype(int) + 8, 0, 255).astype(np.uint8)) <= 6
        assert apart(picture, noisy) <= 6


def test_other_pictures_are_far() -> None:
    hashes = [phash(scene(seed)) for seed in range(40)]
    assert min((a ^ b).bit_count() for i, a in enumerate(hashes) for b in hashes[:i]) > MOST_BITS


def test_flat_pictures_hash_alike_whatever_their_colour() -> None:
    assert phash(np.full((50, 70, 3), 17, np.uint8)) == phash(np.full((64, 64, 3), 201, np.uint8))


def looks(rows: list[tuple[int, int, int, int, int, int]]) -> Looks:
    columns = np.array(rows, np.uint64).reshape(-1, 6).T
    return Looks(*(np.ascontiguousarray(column) for column in columns))


def plainly(rows: list[tuple[int, int, int, int, int, int]], bits: int) -> list[bool]:
    """The rule, compared one by one."""

    def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        close = (one[0] ^ other[0]).bit_count() <= bits and (one[1] ^ other[1]).bit_count() <= bits
        return close and one[2] == other[2] and (one[3] == other[3] or not (one[4] == other[4] or one[5] == other[5]))

    return [any(near(row, better) for better in rows[:at]) for at, row in enumerate(rows)]


@st.composite
def crowded(draw: st.DrawFn) -> list[tuple[int, int, int, int, int, int]]:
    """Hashes a few bits from a few others, of few operations, words, sources and pictures."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3))
    flips = st.sets(st.integers(0, 63), max_size=8)

    def hashed() -> int:
        return draw(st.sampled_from(centres)) ^ sum(1 << bit for bit in draw(flips))

    few = st.integers(0, 2)
    count = draw(st.integers(0, 25))
    return [(hashed(), hashed(), draw(few), draw(few), draw(few), draw(few)) for _ in range(count)]


@given(crowded(), st.integers(0, MOST_BITS))
@settings(max_examples=150)
def test_bands_find_exactly_what_comparing_all_finds(
    rows: list[tuple[int, int, int, int, int, int]], bits: int
) -> None:
    assert alike(looks(rows), bits).tolist() == plainly(rows, bits)


def random_looks(count: int, seed: int = 1) -> Looks:
    chance = np.random.default_rng(seed)
    columns = [chance.integers(0, 2**64, count, np.uint64) for _ in range(6)]
    columns[2] %= np.uint64(5)
    return Looks(*columns)


def test_planted_pairs_are_found_among_very_many_and_nothing_else_is() -> None:
    made = random_looks(50_000)
    planted = np.arange(100, 50_000, 500)
    chance = np.random.default_rng(2)
    for at in planted:
        for hashes in (made.before, made.after):
            bits = chance.choice(64, 4, replace=False)
            hashes[at] = hashes[at - 100] ^ np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64))
        made.operation[at] = made.operation[at - 100]
    assert np.flatnonzero(alike(made, 4)).tolist() == planted.tolist()


def test_thousands_that_are_all_alike_leave_one_in_little_time() -> None:
    made = random_looks(30_000)
    made.before[:], made.after[:], made.operation[:] = 7, 9, 1
    made.before[::3] ^= np.uint64(1)
    started = time.process_time()
    out = alike(made, 8)
    assert time.process_time() - started < 20
    assert np.flatnonzero(~out).tolist() == [0]


def test_more_bits_than_can_be_looked_for_are_refused() -> None:
    with pytest.raises(ValueError, match="13 bits"):
        alike(random_looks(2), 13)
