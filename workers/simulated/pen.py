"""A pen that draws one thing on its own transparent patch: smooth shapes, then shading, pattern and material."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Point = tuple[float, float]
Bytes = NDArray[np.uint8]
Reals = NDArray[np.floating[Any]]

SHIFT = 4
OVERSAMPLE = 2

FIXED: dict[str, Rgb] = {
    "ink": (44, 40, 48), "snow": (250, 252, 255), "cream": (252, 240, 214), "wood": (146, 98, 60),
    "bark": (104, 72, 50), "steel": (150, 158, 168), "iron": (84, 90, 100), "glass": (190, 222, 236),
    "rose": (240, 150, 150), "gold": (236, 190, 80), "stone": (176, 172, 166), "terracotta": (196, 108, 72),
    "tyre": (50, 50, 56), "leather": (120, 70, 46), "paper": (248, 244, 232), "coral": (250, 120, 92),
    "water": (120, 190, 220), "cheek": (244, 168, 168),
}  # fmt: skip
LEAF: dict[str, Rgb] = {
    "spring": (134, 190, 92),
    "summer": (74, 146, 76),
    "autumn": (214, 128, 48),
    "winter": (118, 150, 132),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a thing is to look: its colour, finish, the light it stands in and the season."""

    main: Rgb
    material: str = ""
    pattern: str = ""
    season: str = "summer"
    lit: bool = False
    natural: bool = False
    seed: int = 0


@dataclass(slots=True)
class Pen:
    """Draws in a thing's own coordinates: x to the right from its middle, y up from its foot, its height is 1."""

    width: int
    height: int
    look: Look
    canvas: Bytes = field(init=False)
    body: Bytes = field(init=False)
    glows: list[tuple[float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = (self.height * OVERSAMPLE, self.width * OVERSAMPLE)
        self.canvas = np.zeros((*shape, 4), np.uint8)
        self.body = np.zeros(shape, np.uint8)

    # --- colours ------------------------------------------------------------------------------------------------------

    def tone(self, name: str | Rgb) -> tuple[Rgb, bool]:
        """The colour of a tone and whether it belongs to the thing's own body (takes its pattern and material)."""
        if not isinstance(name, str):
            return name, False
        if name in _OWN:
            return shade(self.look.main, _OWN[name]), True
        if name.startswith("leaf"):
            base = LEAF[self.look.season]
            return shade(base, {"leaf": 0.0, "leaf dark": -0.25, "leaf light": 0.25}[name]), False
        if name == "window":
            return ((255, 222, 130) if self.look.lit else (120, 164, 190)), False
        if name == "lamp":
            return ((255, 236, 170) if self.look.lit else (246, 240, 220)), False
        return FIXED[name], False

    # --- shapes -------------------------------------------------------------------------------------------------------

    def _pixels(self, points: Sequence[Point] | NDArray[np.float64]) -> NDArray[np.int32]:
        scale = (self.height - 4) * OVERSAMPLE
        array = np.asarray(points, np.float64)
        x = self.width * OVERSAMPLE / 2 + array[:, 0] * scale
        y = (self.height - 2) * OVERSAMPLE - array[:, 1] * scale
        return np.round(np.stack([x, y], 1) * (1 << SHIFT)).astype(np.int32)

    def _fill(self, pixels: NDArray[np.int32], tone: str | Rgb) -> None:
        colour, own = self.tone(tone)
        cv2.fillPoly(self.canvas, [pixels], (*colour, 255), cv2.LINE_AA, SHIFT)
        cv2.fillPoly(self.body, [pixels], (255 if own else 0,), cv2.LINE_AA, SHIFT)

    def poly(self, points: Sequence[Point], tone: str | Rgb) -> None:
        """A polygon with sharp corners."""
        self._fill(self._pixels(points), tone)

    def blob(self, points: Sequence[Point], tone: str | Rgb) -> None:
        """A closed shape with rounded corners through the middles of its sides."""
        self._fill(self._pixels(smooth(np.asarray(points, np.float64))), tone)

    def ellipse(self, x: float, y: float, rx: float, ry: float, tone: str | Rgb, turn: float = 0.0) -> None:
        """An ellipse around (x, y), turned anticlockwise by degrees."""
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        ex, ey = rx * np.cos(angle), ry * np.sin(angle)
        self._fill(self._pixels(np.stack([x + c * ex - s * ey, y + s * ex + c * ey], 1)), tone)

    def rect(self, x0: float, y0: float, x1: float, y1: float, tone: str | Rgb, r: float = 0.0) -> None:
        """An upright rectangle with corners rounded by radius `r`."""
        if r <= 0:
            self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], tone)
            return
        corner = np.linspace(0, np.pi / 2, 7)
        centres = ((x1 - r, y1 - r, 0.0), (x0 + r, y1 - r, 0.5), (x0 + r, y0 + r, 1.0), (x1 - r, y0 + r, 1.5))
        points = [
            (cx + r * float(np.cos(a + q * np.pi)), cy + r * float(np.sin(a + q * np.pi)))
            for cx, cy, q in centres
            for a in corner
        ]
        self.poly(points, tone)

    def line(self, points: Sequence[Point], width: float, tone: str | Rgb, curved: bool = False) -> None:
        """A stroke with round ends through the points; `curved` rounds its bends."""
        path = np.asarray(points, np.float64)
        path = smooth(path, closed=False) if curved else path
        colour, own = self.tone(tone)
        thick = max(1, round(width * (self.height - 4) * OVERSAMPLE))
        pixels = [self._pixels(path)]
        cv2.polylines(self.canvas, pixels, False, (*colour, 255), thick, cv2.LINE_AA, SHIFT)
        cv2.polylines(self.body, pixels, False, (255 if own else 0,), thick, cv2.LINE_AA, SHIFT)

    def glow(self, x: float, y: float, radius: float) -> None:
        """A light that shines when it is dark."""
        self.glows.append((x, y, radius))

    def eyes(self, x: float, y: float, gap: float, size: float) -> None:
        """A pair of friendly eyes around (x, y)."""
        for side in (-1, 1):
            self.ellipse(x + side * gap, y, size, size * 1.15, "ink")
            self.ellipse(x + side * gap + size * 0.3, y + size * 0.4, size * 0.35, size * 0.35, "snow")

    # --- finish -------------------------------------------------------------------------------------------------------

    def finish(self) -> tuple[Reals, Reals]:
        """Premultiplied colour (h x w x 3, 0-255) and coverage (h x w x 1, 0-1) of the finished thing."""
        size = (self.width, self.height)
        patch = cv2.resize(self.canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        colour, alpha = patch[..., :3], patch[..., 3:] / np.float32(255)
        if self.look.pattern or self.look.material:
            body = (cv2.resize(self.body, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255)[..., None]
            colour, alpha = finished(colour, alpha, body, self.look)
        across = np.linspace(1.08, 0.84, self.width, dtype=np.float32)[None, :, None]
        down = np.linspace(1.05, 0.92, self.height, dtype=np.float32)[:, None, None]
        return np.minimum(colour * (across * down), alpha * np.float32(255)), alpha


_OWN = {"main": 0.0, "dark": -0.26, "deep": -0.45, "light": 0.28, "pale": 0.55}


def reals(values: Sequence[float]) -> Reals:
    """The values as single-precision numbers, for arithmetic with pictures."""
    return np.asarray(values, np.float32)


def shade(colour: Rgb, by: float) -> Rgb:
    """The colour moved towards white (`by` > 0) or a warm dark (`by` < 0)."""
    goal = (255, 252, 244) if by > 0 else (36, 24, 50)
    share = abs(by)
    r, g, b = (round(a + (z - a) * share) for a, z in zip(colour, goal, strict=True))
    return r, g, b


def smooth(points: NDArray[np.float64], closed: bool = True, rounds: int = 3) -> NDArray[np.float64]:
    """Chaikin's corner cutting: a smooth curve from a few points."""
    for _ in range(rounds):
        after = np.roll(points, -1, 0) if closed else points[1:]
        before = points if closed else points[:-1]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], 1).reshape(-1, 2)
        points = cut if closed else np.concatenate([points[:1], cut, points[-1:]])
    return points


