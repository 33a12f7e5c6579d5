"""What a photograph's pixels tell of which edits would suit it."""

from dataclasses import dataclass

import cv2
import numpy as np

from workers.photographic.colour import leafiness
from workers.pixelwise.arrays import Pixels, grey, shrunk, thumbnail
from workers.pixelwise.defects import noise_level


@dataclass(frozen=True, slots=True)
class Traits:
    """What decides whether an edit makes sense. Levels 0-255; shares 0-1; `subject` is x, y, rx, ry as shares."""

    width: int
    height: int
    mean: float
    spread: float
    chroma: float
    bright: float
    dark: float
    midtones: float
    red_full: float
    blue_full: float
    leafy: float
    noise: float
    detail: float
    mirrored: float
    upended: float
    edge_plain: bool
    rim: tuple[float, ...]
    below_bright: float
    above_bright: float
    subject: tuple[float, float, float, float]


def traits(pixels: Pixels) -> Traits:
    """The traits of a picture."""
    small = shrunk(pixels, 256)
    luma, values = grey(small), small.astype(np.float32)
    height = luma.shape[0]
    thumb = thumbnail(small, 48)
    rim = np.concatenate([values[:3].reshape(-1, 3), values[-3:].reshape(-1, 3), values[:, :3].reshape(-1, 3)])
    return Traits(
        width=pixels.shape[1],
        height=pixels.shape[0],
        mean=float(luma.mean()),
        spread=float(luma.std()),
        chroma=float((small.max(axis=2).astype(np.int16) - small.min(axis=2)).mean()),
        bright=float((luma > 225).mean()),
        dark=float((luma < 25).mean()),
        midtones=float(((small > 14) & (small < 242)).all(axis=2).mean()),
        red_full=float((small[:, :, 0] > 225).mean()),
        blue_full=float((small[:, :, 2] > 225).mean()),
        leafy=float((leafiness(values) > 0.4).mean()),
        noise=noise_level(grey(pixels)),
        detail=float(np.abs(cv2.Laplacian(grey(pixels), cv2.CV_16S)).mean()),
        mirrored=float((thumb * thumb[:, ::-1]).sum()),
        upended=max(float((thumb * np.rot90(thumb, turn)).sum()) for turn in (1, 2, 3)),
        edge_plain=bool(rim.std(axis=0).max() < 12),
        rim=tuple(float(level) for level in rim.mean(axis=0)),
        below_bright=float((luma[int(0.86 * height) :] > 190).mean()),
        above_bright=float((luma[: max(1, int(0.14 * height))] > 190).mean()),
        subject=subject(small),
    )


def subject(small: Pixels) -> tuple[float, float, float, float]:
    """An ellipse about what differs most in colour from the picture's rim, leaning to the middle."""
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), (0, 0), 4).astype(np.float32)
    height, width = lab.shape[:2]
    rim = np.concatenate([lab[:6].reshape(-1, 3), lab[:, :6].reshape(-1, 3), lab[:, -6:].reshape(-1, 3)])
    across = ((np.arange(width) + 0.5) / width)[None, :]
    down = ((np.arange(height) + 0.5) / height)[:, None]
    near = np.exp(-(((across - 0.5) / 0.28) ** 2) - ((down - 0.52) / 0.28) ** 2)
    weight = (np.linalg.norm(lab - np.median(rim, axis=0), axis=2) + 4.0) * near
    weight = weight / weight.sum()
    x, y = float((weight * across).sum()), float((weight * down).sum())
    rx = float(np.clip(1.9 * np.sqrt((weight * (across - x) ** 2).sum()), 0.22, 0.38))
    ry = float(np.clip(1.9 * np.sqrt((weight * (down - y) ** 2).sum()), 0.24, 0.42))
    return round(x, 3), round(y, 3), round(rx, 3), round(ry, 3)
