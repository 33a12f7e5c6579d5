"""Backdrops under the sky: hills, mountains, sea, lake, city, forest, desert, farmland; and the ground before them."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulated.grounds import lay_ground
from workers.simulated.horizon import FALLEN_SNOW, GREENS, fill, horizon_of, shore_of, waves
from workers.simulated.pen import Bytes, Rgb, reals, shade
from workers.simulated.scene import Scene
from workers.simulated.weather import Air, air_of, mix, rng_of, sky

WOODS: dict[str, Rgb] = {
    "spring": (98, 158, 84),
    "summer": (58, 124, 74),
    "autumn": (190, 104, 46),
    "winter": (150, 172, 178),
}
WATER: Rgb = (70, 142, 178)


def outdoors(scene: Scene) -> Bytes:
    """Sky, backdrop and ground of an outdoor scene, without its things."""
    line = horizon_of(scene)
    image = np.empty((scene.height, scene.width, 3), np.uint8)
    above = min(scene.height, line + 8)
    image[:above] = sky(scene, above)
    image[above:] = image[above - 1]
    air = air_of(scene)
    SCENERY[scene.backdrop](image, scene, air, line)
    lay_ground(image, scene, air, line)
    return image


def _hills(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    green, unit = GREENS[scene.season], scene.height
    for k, (rise, swing, far) in enumerate(((0.15, 0.06, 0.55), (0.085, 0.045, 0.32), (0.035, 0.025, 0.12))):
        ridge = line - unit * (rise + swing * waves(scene, f"hill{k}"))
        colour = air.lit(shade(green, -0.12 * (k + 1) if scene.season != "winter" else -0.05 * (k + 1)), far)
        fill(image, ridge, colour)
        if k == 1:
            _copse(image, scene, air, ridge)


def _copse(image: Bytes, scene: Scene, air: Air, ridge: NDArray[np.float64]) -> None:
    """Little far trees along a ridge."""
    rng, unit = rng_of(scene, "copse"), min(scene.width, scene.height)
    colour = air.lit(WOODS[scene.season], 0.3)
    for at, size in rng.random((14, 2)):
        x, y = at * scene.width, float(np.interp(at, np.linspace(0, 1, len(ridge)), ridge))
        r = unit * (0.012 + 0.012 * size)
        cv2.ellipse(
            image,
            (round(x * 16), round((y - r) * 16)),
            (round(r * 16), round(r * 20)),
            0,
            0,
            360,
            colour,
            -1,
            cv2.LINE_AA,
            4,
        )


def _mountains(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    rng = rng_of(scene, "peaks")
    width, height = scene.width, scene.height
    for k, (count, tall, far) in enumerate(((4, 0.34, 0.42), (5, 0.22, 0.2))):
        for j in range(count):
            x = width * (j + float(rng.uniform(0.1, 0.9))) / count
            top = line - height * tall * float(rng.uniform(0.65, 1.0))
            half = (line - top) * float(rng.uniform(0.75, 1.0))
            _peak(
                image,
                (x, top),
                half,
                line,
                (air.lit((112, 122, 146), far), air.lit((136, 146, 168), far), air.lit((246, 249, 253), far * 0.6)),
            )
        fill(image, line - height * 0.03 * (1 + waves(scene, f"foot{k}")), air.lit(WOODS[scene.season], 0.34 - 0.2 * k))


def _peak(image: Bytes, top: tuple[float, float], half: float, line: int, tones: tuple[Rgb, Rgb, Rgb]) -> None:
    (x, y), base = top, line + 4
    dark, light, snow = tones
    cap = y + (base - y) * 0.34
    w = half * 0.34
    left = [(x, y), (x - half, base), (x + half * 0.1, base)]
    right = [(x, y), (x + half, base), (x + half * 0.1, base)]
    white = [
        (x, y),
        (x - w, cap),
        (x - w * 0.4, cap - w * 0.22),
        (x, cap + w * 0.25),
        (x + w * 0.4, cap - w * 0.18),
        (x + w, cap),
    ]
    for points, colour in ((right, dark), (left, light), (white, snow)):
        cv2.fillPoly(image, [np.round(np.asarray(points) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _water(image: Bytes, scene: Scene, air: Air, top: int, bottom: int) -> None:
    """A sheet of water that mirrors the sky, with glints."""
    tall = max(2, bottom - top)
    deep, shallow = mix(air.lit(WATER), air.middle, 0.25), mix(air.lit(WATER), air.low, 0.55)
    share = np.linspace(0, 1, tall, dtype=np.float32)[:, None, None]
    image[top:bottom] = (reals(shallow) * (1 - share) + reals(deep) * share).astype(np.uint8)[: bottom - top]
    rng, glint = rng_of(scene, "glints"), mix(air.low, (255, 255, 255), 0.35)
    for x, y, long in rng.random((40, 3)) * (scene.width, tall, 1):
        half = scene.width * (0.008 + 0.02 * long) * (0.5 + y / tall)
        row = round(top + y)
        cv2.line(image, (round(x - half), row), (round(x + half), row), glint, max(1, scene.height // 330), cv2.LINE_AA)


def _sea(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    top = line - round(scene.height * 0.1)
    island = top - scene.height * 0.05 * np.clip(waves(scene, "island") - 0.15, 0, 1)
    fill(image, island, air.lit((110, 130, 128), 0.45))
    _water(image, scene, air, top, shore_of(scene) + 6)


def _lake(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    top = line - round(scene.height * 0.07)
    _mountains(image, scene, air, top)
    fill(image, top - scene.height * 0.018 * (1.2 + waves(scene, "wood", 160)), air.lit(WOODS[scene.season], 0.2))
    _water(image, scene, air, top, shore_of(scene) + 6)


def _city(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    night = scene.time in ("night", "dusk")
    for k, (tall, far, step) in enumerate(((0.4, 0.5, 0.09), (0.28, 0.24, 0.115))):
        rng, x = rng_of(scene, f"towers{k}"), -0.03 * scene.width
        pane = (255, 214, 120) if night else air.lit((200, 220, 232), far)
        while x < scene.width:
            wide = max(scene.width, scene.height) * step * float(rng.uniform(0.6, 1.2))
            top = line - scene.height * tall * float(rng.uniform(0.35, 1.0))
            tone = ((132, 142, 164), (164, 140, 132), (112, 128, 142), (150, 154, 160))[int(rng.integers(4))]
            x0, x1 = round(x), round(x + wide * 0.94)
            cv2.rectangle(image, (x0, round(top)), (x1, line + 10), air.lit(tone, far), -1)
            if rng.random() < 0.4:
                cv2.rectangle(
                    image,
                    (x0 + (x1 - x0) // 3, round(top - wide * 0.2)),
                    (x1 - (x1 - x0) // 3, round(top)),
                    air.lit(tone, far),
                    -1,
                )
            _panes(image, (x0, round(top), x1, line), pane, rng, 0.55 if night else 0.8)
            x += wide


def _panes(image: Bytes, box: tuple[int, int, int, int], colour: Rgb, rng: np.random.Generator, share: float) -> None:
    x0, y0, x1, y1 = box
    step = max(5, (x1 - x0) // 5)
    on = rng.random((64, 8))
    for i, y in enumerate(range(y0 + step // 2, y1 - step, round(step * 1.35))):
        for j, x in enumerate(range(x0 + step // 2, x1 - step // 2 - 1, step)):
            if on[i % 64, j % 8] < share:
                cv2.rectangle(image, (x, y), (x + max(1, step // 2 - 1), y + max(2, step // 2)), colour, -1)


def _forest(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    for k, (far, tall, count) in enumerate(((0.5, 0.34, 24), (0.26, 0.27, 18), (0.06, 0.19, 15))):
        rng, colour = rng_of(scene, f"wood{k}"), air.lit(shade(WOODS[scene.season], -0.1 * k), far)
        size = max(scene.width, scene.height * 0.7)
        for j in range(count):
            x = scene.width * (j + float(rng.uniform(0, 1))) / count
            high = scene.height * tall * float(rng.uniform(0.7, 1.05))
            half = size * 0.045 * float(rng.uniform(0.8, 1.25))
            base = line + 6
            if (scene.seed + k) % 2:
                points = np.array([[x - half, base], [x + half, base], [x, base - high]])
                cv2.fillPoly(image, [np.round(points * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)
            else:
                cv2.rectangle(
                    image,
                    (round(x - half * 0.12), round(base - high * 0.6)),
                    (round(x + half * 0.12), base),
                    air.lit((92, 70, 54), far),
                    -1,
                )
                cv2.ellipse(
                    image,
                    (round(x * 16), round((base - high * 0.68) * 16)),
                    (round(half * 18), round(high * 0.34 * 16)),
                    0,
                    0,
                    360,
                    colour,
                    -1,
                    cv2.LINE_AA,
                    4,
                )
        fill(image, line - scene.height * 0.012 * (1 + k + waves(scene, f"brush{k}", 120)), colour)


def _desert(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    rng = rng_of(scene, "mesa")
    for _ in range(2):
        x, half, top = (
            scene.width * float(rng.uniform(0.1, 0.9)),
            scene.width * 0.09,
            line - scene.height * float(rng.uniform(0.14, 0.22)),
        )
        points = np.array([[x - half * 1.3, line], [x - half, top], [x + half * 0.8, top], [x + half * 1.2, line]])
        cv2.fillPoly(image, [np.round(points * 16).astype(np.int32)], air.lit((196, 116, 84), 0.4), cv2.LINE_AA, 4)
    for k, (rise, far) in enumerate(((0.09, 0.3), (0.04, 0.1))):
        ridge = line - scene.height * (rise + 0.05 * np.abs(waves(scene, f"dune{k}")))
        fill(image, ridge, air.lit(mix((226, 178, 116), FALLEN_SNOW, 0.6 if scene.season == "winter" else 0.0), far))
        fill(image, ridge + scene.height * 0.03 * (1.2 + waves(scene, f"lee{k}")), air.lit((210, 158, 100), far))


def _farmland(image: Bytes, scene: Scene, air: Air, line: int) -> None:
    fill(
        image,
        line - scene.height * (0.13 + 0.04 * waves(scene, "far")),
        air.lit(shade(GREENS[scene.season], -0.1), 0.5),
    )
    rng, top = rng_of(scene, "plots"), line - round(scene.height * 0.1)
    crops: tuple[Rgb, ...] = ((226, 196, 92), (132, 178, 84), (178, 140, 86), (156, 196, 104), (206, 170, 110))
    count = 7
    edges_top = np.linspace(-0.1, 1.1, count + 1)
    for k in range(count):
        crop = mix(crops[int(rng.integers(5))], FALLEN_SNOW, 0.75 if scene.season == "winter" else 0.0)
        x0, x1 = edges_top[k] * scene.width, edges_top[k + 1] * scene.width
        middle = scene.width / 2
        quad = np.array(
            [[x0, top], [x1, top], [middle + (x1 - middle) * 1.6, line + 8], [middle + (x0 - middle) * 1.6, line + 8]]
        )
        cv2.fillPoly(image, [np.round(quad * 16).astype(np.int32)], air.lit(crop, 0.22), cv2.LINE_AA, 4)
    _copse(image, scene, air, np.full(8, float(top)))


SCENERY: dict[str, Callable[[Bytes, Scene, Air, int], None]] = {
    "hills": _hills, "mountains": _mountains, "sea": _sea, "lake": _lake, "city": _city, "forest": _forest,
    "desert": _desert, "farmland": _farmland,
}  # fmt: skip
