"""What measuring yields: how far the effect found is from the one asked for, and what it leaves unexplained."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from workers.pixelwise.arrays import Mask, Pixels, Plane

BLOCKS = 12
"""Unexplained change is also looked for in the worst block of a 12 x 12 grid, where a small extra edit would hide."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two pictures to compare; of `source` only the pixels under `known` count (None: all)."""

    source: Pixels
    edited: Pixels
    known: Mask | None = None

    @property
    def mask(self) -> Mask:
        """`known`, spelt out."""
        return np.ones(self.source.shape[:2], np.bool_) if self.known is None else self.known

    def thinned(self, most: int = 160_000) -> "Pair":
        """Every k-th pixel of every k-th row, so that about `most` remain: for edits that act on single pixels."""
        height, width = self.source.shape[:2]
        step = max(1, round((height * width / most) ** 0.5))
        source, edited = (np.ascontiguousarray(p[::step, ::step]) for p in (self.source, self.edited))
        return Pair(source, edited, None if self.known is None else np.ascontiguousarray(self.known[::step, ::step]))

    def between(self, low: int, high: int) -> Mask:
        """Known pixels whose channels all lie in low..high in both pictures: neither clipped nor too dark to tell."""
        inside = [((p >= low) & (p <= high)).all(axis=2) for p in (self.source, self.edited)]
        return np.asarray(inside[0] & inside[1] & self.mask)


@dataclass(frozen=True, slots=True)
class Finding:
    """`error`: relative distance of the measured strength from the asked one (0 exact, 1 as good as absent).

    `residual`: mean change in levels that the measured effect does not explain; `worst`: the same in the worst block.
    """

    error: float
    residual: float
    worst: float
    measures: Mapping[str, float] = field(default_factory=dict)


def judged(strength: float, expected: Pixels, pair: Pair, known: Mask | None = None, **measures: float) -> Finding:
    """A finding from the measured share of the asked strength and what that strength would look like."""
    residual, worst = unexplained(difference(expected, pair.edited), pair.known if known is None else known)
    return Finding(abs(strength - 1.0), residual, worst, {"strength": strength, **measures})


def difference(expected: Pixels, edited: Pixels) -> Plane:
    """Mean absolute difference over the channels; height x width."""
    return np.asarray(cv2.absdiff(expected, edited).mean(axis=2, dtype=np.float32), np.float32)


def unexplained(gap: Plane, known: Mask | None) -> tuple[float, float]:
    """Mean of `gap` over the known pixels, and the largest mean in a block at least a quarter of which is known."""
    weight = np.ones_like(gap) if known is None else known.astype(np.float32)
    size = (min(BLOCKS, gap.shape[1]), min(BLOCKS, gap.shape[0]))
    share = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32)
    sums = np.asarray(cv2.resize(gap * weight, size, interpolation=cv2.INTER_AREA), np.float32)
    if not (share >= 0.25).any():
        return 255.0, 255.0
    return float(sums.sum() / share.sum()), float((sums / np.maximum(share, 1e-6))[share >= 0.25].max())


def along(change: Plane, asked: Plane, weight: Plane | None = None) -> float:
    """The factor s for which s x `asked` comes nearest to `change` (least squares); 0 where nothing was asked."""
    weighted = asked if weight is None else asked * weight
    below = float((weighted * asked).sum())
    return float((weighted * change).sum()) / below if below > 1e-9 else 0.0
