"""Edits of light: exposure, contrast, direction, corners and surroundings, worked in linear light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.photographic.effect import Effect
from workers.pixelwise.arrays import Pixels, Plane

_LEVELS = np.arange(256) / 255.0
LINEAR: Plane = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""Linear light of each sRGB level (IEC 61966-2-1)."""
_STEPS = 4095
_ROOTS = (np.arange(_STEPS + 1) / _STEPS) ** 2
_LEVEL: NDArray[np.uint8] = np.round(
    255 * np.where(_ROOTS <= 0.0031308, 12.92 * _ROOTS, 1.055 * _ROOTS ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def linear(pixels: Pixels) -> Plane:
    """sRGB levels as linear light, 0 to 1."""
    return LINEAR[pixels]


def levels(light: Plane) -> Pixels:
    """Linear light as sRGB levels; clips."""
    root = np.sqrt(np.clip(light, 0.0, 1.0))
    return _LEVEL[(root * _STEPS + 0.5).astype(np.int32)]


def table(pixels: Pixels, curve: Plane | NDArray[np.uint8]) -> Pixels:
    """A 256-entry curve (or 256 x 3, a curve a channel), in levels, applied to the picture; clips."""
    entries = np.clip(np.round(curve), 0, 255).astype(np.uint8)
    lut = entries.reshape(256, 1, 3) if entries.ndim == 2 else entries
    return np.asarray(cv2.LUT(pixels, lut), np.uint8)


def grid(height: int, width: int) -> tuple[Plane, Plane]:
    """Centres of the pixels in a unit square: x as 1 x width, y as height x 1."""
    across = (np.arange(width, dtype=np.float32) + 0.5) / width
    down = (np.arange(height, dtype=np.float32) + 0.5) / height
    return across[None, :], down[:, None]


def smooth(value: Plane) -> Plane:
    """The cubic step from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped), np.float32)


def surroundings(effect: Effect, height: int, width: int) -> Plane:
    """0 inside the effect's ellipse (centre x, y and half axes rx, ry as shares), 1 well outside of it."""
    across, down = grid(height, width)
    x, y, rx, ry = (effect.number(name) for name in ("x", "y", "rx", "ry"))
    distance = np.sqrt(((across - x) / rx) ** 2 + ((down - y) / ry) ** 2)
    return smooth(np.asarray((distance - 1.0) / 0.35, np.float32))


def light_map(effect: Effect, height: int, width: int) -> Plane:
    """By how many stops the effect changes the light at each pixel."""
    across, down = grid(height, width)
    if effect.operation == "exposure":
        shape = np.ones((1, 1), np.float32)
    elif effect.operation == "dim_surroundings":
        shape = surroundings(effect, height, width)
    elif effect.operation == "vignette":
        distance = np.sqrt((across - 0.5) ** 2 + (down - 0.5) ** 2) / np.sqrt(0.5)
        shape = smooth(np.asarray((distance - 0.35) / 0.65, np.float32))
    else:
        shape = _beam(effect.word("side"), across, down)
    return np.asarray(np.broadcast_to(effect.number("stops") * shape, (height, width)), np.float32)


def _beam(side: str, across: Plane, down: Plane) -> Plane:
    """0 where the light falls, -1 where it no longer reaches."""
    if side == "middle":
        distance = np.sqrt((across - 0.5) ** 2 + (down - 0.5) ** 2)
        return np.asarray(-smooth(np.asarray((distance - 0.12) / 0.5, np.float32)), np.float32)
    along = {"left": across, "right": 1.0 - across, "top": down}[side]
    return np.asarray(-smooth(np.asarray((along - 0.1) / 0.85, np.float32)), np.float32)


def soft(effect: Effect) -> bool:
    """Whether light is changed along y = gx / (1 + (g - 1)x), which clips nothing, and not by the plain gain g."""
    return effect.operation == "exposure" and effect.number("stops") > 0


def relight(pixels: Pixels, effect: Effect, sign: float = 1.0) -> Pixels:
    """The picture under the effect's light map; `sign` -1 takes the same light away."""
    if effect.operation == "exposure":
        gain = float(2.0 ** (sign * effect.number("stops")))
        y = _lit(LINEAR, np.float32(gain), soft(effect))
        return table(pixels, levels(y))
    stops = light_map(effect, *pixels.shape[:2])
    return levels(_lit(linear(pixels), np.exp2(sign * stops)[:, :, None], soft(effect)))


def _lit(light: Plane, gain: Plane | np.float32, softly: bool) -> Plane:
    lit = gain * light
    return np.asarray(lit / (1.0 + lit - light) if softly else lit, np.float32)


def contrast_curve(gain: float) -> Plane:
    """Levels after contrast `gain`: below 1 a line through mid grey, above 1 the S-curve x^g / (x^g + (1-x)^g)."""
    if gain <= 1.0:
        return 127.5 + gain * (np.arange(256) - 127.5)
    x = _LEVELS**gain
    return 255.0 * x / (x + (1.0 - _LEVELS) ** gain)


def contrast(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture with contrast raised or lowered."""
    return table(pixels, contrast_curve(effect.number("gain")))


def uncontrast(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture before `contrast`, up to rounding."""
    curve = contrast_curve(effect.number("gain"))
    return table(pixels, np.interp(np.arange(256), curve, np.arange(256)))
