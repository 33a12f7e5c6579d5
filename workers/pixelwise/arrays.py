"""Array types, and the few shape changes every measurement shares."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height x width x 3, RGB, or height x width; 0-255."""
Plane = NDArray[np.floating[Any]]
"""Height x width (x 3), floating point."""
Mask = NDArray[np.bool_]
"""Height x width; what is meant is True."""


def grey(pixels: Pixels) -> Pixels:
    """Rec. 601 luma of an RGB picture, height x width."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def shrunk(pixels: Pixels, longest: int) -> Pixels:
    """The picture with its longer side at most `longest`, by area averaging; smaller ones are returned as they are."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def thumbnail(pixels: Pixels, side: int) -> Plane:
    """The luma on a `side` x `side` grid whatever the aspect, with mean 0 and norm 1 (all 0 for a flat picture)."""
    small = cv2.resize(grey(pixels), (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    norm = float(np.linalg.norm(small))
    return np.asarray(small / norm if norm > 1e-3 * side else small * 0.0, np.float32)
