"""Flaws that show in pixels alone: clipping, noise, softness, blockiness, banding."""

from dataclasses import dataclass

import cv2
import numpy as np

from workers.pixelwise.arrays import Pixels, Plane, grey


@dataclass(frozen=True, slots=True)
class Defects:
    """`clipped`: share of pixels blown out or crushed in every channel; `noise`: levels; `sharpness`: variance of the
    Laplacian over that of the luma; `blockiness`: extra step across 8 x 8 borders, relative; `banding`: share of luma
    levels that a smooth histogram would hold but this one skips."""

    clipped: float
    noise: float
    sharpness: float
    blockiness: float
    banding: float


def defects(pixels: Pixels) -> Defects:
    """The flaws of one picture."""
    luma = grey(pixels)
    spread = float(luma.std()) ** 2
    laplacian = float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2
    blown = cv2.countNonZero(cv2.inRange(pixels, (253, 253, 253), (255, 255, 255)))
    crushed = cv2.countNonZero(cv2.inRange(pixels, (0, 0, 0), (2, 2, 2)))
    return Defects(
        clipped=(blown + crushed) / luma.size,
        noise=noise_level(luma),
        sharpness=laplacian / max(spread, 4.0),
        blockiness=blockiness(luma),
        banding=banding(luma),
    )


def noise_level(luma: Pixels) -> float:
    """Standard deviation of the noise in levels: the quietest tenth of 8 x 8 blocks under Immerkaer's mask (1996)."""
    height, width = (side // 8 * 8 for side in luma.shape)
    if min(height, width) < 8:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response: Plane = np.asarray(cv2.filter2D(luma, cv2.CV_32F, kernel), np.float32) / np.float32(6)
    blocks = response[:height, :width].reshape(height // 8, 8, width // 8, 8)
    return float(np.quantile(np.sqrt((blocks**2).mean(axis=(1, 3))), 0.1))


def blockiness(luma: Pixels) -> float:
    """By how much, relatively, neighbours differ more across the borders of 8 x 8 blocks than within them."""
    excess = []
    for plane in (luma, luma.T):
        steps = np.abs(np.diff(plane.astype(np.int16), axis=1)).mean(axis=0)
        if len(steps) < 16:
            return 0.0
        border = steps[7::8].mean()
        within = np.delete(steps, np.arange(7, len(steps), 8)).mean()
        excess.append(float(border / max(within, 0.25)) - 1.0)
    return max(0.0, min(excess))


def banding(luma: Pixels) -> float:
    """Share of the levels between the 2nd and 98th percentile that no pixel has, beyond what a few pixels explain."""
    counts = np.bincount(luma.ravel(), minlength=256)
    reached = np.cumsum(counts) / luma.size
    low, high = int(np.searchsorted(reached, 0.02)), int(np.searchsorted(reached, 0.98))
    inner = counts[low : high + 1]
    return float((inner == 0).mean()) if high - low >= 16 else 0.0
