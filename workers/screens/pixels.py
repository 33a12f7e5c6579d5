"""The pixel screen: what no-model arithmetic can tell of an attempt, each value named; the bars are the policy's."""

from collections.abc import Sequence

import cv2
import numpy as np

from schemas.messages import Candidate
from schemas.ports import Info, Screened, Task
from workers.pixelwise import change, likeness
from workers.pixelwise.arrays import Pixels, grey, shrunk
from workers.pixelwise.shift import global_shift
from workers.plugin import Options, PlugIn

MARGIN = 0.015
"""What lies farther than this share of the longer side from every flagged pixel counts as outside the edit."""
ENOUGH = 0.02
"""Below this share of the picture, "outside the edit" is too little to measure on."""


class Screen(PlugIn[Options]):
    """Measures every attempt; needs no model and works with every editor."""

    INFO = Info(summary="Pixel checks: the paper's connected components, change, shift, blur, drift, borders", batch=8)

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened]:
        """One set of measures for each (source, edited)."""
        return [Screened(measures(task.images[0].pixels, task.images[1].pixels)) for task in tasks]


def measures(source: Pixels, edited: Pixels) -> dict[str, float]:
    """All "pixels.*" measures of one attempt; with different sizes, only those that need no common grid.

    same_size 0/1 · flagged: share of pixels with a channel more than 40 off · largest_component: share of the flagged
    that the largest 4-connected component holds (0: none flagged) · changed: share more than 8 off · mean_difference:
    levels · border_excess: levels · shift: pixels · sharpness_ratio and colour_drift (CIE76) outside the edit ·
    ssim at quarter scale · hash_distance: 0-64. `shift`, `sharpness_ratio`, `colour_drift` are absent when there is
    too little to measure them on.
    """
    found = {"same_size": float(source.shape == edited.shape)}
    small = shrunk(source, 512), shrunk(edited, 512)
    lumas = grey(small[0]), grey(small[1])
    found["hash_distance"] = float(likeness.hash_distance(*lumas))
    if found["same_size"]:
        diff = change.difference(source, edited)
        worst = change.worst_channel(diff)
        flagged = change.over(worst, change.FLAG)
        found |= _changes(diff, worst, flagged)
        found |= _structure(*lumas, scale=max(source.shape) / max(lumas[0].shape))
        found |= _outside(source, edited, (shrunk(small[0], 256), shrunk(small[1], 256)), flagged)
    return {f"pixels.{name}": value for name, value in sorted(found.items())}


def _changes(diff: Pixels, worst: Pixels, flagged: Pixels) -> dict[str, float]:
    return {
        "flagged": cv2.countNonZero(flagged) / flagged.size,
        "largest_component": change.largest_component(flagged),
        "changed": cv2.countNonZero(change.over(worst, 8)) / flagged.size,
        "mean_difference": change.mean_level(diff),
        "border_excess": change.border_excess(diff),
    }


def _structure(source: Pixels, edited: Pixels, scale: float) -> dict[str, float]:
    quarter = max(32, round(max(source.shape) * scale / 4))
    found = {"ssim": likeness.ssim(shrunk(source, quarter), shrunk(edited, quarter))}
    shift = global_shift(source, edited)
    return found if shift is None else found | {"shift": shift * scale}


def _outside(source: Pixels, edited: Pixels, small: tuple[Pixels, Pixels], flagged: Pixels) -> dict[str, float]:
    rest = change.outside(flagged, max(1, round(MARGIN * max(flagged.shape))))
    if np.count_nonzero(rest) < ENOUGH * rest.size:
        return {}
    size = small[0].shape[1::-1]
    coarse = np.asarray(cv2.resize(rest.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)).view(np.bool_)
    drift = likeness.mean_lab(small[1], coarse) - likeness.mean_lab(small[0], coarse)
    found = {"colour_drift": float(np.linalg.norm(drift))}
    sharp = likeness.sharpness(grey(source), rest)
    return found | {"sharpness_ratio": likeness.sharpness(grey(edited), rest) / sharp} if sharp > 1.0 else found
