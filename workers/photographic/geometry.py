"""Edits of geometry: right-angle turns, mirroring, cropping, zooming; also of masks (height x width)."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.photographic.effect import Effect
from workers.pixelwise.arrays import Pixels

ArrayT = TypeVar("ArrayT", bound=NDArray[np.generic])


def dihedral(pixels: Pixels) -> dict[tuple[int, bool], Pixels]:
    """The eight right-angle views: quarter turns clockwise, and whether the picture was mirrored left-right first."""
    mirrored = pixels[:, ::-1]
    return {
        (turns, flipped): np.rot90(mirrored if flipped else pixels, -turns)
        for turns in range(4)
        for flipped in (False, True)
    }


def view(effect: Effect) -> tuple[int, bool]:
    """Which of the eight views a rotation or flip asks for."""
    if effect.operation == "rotate":
        return round(effect.number("degrees") / 90) % 4, False
    return (0, True) if effect.word("axis") == "horizontal" else (2, True)


def turn(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture turned or mirrored."""
    turns, flipped = view(effect)
    return np.ascontiguousarray(np.rot90(pixels[:, ::-1] if flipped else pixels, -turns))


def unturn(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture before `turn`."""
    turns, flipped = view(effect)
    back = np.rot90(pixels, turns)
    return np.ascontiguousarray(back[:, ::-1] if flipped else back)


def box(effect: Effect, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of the part a crop keeps."""
    x, y, w, h = (effect.number(name) for name in ("x", "y", "w", "h"))
    left, top = min(round(x * width), width - 1), min(round(y * height), height - 1)
    return (
        left,
        top,
        max(left + 1, min(round((x + w) * width), width)),
        max(top + 1, min(round((y + h) * height), height)),
    )


def crop(pixels: Pixels, effect: Effect) -> Pixels:
    """The part of the picture that is kept."""
    left, top, right, bottom = box(effect, *pixels.shape[:2])
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def zoom(pixels: Pixels, effect: Effect) -> Pixels:
    """The middle of the picture, enlarged to the picture's size."""
    return zoomed(pixels, effect.number("factor"), pixels.shape[1], pixels.shape[0])


def zoomed(pixels: Pixels, factor: float, width: int, height: int) -> Pixels:
    """The middle 1/factor of the picture, resampled to width x height."""
    down, across = pixels.shape[:2]
    middle = np.array([across / 2, down / 2])
    scale = np.array([width * factor / across, height * factor / down])
    offset = np.array([width / 2, height / 2]) - scale * middle + (scale - 1) / 2
    matrix = np.array([[scale[0], 0, offset[0]], [0, scale[1], offset[1]]])
    how = cv2.INTER_CUBIC if min(scale) >= 1 else cv2.INTER_AREA
    if how == cv2.INTER_CUBIC:
        return np.asarray(
            cv2.warpAffine(pixels, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )
    half = np.array([across, down]) / (2 * factor)
    left, top = np.round(middle - half).astype(int)
    right, bottom = np.round(middle + half).astype(int)
    return np.asarray(cv2.resize(pixels[top:bottom, left:right], (width, height), interpolation=how), np.uint8)