def finished(colour: Reals, alpha: Reals, body: Reals, look: Look) -> tuple[Reals, Reals]:
    """Pattern and material laid over the body part of a patch."""
    h, w = body.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32) / np.float32(max(24, h))
    if look.pattern:
        second = reals((46, 58, 96) if min(look.main) > 190 else (250, 246, 234))
        weight = body * _pattern(look.pattern, x, y)[..., None] * np.float32(0.94)
        colour = colour * (1 - weight) + second * weight
    if look.material == "glass":
        sheen = np.clip(1 - np.abs(np.sin((x - y) * 5.0)) * 2.4, 0, 1)[..., None]
        colour = colour * (1 - body * 0.42) + np.float32(255) * body * sheen * np.float32(0.3)
        alpha = alpha * (1 - body * np.float32(0.34))
    elif look.material:
        gain = _material(look.material, x, y)[..., None]
        colour = colour * (1 + (gain - 1) * body)
    return np.minimum(colour, alpha * np.float32(255)), alpha


def _pattern(name: str, x: Reals, y: Reals) -> Reals:
    if name == "striped":
        return np.asarray(np.clip(np.sin((x * 0.9 + y * 0.35) * 34.0) * 6, 0, 1), np.float32)
    if name == "checked":
        return np.asarray(np.clip(np.sin(x * 30.0) * np.sin(y * 30.0) * 9, 0, 1), np.float32)
    u, v = x * 7.2, y * 7.2
    u = u + 0.5 * (np.floor(v) % 2)
    apart = np.hypot(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5)
    return np.asarray(np.clip((0.3 - apart) * 14, 0, 1), np.float32)


def _material(name: str, x: Reals, y: Reals) -> Reals:
    if name == "wooden":
        grain = np.sin(y * 46 + 2.2 * np.sin(x * 7 + y * 4))
        return (1 + 0.13 * grain + 0.05 * np.sin(y * 130 + x * 9)).astype(np.float32)
    if name == "marble":
        vein = np.abs(np.sin((x * 1.3 + y) * 8 + 2.6 * np.sin(x * 6.1 - y * 4.3)))
        return np.asarray(0.72 + 0.3 * np.clip(vein * 3, 0, 1), np.float32)
    if name == "knitted":
        rows = np.abs(np.sin(y * 70 + 1.6 * np.abs(np.sin(x * 44))))
        return (0.74 + 0.32 * rows).astype(np.float32)
    sheen = np.sin((x * 0.8 - y * 0.6) * 9)
    return np.asarray(1 + 0.3 * sheen + 0.18 * np.sin((x - y) * 23), np.float32)
