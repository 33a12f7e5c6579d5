"""The near ground of outdoor scenes: grass, sand, gravel, moss, paving stones, tulips; with snow in winter."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulated.horizon import FALLEN_SNOW, GREENS, fill, shore_of, waves
from workers.simulated.pen import Bytes, Rgb, reals, shade
from workers.simulated.scene import Scene
from workers.simulated.vocabulary import BACKDROPS
from workers.simulated.weather import Air, mix, rng_of

TONES: dict[str, Rgb] = {
    "sand": (230, 206, 156),
    "gravel": (206, 196, 180),
    "moss": (96, 128, 70),
    "paving stones": (176, 174, 172),
    "tulip bed": (96, 152, 84),
}


def lay_ground(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    """The near ground with its texture, below the horizon or the shore."""
    top = shore_of(scene) if BACKDROPS[scene.backdrop].water else line
    colour = GREENS[scene.season] if scene.surface == "grass" else TONES.get(scene.surface, (200, 190, 176))
    if scene.season == "winter" and scene.surface != "grass":
        colour = mix(colour, FALLEN_SNOW, 0.72)
    near = air.lit(shade(colour, -0.1))
    wavy = top + scene.height * 0.012 * waves(scene, "edge")
    fill(image, wavy, air.lit(shade(colour, 0.1)))
    low = round(float(wavy.max())) + 1
    ramp = np.linspace(0, 1, max(1, scene.height - low), dtype=np.float32)[:, None, None]
    far = reals(air.lit(shade(colour, 0.1)))
    image[low:] = (far * (1 - ramp) + reals(near) * ramp).astype(np.uint8)
    GROUNDS.get(scene.surface, _speckle)(image, scene, air, low, colour)


def _rows(scene: Scene, top: int, count: int, what: str) -> NDArray[np.float64]:
    """Random spots on the ground, denser far away; columns x, y, nearness 0-1, chance."""
    spots = rng_of(scene, what).random((count, 3))
    near = spots[:, 1] ** 1.4
    return np.stack([spots[:, 0] * scene.width, top + near * (scene.height - top), near, spots[:, 2]], 1)


def _tufts(image: Bytes, scene: Scene, air: Air, top: int, colour: Rgb) -> None:
    unit = min(scene.width, scene.height)
    for x, y, near, chance in _rows(scene, top, 110, "tufts"):
        size = unit * (0.008 + 0.018 * near)
        tone = air.lit(shade(colour, -0.22 if chance < 0.6 else 0.25))
        for lean in (-0.5, 0.1, 0.6):
            cv2.line(
                image,
                (round(x), round(y)),
                (round(x + lean * size), round(y - size)),
                tone,
                max(1, round(unit * 0.004)),
                cv2.LINE_AA,
            )


def _speckle(image: Bytes, scene: Scene, air: Air, top: int, colour: Rgb) -> None:
    unit = min(scene.width, scene.height)
    for x, y, near, chance in _rows(scene, top, 170, "speckle"):
        size = unit * (0.003 + 0.008 * near) * (0.6 + chance)
        tone = air.lit(shade(colour, -0.16 if chance < 0.55 else 0.3))
        cv2.ellipse(
            image,
            (round(x * 16), round(y * 16)),
            (round(size * 16), round(size * 8)),
            0,
            0,
            360,
            tone,
            -1,
            cv2.LINE_AA,
            4,
        )


def _paving(image: Bytes, scene: Scene, air: Air, top: int, colour: Rgb) -> None:
    tone, height, width = air.lit(shade(colour, -0.2)), scene.height, scene.width
    rows = top + (height - top) * np.linspace(0, 1, 9) ** 1.7
    for y in rows:
        cv2.line(image, (0, round(y)), (width, round(y)), tone, max(1, height // 300), cv2.LINE_AA)
    for k in range(8):
        y0, y1 = rows[k], rows[k + 1]
        spread0, spread1 = (0.6 + 1.5 * (y - top) / (height - top) for y in (y0, y1))
        for j in np.arange(-12, 13) + 0.5 * (k % 2):
            x0, x1 = (width / 2 + j * width * 0.07 * s for s in (spread0, spread1))
            cv2.line(image, (round(x0), round(y0)), (round(x1), round(y1)), tone, max(1, height // 300), cv2.LINE_AA)


def _tulips(image: Bytes, scene: Scene, air: Air, top: int, colour: Rgb) -> None:
    unit = min(scene.width, scene.height)
    petals: tuple[Rgb, ...] = ((226, 64, 72), (250, 196, 70), (240, 130, 170), (250, 246, 240), (150, 90, 180))
    spots = _rows(scene, top, 320, "tulips")
    for x, y, near, chance in spots[np.argsort(spots[:, 1])]:
        size = unit * (0.006 + 0.013 * near)
        cv2.line(
            image,
            (round(x), round(y)),
            (round(x), round(y + size * 2)),
            air.lit(shade(colour, -0.3)),
            max(1, unit // 260),
            cv2.LINE_AA,
        )
        tone = air.lit(petals[int(chance * 5)])
        cv2.ellipse(
            image,
            (round(x * 16), round(y * 16)),
            (round(size * 13), round(size * 17)),
            0,
            0,
            360,
            tone,
            -1,
            cv2.LINE_AA,
            4,
        )


GROUNDS: dict[str, Callable[[Bytes, Scene, Air, int, Rgb], None]] = {
    "grass": _tufts, "moss": _tufts, "paving stones": _paving, "tulip bed": _tulips,
}  # fmt: skip
