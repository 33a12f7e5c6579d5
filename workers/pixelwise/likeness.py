"""How alike two pictures of one size are: structure (SSIM), perceptual hash, sharpness and mean colour."""

import cv2
import numpy as np

from workers.pixelwise.arrays import Mask, Pixels, Plane

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def _mean(plane: Plane) -> Plane:
    return np.asarray(cv2.blur(plane, (7, 7)), np.float32)


def ssim(source: Pixels, edited: Pixels) -> float:
    """Mean structural similarity of two lumas over 7 x 7 windows (Wang et al. 2004), -1 to 1."""
    x, y = source.astype(np.float32), edited.astype(np.float32)
    mean_x, mean_y = _mean(x), _mean(y)
    var_x, var_y = _mean(x * x) - mean_x * mean_x, _mean(y * y) - mean_y * mean_y
    covariance = _mean(x * y) - mean_x * mean_y
    above = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    below = (mean_x * mean_x + mean_y * mean_y + _C1) * (var_x + var_y + _C2)
    return float((above / below).mean())


def phash(luma: Pixels) -> int:
    """64-bit perceptual hash: signs of the 8 x 8 lowest DCT coefficients of a 32 x 32 luma against their median."""
    small = cv2.resize(luma, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small), np.float32)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def hash_distance(source: Pixels, edited: Pixels) -> int:
    """How many of the 64 bits of the perceptual hashes of two lumas differ."""
    return (phash(source) ^ phash(edited)).bit_count()


def sharpness(luma: Pixels, where: Mask | None = None) -> float:
    """Variance of the Laplacian of the luma, over `where`."""
    laplacian = cv2.Laplacian(luma, cv2.CV_16S)
    mask = None if where is None else where.view(np.uint8)
    return float(cv2.meanStdDev(laplacian, mask=mask)[1][0, 0]) ** 2


def mean_lab(pixels: Pixels, where: Mask | None = None) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Mean CIE L*a*b* of an RGB picture over `where` (L* 0-100)."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    mask = None if where is None else where.view(np.uint8)
    lightness, a, b, _ = cv2.mean(lab, mask)
    return np.array([lightness * 100 / 255, a - 128, b - 128])
