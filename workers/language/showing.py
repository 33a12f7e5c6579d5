"""Pictures as they are shown to a model: JPEG of bounded size and side, from pixels alone, without their notes."""

from collections.abc import Sequence

import cv2
import numpy as np

from schemas.ports import Image
from workers.language.asking import Picture
from workers.pixelwise.arrays import Pixels, shrunk

BUDGET = 250 * 1024
"""Bytes a picture: what judges are served well and cheaply with; a PNG of a megapixel is six times that."""
QUALITIES = (93, 86, 78, 68, 55, 40)
"""JPEG qualities that are tried, the first of which mostly serves a megapixel. Below the last one a picture is made
smaller instead: its blocks would be taken for flaws."""
SMALLER = 0.85
LEAST_SIDE = 64


def shown(images: Sequence[Image], side: int, budget: int = BUDGET) -> list[Picture]:
    """The pictures as JPEG, no side longer than `side` pixels, each of at most `budget` bytes (tiny ones: whatever).

    All have one quality, so that no difference between them comes from their files. A picture's note is ground truth
    and no part of the file. One encoding takes about 15 ms a megapixel, in which other threads run on.
    """
    pixels = [shrunk(image.pixels, side) for image in images]
    files: list[bytes] = []
    for quality in QUALITIES:
        files = [_jpeg(one, quality) for one in pixels]
        if all(len(data) <= budget for data in files):
            break
    else:
        files = [_fitting(one, budget) for one in pixels]
    return [Picture(data, "image/jpeg") for data in files]


def _fitting(pixels: Pixels, budget: int) -> bytes:
    data = _jpeg(pixels, QUALITIES[-1])
    while len(data) > budget and max(pixels.shape) > LEAST_SIDE:
        pixels = shrunk(pixels, round(max(pixels.shape[:2]) * SMALLER))
        data = _jpeg(pixels, QUALITIES[-1])
    return data


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"pixels of shape {pixels.shape} cannot be written as JPEG")
    return np.asarray(data).tobytes()
