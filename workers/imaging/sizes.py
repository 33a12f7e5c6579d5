"""Sizes of pictures: what a service is asked for, and what becomes of an answer that has another one.

Services draw in sizes of their own. An answer is brought to the size that was wished for only where that is a mere
change of scale. Anything else is handed on as it came, for the screens to tell (`pixels.same_size`): nothing is ever
cropped or padded, since no pixel of an edit would lie where its source has it.
"""

import math

import cv2
import numpy as np

from workers.pixelwise.arrays import Pixels

MOST_ENLARGED = 2.0
"""Beyond this factor a side shows nothing but blur."""
STEP = 16
LEAST_PIXELS, LARGEST_PIXELS = 655_360, 8_294_400
LONGEST = 3840
WIDEST = 3.0
"""Sizes of gpt-image-2 and later: sides in steps of 16 up to 3840, 1:3 to 3:1, within these numbers of pixels.

https://developers.openai.com/api/docs/guides/image-generation
"""
THREE = ((1024, 1024), (1536, 1024), (1024, 1536))
"""Sizes of gpt-image-1.5 and gpt-image-1-mini."""
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
"""Shapes that every Gemini image model draws (https://ai.google.dev/gemini-api/docs/image-generation)."""
_LOOKED_AT = 12


def fitted(pixels: Pixels, width: int, height: int, tolerance: float) -> Pixels:
    """The picture at `width` x `height`, if its aspect ratio is theirs but for `tolerance` (0.01: one per cent).

    Then each side is scaled by itself: by area averaging where both shrink, else by Lanczos' filter over 8 x 8 pixels.
    A picture of another aspect ratio, or one that would have to be more than twice as large, is given as it came.
    """
    has_height, has_width = pixels.shape[:2]
    if (has_width, has_height) == (width, height):
        return pixels
    across, down = width / has_width, height / has_height
    if unlike(has_width / has_height, width / height) > tolerance or max(across, down) > MOST_ENLARGED:
        return pixels
    how = cv2.INTER_AREA if max(across, down) <= 1.0 else cv2.INTER_LANCZOS4
    return np.ascontiguousarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def unlike(ratio: float, other: float) -> float:
    """How far two aspect ratios are apart, as a share of the smaller one."""
    return max(ratio / other, other / ratio) - 1.0


def on_grid(width: int, height: int) -> str:
    """The size that newer GPT image models are asked for: of the source's shape, at least as large where it can be.

    "auto" for a source that is wider or taller than they draw.
    """
    ratio = width / height
    if max(ratio, 1 / ratio) > WIDEST:
        return "auto"
    most = min(LARGEST_PIXELS, LONGEST**2 / max(ratio, 1 / ratio))
    area = min(max(width * height, LEAST_PIXELS), most)
    start = math.ceil(math.sqrt(area * ratio) / STEP)
    found = [_of_width(step * STEP, ratio) for step in range(max(1, start - _LOOKED_AT), start + _LOOKED_AT)]
    possible = [size for size in found if LEAST_PIXELS <= size[0] * size[1] <= LARGEST_PIXELS and max(size) <= LONGEST]
    best = min(possible, key=lambda size: (round(unlike(size[0] / size[1], ratio), 3), _off(size[0], start * STEP)))
    return f"{best[0]}x{best[1]}"


def _off(width: int, wanted: int) -> tuple[bool, int]:
    return width < wanted, abs(width - wanted)


def _of_width(width: int, ratio: float) -> tuple[int, int]:
    return width, max(1, round(width / ratio / STEP)) * STEP


def of_three(width: int, height: int) -> str:
    """The size that older GPT image models are asked for: the one of the most alike shape."""
    best = min(THREE, key=lambda size: unlike(size[0] / size[1], width / height))
    return f"{best[0]}x{best[1]}"


def shape(width: int, height: int, tolerance: float = math.inf) -> str:
    """Gemini's name of the most alike shape; "" where none is within the tolerance."""
    found = {name: unlike(_ratio(name), width / height) for name in RATIOS}
    best = min(found, key=lambda name: found[name])
    return best if found[best] <= tolerance else ""


def _ratio(name: str) -> float:
    across, down = name.split(":")
    return int(across) / int(down)
