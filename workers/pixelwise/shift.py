"""How far a whole picture moved, measured so that a local edit does not count as a move."""

import cv2
import numpy as np

from workers.pixelwise.arrays import Pixels, Plane

TILES = 4
"""Tiles a side; each votes with its own phase correlation and the median is taken."""
RESPONSE = 0.12
"""Peaks below this hold no answer: a flat tile, or one whose content was replaced."""
TEXTURE = 2.0
VOTERS = 4
EVEN = 16
"""Tile sides are multiples of this: OpenCV pads others, which biases the peak by half a pixel."""


def global_shift(source: Pixels, edited: Pixels) -> float | None:
    """Length in pixels of the median shift over 4 x 4 tiles of two lumas of one size (shrink them to <= 512 first).

    None when fewer than four tiles hold an answer.
    """
    height, width = (side // TILES // EVEN * EVEN for side in source.shape[:2])
    if min(height, width) < 16:
        return None
    window = np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)
    tiles = [
        (slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width))
        for row in range(TILES)
        for column in range(TILES)
    ]
    votes = [vote for tile in tiles if (vote := _vote(source[tile], edited[tile], window)) is not None]
    if len(votes) < VOTERS:
        return None
    across, down = np.median(np.asarray(votes), axis=0)
    return float(np.hypot(across, down))


def _vote(source: Pixels, edited: Pixels, window: Plane) -> tuple[float, float] | None:
    if float(cv2.meanStdDev(source)[1][0, 0]) < TEXTURE:
        return None
    if cv2.norm(source, edited, cv2.NORM_INF) == 0.0:
        return (0.0, 0.0)
    (across, down), response = cv2.phaseCorrelate(source.astype(np.float32), edited.astype(np.float32), window)
    return (across, down) if response >= RESPONSE else None
