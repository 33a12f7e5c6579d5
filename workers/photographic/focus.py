"""Edits of sharpness and texture: blur, sharpen, grain and the look of an old print."""

import cv2
import numpy as np

from workers.photographic.colour import LUMA
from workers.photographic.effect import Effect
from workers.photographic.light import surroundings
from workers.pixelwise.arrays import Pixels, Plane

GRAIN_OF_AGE = 7.0
"""Grain, in levels, of a print aged with strength 1."""


def gaussian(plane: Plane, sigma: float) -> Plane:
    """Gaussian blur, the border mirrored."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _levels(values: Plane) -> Pixels:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def blur(pixels: Pixels, effect: Effect) -> Pixels:
    """The whole picture under a Gaussian of `sigma` pixels."""
    return _levels(gaussian(pixels.astype(np.float32), effect.number("sigma")))


def blur_background(pixels: Pixels, effect: Effect) -> Pixels:
    """What lies outside the ellipse under a Gaussian that takes nothing from inside, so the subject leaves no halo."""
    far = surroundings(effect, *pixels.shape[:2])
    weight = (far + 1e-3)[:, :, None]
    values, sigma = pixels.astype(np.float32), effect.number("sigma")
    behind = (
        gaussian(np.asarray(values * weight, np.float32), sigma) / gaussian(far + np.float32(1e-3), sigma)[:, :, None]
    )
    return _levels(np.asarray(values + far[:, :, None] * (behind - values), np.float32))


def detail(pixels: Pixels, sigma: float) -> Plane:
    """The luma less its own blur: what sharpening adds."""
    luma = pixels.astype(np.float32) @ LUMA
    return np.asarray(luma - gaussian(luma, sigma), np.float32)


def sharpen(pixels: Pixels, effect: Effect) -> Pixels:
    """Unsharp mask on the luma."""
    added = effect.number("amount") * detail(pixels, effect.number("sigma"))
    return _levels(np.asarray(pixels + added[:, :, None], np.float32))


def grain_weight(luma: Plane) -> Plane:
    """How strongly grain shows at a luma (levels): most in mid tones, like film."""
    x = luma / 255.0
    return np.asarray(0.35 + 0.65 * 4.0 * x * (1.0 - x), np.float32)


def grained(values: Plane, sigma: float, seed: int) -> Plane:
    """The picture (levels) with grain of standard deviation `sigma` at mid tone, the same in all channels."""
    noise = np.random.default_rng(seed).standard_normal(values.shape[:2], np.float32)
    noise = gaussian(noise, 0.6)
    noise *= sigma / float(noise.std())
    return np.asarray(values + (noise * grain_weight(values @ LUMA))[:, :, None], np.float32)


def grain(pixels: Pixels, effect: Effect, seed: int) -> Pixels:
    """The picture with film grain."""
    return _levels(grained(pixels.astype(np.float32), effect.number("sigma"), seed))


def aged(pixels: Pixels, strength: float) -> Plane:
    """The colours (levels) of an old print: browned and faded."""
    values = pixels.astype(np.float32)
    sepia = (values @ LUMA)[:, :, None] * np.array([1.07, 0.95, 0.74], np.float32)
    faded = (values + 0.8 * (sepia - values)) * 0.72 + np.array([52.0, 44.0, 32.0], np.float32)
    return np.asarray(values + strength * (faded - values), np.float32)


def degrade(pixels: Pixels, effect: Effect, seed: int) -> Pixels:
    """The picture as an old print: browned, faded and grainy."""
    strength = effect.number("strength")
    return _levels(grained(aged(pixels, strength), GRAIN_OF_AGE * strength, seed))
