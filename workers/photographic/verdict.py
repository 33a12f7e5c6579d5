"""Scores from 1 to 5 out of what was measured on a pair of pictures."""

from collections.abc import Mapping
from math import log

from workers.photographic.measuring.finding import Finding
from workers.photographic.operations import OPERATIONS
from workers.pixelwise.defects import Defects

ERROR, RESIDUAL, WORST = 0.42, 6.0, 20.0
"""Each halves what a score is above 1: strength off by 42 %, 6 levels of other change, 20 in the worst block.

With these, 4.7 is missed from an error of 12 %, 1.7 levels everywhere or 5.7 levels in one block of 144.
"""
HALVES: Mapping[str, float] = {"clipped": 0.10, "noise": 5.0, "softness": 1.2, "blockiness": 0.8, "banding": 0.7}
"""The same for defects that an edit brings along: shares, levels, and the logarithm of lost sharpness."""
ABSOLUTE: Mapping[str, float] = {"noise": 25.0, "blockiness": 2.0}
"""And for defects of a picture by itself: an inverse leads to a source, which an edit's defects tell nothing of."""


def score(*halvings: float) -> float:
    """5 for all 0; each h multiplies what is above 1 by 1 / (1 + h^2)."""
    above = 4.0
    for halving in halvings:
        above /= 1.0 + halving * halving
    return 1.0 + above


def adherence(found: Finding, slack: float = 1.0) -> float:
    """How exactly what was asked, and nothing else, is there; `slack` widens the tolerance for other change."""
    return score(found.error / ERROR, found.residual / (RESIDUAL * slack), found.worst / (WORST * slack))


def preservation(found: Finding, slack: float = 1.0) -> float:
    """How untouched everything is that was not asked to change."""
    return score(found.residual / (4.0 * slack), found.worst / (14.0 * slack))


def brought(before: Defects, after: Defects) -> dict[str, float]:
    """By how much each defect grew."""
    return {
        "clipped": max(0.0, after.clipped - before.clipped),
        "noise": max(0.0, after.noise - before.noise - 0.5),
        "softness": softened(before, after),
        "blockiness": max(0.0, after.blockiness - before.blockiness),
        "banding": max(0.0, after.banding - before.banding),
    }


def softened(before: Defects, after: Defects) -> float:
    """Natural logarithm of the sharpness lost, less 0.4, which tone edits alone may take."""
    return max(0.0, log((before.sharpness + 1e-4) / (after.sharpness + 1e-4)) - 0.4)


def aesthetics(after: Defects, grown: Mapping[str, float], operations: tuple[str, ...]) -> float:
    """How clean the picture is; what an operation is meant to change is no defect."""
    meant = frozenset().union(*(OPERATIONS[name].changes for name in operations))
    halvings = [grown[name] / half for name, half in HALVES.items() if name in grown and _kind(name) not in meant]
    own = [getattr(after, name) / half for name, half in ABSOLUTE.items() if _kind(name) not in meant]
    return score(*halvings, *own)


def _kind(defect: str) -> str:
    return "clipping" if defect == "clipped" else defect
