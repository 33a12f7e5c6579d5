"""Where and how much two pictures of one size differ."""

import cv2
import numpy as np

from workers.pixelwise.arrays import Mask, Pixels

FLAG = 40
"""A pixel is flagged when a channel differs by more than this; arXiv 2507.14119, low-level check."""


def difference(source: Pixels, edited: Pixels) -> Pixels:
    """Absolute difference of every channel."""
    return np.asarray(cv2.absdiff(source, edited), np.uint8)


def worst_channel(diff: Pixels) -> Pixels:
    """The greatest channel of `diff` at each pixel; height x width."""
    red, green, blue = cv2.split(diff)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def over(worst: Pixels, level: int) -> Pixels:
    """255 where `worst` is greater than `level`, else 0."""
    return np.asarray(cv2.threshold(worst, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def largest_component(flagged: Pixels) -> float:
    """Share of all flagged pixels that the largest 4-connected component holds; 0.0 when none is flagged."""
    total = cv2.countNonZero(flagged)
    if total == 0:
        return 0.0
    _, labels = cv2.connectedComponents(flagged, connectivity=4, ltype=cv2.CV_32S)
    return float(np.bincount(labels.ravel())[1:].max()) / total


def outside(flagged: Pixels, reach: int) -> Mask:
    """Pixels farther than `reach` from every flagged one: what an edit of the flagged ones should have left alone."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.dilate(flagged, kernel) == 0)


def border_excess(diff: Pixels) -> float:
    """By how many levels the outermost 4 pixels differ more than the next 8 do, on the worst of the four sides."""
    if min(diff.shape[:2]) < 24:
        return 0.0
    sides = (diff[:12], diff[:-13:-1], diff[:, :12].swapaxes(0, 1), diff[:, :-13:-1].swapaxes(0, 1))
    return max(0.0, *(mean_level(side[:4]) - mean_level(side[4:]) for side in sides))


def mean_level(diff: Pixels) -> float:
    """Mean over pixels and channels."""
    return sum(cv2.mean(diff)[:3]) / 3
