"""Sizes to draw at: few of them, in whole patches, so that jobs share batches and kernels."""

import math
import re
from typing import NamedTuple

LEAST_SIDE = 64
MOST_PIXELS = 1024 * 1024
MULTIPLE = 16
"""Pixels of a latent patch for most models: 8 of the autoencoder, 2 of the transformer."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def sizes(text: str) -> tuple[Size, ...]:
    """Those that "1024x1024+832x1216" names; raises `ValueError`."""
    found = []
    for part in filter(None, re.split(r"[+\s]+", text)):
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", part)
        size = Size(int(match[1]), int(match[2])) if match else Size(0, 0)
        if min(size) < LEAST_SIDE or any(side % MULTIPLE for side in size):
            raise ValueError(f"{part!r} is no size: write 1024x1024, sides from {LEAST_SIDE} in steps of {MULTIPLE}")
        found.append(size)
    return tuple(found)


def drawn_at(asked: Size, only: tuple[Size, ...] = (), multiple: int = MULTIPLE) -> Size:
    """The size to draw at: the one of `only` whose shape is nearest, else `asked` cut to patches and a megapixel."""
    if only:
        ratio = math.log(asked.width / asked.height)
        return min(only, key=lambda size: (abs(math.log(size.width / size.height) - ratio), -size.width * size.height))
    scale = min(1.0, math.sqrt(MOST_PIXELS / (asked.width * asked.height)))
    width, height = (max(LEAST_SIDE, int(side * scale) // multiple * multiple) for side in asked)
    return Size(width, height)


def ladder(most: int) -> tuple[int, ...]:
    """The batch sizes that batches are padded to: powers of two, and `most`."""
    return (*(2**power for power in range(most.bit_length()) if 2**power < most), most)
