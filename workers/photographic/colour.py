"""Edits of colour: saturation, temperature, tint, monochrome, season and time of day."""

import cv2
import numpy as np

from workers.photographic.effect import Effect
from workers.photographic.light import LINEAR, levels, linear, table
from workers.pixelwise.arrays import Pixels, Plane

Matrix = Plane
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601 weights of the three channels."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 weights of linear light."""
FILTERS = {
    "rose": (1.0, 0.58, 0.7),
    "blue": (0.42, 0.66, 1.0),
    "green": (0.56, 1.0, 0.6),
    "amber": (1.0, 0.76, 0.38),
    "violet": (0.74, 0.52, 1.0),
}
HOURS = {
    "night": (0.5, (0.10, 0.15, 0.29)),
    "dusk": (0.95, (0.56, 0.40, 0.60)),
    "golden": (1.1, (1.05, 0.75, 0.44)),
}
"""Saturation kept and the gain of each channel, in linear light."""


def toned(pixels: Pixels, matrix: Matrix) -> Pixels:
    """The picture with each colour multiplied by a 3 x 3 matrix, in levels; clips."""
    return np.asarray(cv2.transform(pixels, matrix), np.uint8)


def _saturating(factor: float, weights: Matrix) -> Matrix:
    return np.asarray(factor * np.eye(3) + (1.0 - factor) * np.tile(weights, (3, 1)), np.float32)


def colour_matrix(effect: Effect) -> Matrix:
    """The 3 x 3 matrix of saturation, monochrome or tint (on levels), or of time_of_day (on linear light)."""
    if effect.operation == "saturation":
        return _saturating(effect.number("factor"), LUMA)
    strength = effect.number("strength")
    if effect.operation == "monochrome":
        return _saturating(1.0 - strength, LUMA)
    if effect.operation == "tint":
        return np.diag(1.0 - strength + strength * np.array(FILTERS[effect.word("color")], np.float32))
    kept, gains = HOURS[effect.word("to")]
    target = np.diag(np.array(gains, np.float32)) @ _saturating(kept, LUMINANCE)
    return np.asarray((1.0 - strength) * np.eye(3) + strength * target, np.float32)


def recolour(pixels: Pixels, effect: Effect) -> Pixels:
    """Saturation, monochrome or tint."""
    return toned(pixels, colour_matrix(effect))


def unrecolour(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture before `recolour`, up to rounding and clipping."""
    return toned(pixels, np.linalg.inv(colour_matrix(effect)))


def hour(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture graded for another time of day."""
    return levels(np.asarray(cv2.transform(linear(pixels), colour_matrix(effect)), np.float32))


def unhour(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture before `hour`, up to rounding and clipping."""
    return levels(np.asarray(cv2.transform(linear(pixels), np.linalg.inv(colour_matrix(effect))), np.float32))


def warmth_gains(warmth: float) -> Matrix:
    """Gains of R, G, B in linear light: R over B changes by e^warmth and grey keeps its luminance."""
    gains = np.array([np.exp(warmth / 2), 1.0, np.exp(-warmth / 2)], np.float32)
    return np.asarray(gains / (gains @ LUMINANCE), np.float32)


def warm(pixels: Pixels, effect: Effect, sign: float = 1.0) -> Pixels:
    """The picture with its colour temperature changed; `sign` -1 undoes it, up to rounding and clipping."""
    gains = warmth_gains(effect.number("warmth")) ** np.float32(sign)
    return table(pixels, levels(np.asarray(LINEAR[:, None] * gains[None, :], np.float32)))


def leafiness(values: Plane) -> Plane:
    """0 to 1: how much a colour (levels) looks like foliage, green to yellow-green; height x width."""
    red, green, blue = cv2.split(values)
    over_blue = np.clip(2.2 * (green - blue) / (green + 8.0), 0.0, 1.0)
    over_red = np.clip(4.0 * (1.08 * green - red) / (green + 8.0), 0.0, 1.0)
    return np.asarray(over_blue * over_red, np.float32)


def season(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture graded for winter or autumn: foliage recoloured, then the whole tone shifted."""
    values = pixels.astype(np.float32)
    leaf = leafiness(values)[:, :, None]
    graded: Plane
    luma = (values @ LUMA)[:, :, None]
    if effect.word("to") == "winter":
        frost = (0.55 * luma + 112.0) * np.array([0.95, 0.99, 1.04], np.float32)
        graded = values + 0.85 * leaf * (frost - values)
        graded = (luma + 0.68 * (graded - luma)) * np.array([0.90, 0.97, 1.04], np.float32) * 0.9 + 22.0
    else:
        leaves = values[:, :, 1:2] * np.array([1.30, 0.74, 0.30], np.float32)
        graded = values + leaf * (leaves - values)
        graded = graded * np.array([1.03, 0.97, 0.86], np.float32)
    mixed = values + effect.number("strength") * (graded - values)
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)
