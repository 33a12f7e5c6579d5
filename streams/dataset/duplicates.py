"""Near-duplicates: the perceptual hash of a picture, and which of very many triplets look like a better one.

pHash as in Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010): the lowest 8 x 8
frequencies of a 32 x 32 grey picture, each above their median or not. Hashes at most N bits apart agree wholly in one
of N + 1 bands (Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", 2012), so only
triplets are compared that agree in a band of both pictures' hashes.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from schemas.ports import Pixels

BITS = 64
MOST_BITS = 12
"""More bits apart is no likeness any more, and bands get too short to find it by."""
NEIGHBOURS = 2048
"""Triplets are compared with so many others of a band at most: however alike all are, time grows with their number."""
_SIDE, _LOW = 32, 8

Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def phash(pixels: "Pixels") -> int:
    """The perceptual hash, 64 bits, of a picture (height x width x 3, RGB)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.rint(np.asarray(cv2.dct(small))[:_LOW, :_LOW].ravel())  # of a flat picture they are noise about zero
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes())


@dataclass(frozen=True, slots=True)
class Looks:
    """Triplets, the best first, an array of as many 64-bit words each.

    `before` and `after` are hashes of their pictures. `operation` and `words` (of the instruction), `source` (its id)
    and `picture` (the source's) are any numbers that are equal for what is equal.
    """

    before: Words
    after: Words
    operation: Words
    words: Words
    source: Words
    picture: Words


def alike(looks: Looks, bits: int) -> Flags:
    """Whether each is left out: a better one of the same operation has both hashes within `bits` of its own.

    A small edit hardly shows in a hash, so of one source, or one source picture, only triplets with the same words
    count as duplicates. Raises `ValueError` for more than `MOST_BITS`.
    """
    if not 0 <= bits <= MOST_BITS:
        raise ValueError(f"{bits} bits; 0 to {MOST_BITS} can be looked for")
    out = np.zeros(len(looks.before), np.bool_)
    edges = [BITS * number // (bits + 1) for number in range(bits + 2)]
    bands = list(pairwise(edges))
    for first in bands:
        for second in bands:
            _within(looks, _key(looks, first, second), bits, out)
    return out


def _key(looks: Looks, first: tuple[int, int], second: tuple[int, int]) -> Words:
    """A number that is equal for triplets of one operation which agree in both bands (and rarely for others)."""
    mixed = looks.operation.copy()
    for hashes, (start, end) in ((looks.before, first), (looks.after, second)):
        band = (hashes >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)
        mixed = (mixed ^ band) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _within(looks: Looks, key: Words, bits: int, out: Flags) -> None:
    """Mark those with a better one among the `NEIGHBOURS` before them of the same key."""
    order = np.argsort(key, kind="stable")
    key = key[order]
    active = np.flatnonzero(~out[order])
    for back in range(1, NEIGHBOURS + 1):
        active = active[active >= back]
        active = active[key[active] == key[active - back]]
        if not len(active):
            return
        found = _near(looks, order[active], order[active - back], bits)
        out[order[active[found]]] = True
        active = active[~found]


def _near(looks: Looks, ours: NDArray[np.intp], theirs: NDArray[np.intp], bits: int) -> Flags:
    def apart(hashes: Words) -> NDArray[np.uint8]:
        return np.asarray(np.bitwise_count(hashes[ours] ^ hashes[theirs]))

    def same(values: Words) -> Flags:
        return np.asarray(values[ours] == values[theirs])

    near = (apart(looks.before) <= bits) & (apart(looks.after) <= bits) & same(looks.operation)
    return np.asarray(near & (same(looks.words) | ~(same(looks.source) | same(looks.picture))))
