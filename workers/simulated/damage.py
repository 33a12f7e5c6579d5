"""Harm done to finished pixels: what a bad generator or editor leaves behind."""

import cv2
import numpy as np

from workers.simulated.pen import Bytes

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels."""


def _clipped(image: Bytes, box: Box, least: int = 24) -> Box:
    height, width = image.shape[:2]
    x0, y0 = min(max(0, box[0]), width - least), min(max(0, box[1]), height - least)
    return x0, y0, min(width, max(box[2], x0 + least)), min(height, max(box[3], y0 + least))


def melt(image: Bytes, box: Box, rng: np.random.Generator) -> Bytes:
    """What is inside the box runs down like wax."""
    x0, y0, x1, y1 = _clipped(image, box)
    out, part = image.copy(), image[y0:y1, x0:x1]
    high, wide = part.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    fade = np.minimum(
        np.minimum(x, wide - 1 - x) / (wide * 0.2 + 1), np.minimum(y, high - 1 - y) / (high * 0.2 + 1)
    ).clip(0, 1)
    phase = rng.uniform(0, 6.28, 3)
    sag = sum(np.sin(x * (9.0 * (k + 1) / wide) + phase[k]) for k in range(3)) * high * 0.13
    sway = np.sin(y * (11.0 / high) + phase[0]) * wide * 0.16
    mapx, mapy = (x + sway * fade).astype(np.float32), (y - sag * fade).astype(np.float32)
    out[y0:y1, x0:x1] = cv2.remap(part, mapx, mapy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out


def glitch(image: Bytes, box: Box, rng: np.random.Generator) -> Bytes:
    """Bands inside the box are torn sideways and lose their colours."""
    x0, y0, x1, y1 = _clipped(image, box)
    out = image.copy()
    y = y0
    while y < y1:
        tall = int(rng.integers(4, max(6, (y1 - y0) // 6)))
        rows = slice(y, min(y1, y + tall))
        torn = np.roll(image[rows, x0:x1], int(rng.integers(-(x1 - x0) // 2, (x1 - x0) // 2 + 1)), 1)
        out[rows, x0:x1] = torn[..., rng.permutation(3)] if rng.random() < 0.6 else torn
        y += tall
    return out


def blotch(image: Bytes, box: Box, rng: np.random.Generator) -> Bytes:
    """A small smear inside the box."""
    x0, y0, x1, y1 = _clipped(image, box, 12)
    out = image.copy()
    centre = (round(x0 + (x1 - x0) * rng.uniform(0.3, 0.7)), round(y0 + (y1 - y0) * rng.uniform(0.3, 0.7)))
    axes = (max(4, (x1 - x0) // 5), max(3, (y1 - y0) // 8))
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, (255,), -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), 2).astype(np.float32)[..., None] / np.float32(255)
    colour = rng.integers(30, 226, 3).astype(np.float32)
    return (out * (1 - soft) + colour * soft).astype(np.uint8)


def dust(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Single pixels all over the picture turn bright or dark; nothing else changes."""
    out = image.copy()
    height, width = image.shape[:2]
    y = np.arange(1, height, 5)[:, None] + rng.integers(0, 3, (len(range(1, height, 5)), len(range(1, width, 5))))
    x = np.arange(1, width, 5)[None, :] + rng.integers(0, 3, y.shape)
    y, x = np.minimum(y, height - 1), np.minimum(x, width - 1)
    bright = image[y, x].mean(-1, keepdims=True) > 127
    out[y, x] = np.where(bright, image[y, x] // 2, image[y, x] // 2 + 120)
    return out


def shift(image: Bytes, rng: np.random.Generator) -> Bytes:
    """The whole picture slips by some four per cent; its edge is smeared."""
    height, width = image.shape[:2]
    sides = rng.choice([-1.0, 1.0], 2)
    matrix = np.array([[1, 0, sides[0] * width * 0.045], [0, 1, sides[1] * height * 0.03]])
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def cast(image: Bytes, rng: np.random.Generator) -> Bytes:
    """A strong colour cast over everything."""
    gains = ((1.3, 0.85, 0.62), (0.62, 0.9, 1.3), (0.8, 1.25, 0.74), (1.2, 0.7, 1.2))
    gain = np.asarray(gains[int(rng.integers(len(gains)))], np.float32)
    return np.asarray(np.clip(image * gain, 0, 255), np.uint8)


def ghost(before: Bytes, after: Bytes, share: float) -> Bytes:
    """What was there before shines through by `share`."""
    return (after * np.float32(1 - share) + before * np.float32(share)).astype(np.uint8)
