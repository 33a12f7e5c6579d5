"""Backdrops under a roof: living room, library, workshop, studio; with their walls, windows and floors."""

import cv2
import numpy as np

from workers.simulated.pen import Bytes, Rgb, reals, shade
from workers.simulated.scene import Scene
from workers.simulated.weather import AMBIENT, gradient, mix, rng_of, sky

WALLS: dict[str, tuple[Rgb, ...]] = {
    "living room": ((214, 196, 170), (168, 190, 178), (222, 180, 160), (178, 192, 212)),
    "library": ((112, 82, 64), (86, 92, 84), (104, 72, 78)),
    "workshop": ((206, 206, 198), (190, 202, 208), (214, 204, 190)),
    "studio": ((236, 206, 176), (188, 214, 216), (226, 188, 196), (206, 206, 226), (222, 218, 170)),
}
FLOORS: dict[str, Rgb] = {
    "floorboards": (184, 134, 88),
    "tiles": (226, 220, 208),
    "carpet": (166, 52, 54),
    "concrete": (158, 160, 160),
}
GAIN: dict[str, float] = {"dawn": 0.3, "day": 0.0, "dusk": 0.55, "night": 0.8}


def _gain(scene: Scene) -> tuple[float, float, float]:
    """Indoors the time of day tells less than outside."""
    share = GAIN[scene.time]
    r, g, b = (1 + (a - 1) * share for a in AMBIENT[scene.time])
    return r, g, b


def _lit(scene: Scene, colour: Rgb) -> Rgb:
    r, g, b = (round(min(255.0, c * a)) for c, a in zip(colour, _gain(scene), strict=True))
    return r, g, b


def floor_line(scene: Scene) -> int:
    """The row where the wall meets the floor."""
    return round(scene.height * (0.6 + 0.04 * float(rng_of(scene, "floor").random())))


def indoors(scene: Scene) -> Bytes:
    """Wall, furnishings and floor of an indoor scene, without its things."""
    line = floor_line(scene)
    choices = WALLS[scene.backdrop]
    wall = choices[scene.seed % len(choices)]
    stops = (_lit(scene, shade(wall, -0.08)), _lit(scene, shade(wall, 0.08)), _lit(scene, wall))
    image = gradient(scene.height, scene.width, stops)
    {"living room": _parlour, "library": _shelves, "workshop": _workshop, "studio": _plain}[scene.backdrop](
        image, scene, line, wall
    )
    _floor(image, scene, line, wall)
    return image


def _window(image: Bytes, scene: Scene, box: tuple[int, int, int, int]) -> None:
    """A window with the outside sky behind it."""
    x0, y0, x1, y1 = box
    view = sky(scene.model_copy(update={"width": max(16, x1 - x0)}), max(16, y1 - y0))
    image[y0:y1, x0:x1] = view[: y1 - y0, : x1 - x0]
    thick = max(2, scene.height // 90)
    frame = _lit(scene, (244, 238, 226))
    cv2.rectangle(image, (x0, y0), (x1, y1), frame, thick, cv2.LINE_AA)
    cv2.line(image, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), frame, max(1, thick * 2 // 3))
    cv2.line(image, (x0, (y0 + y1) // 2), (x1, (y0 + y1) // 2), frame, max(1, thick * 2 // 3))
    cv2.rectangle(image, (x0 - thick * 2, y1), (x1 + thick * 2, y1 + thick), _lit(scene, (226, 216, 200)), -1)


def _parlour(image: Bytes, scene: Scene, line: int, wall: Rgb) -> None:
    width, height = scene.width, scene.height
    tone = _lit(scene, shade(wall, 0.16))
    for x in range(0, width, max(14, width // 22)):
        cv2.line(image, (x, 0), (x, line), tone, max(1, width // 200))
    left = scene.seed % 2 == 0
    x0 = round(width * (0.1 if left else 0.58))
    _window(image, scene, (x0, round(height * 0.1), x0 + round(width * 0.32), round(height * 0.42)))
    rng = rng_of(scene, "pictures")
    for k in range(2):
        x = round(width * ((0.58 if left else 0.12) + 0.18 * k))
        y, w, h = round(height * (0.14 + 0.05 * k)), round(width * 0.12), round(height * 0.16)
        cv2.rectangle(image, (x, y), (x + w, y + h), _lit(scene, (112, 82, 58)), -1)
        inset = max(2, w // 10)
        paint = tuple(int(v) for v in rng.integers(90, 230, 3))
        cv2.rectangle(
            image,
            (x + inset, y + inset),
            (x + w - inset, y + h - inset),
            _lit(scene, (paint[0], paint[1], paint[2])),
            -1,
        )
        hill = np.array([[x + inset, y + h - inset], [x + w // 2, y + h // 2], [x + w - inset, y + h - inset]])
        cv2.fillPoly(image, [hill.astype(np.int32)], _lit(scene, (paint[2], paint[0], paint[1])), cv2.LINE_AA)


def _shelves(image: Bytes, scene: Scene, line: int, wall: Rgb) -> None:
    rng, width = rng_of(scene, "shelves"), scene.width
    rows, board = 4, max(2, scene.height // 70)
    backs: tuple[Rgb, ...] = (
        (150, 62, 56),
        (64, 96, 112),
        (188, 152, 88),
        (84, 112, 84),
        (122, 84, 112),
        (206, 190, 160),
    )
    for k in range(rows):
        y0, y1 = round(line * k / rows) + board, round(line * (k + 1) / rows)
        cv2.rectangle(image, (0, y0), (width, y1), _lit(scene, shade(wall, -0.3)), -1)
        x = 0.0
        while x < width:
            wide = max(width, scene.height) * float(rng.uniform(0.014, 0.03))
            tall = (y1 - y0) * float(rng.uniform(0.62, 0.92))
            tone = shade(backs[int(rng.integers(6))], float(rng.uniform(-0.2, 0.1)))
            if rng.random() < 0.92:
                cv2.rectangle(image, (round(x), round(y1 - tall)), (round(x + wide * 0.86), y1), _lit(scene, tone), -1)
                cv2.rectangle(
                    image,
                    (round(x), round(y1 - tall * 0.8)),
                    (round(x + wide * 0.86), round(y1 - tall * 0.74)),
                    _lit(scene, (222, 196, 130)),
                    -1,
                )
            x += wide
        cv2.rectangle(image, (0, y1), (width, y1 + board), _lit(scene, (140, 98, 66)), -1)


def _workshop(image: Bytes, scene: Scene, line: int, wall: Rgb) -> None:
    width, height = scene.width, scene.height
    tone = _lit(scene, shade(wall, -0.1))
    step = max(10, height // 26)
    for k, y in enumerate(range(0, line, step)):
        cv2.line(image, (0, y), (width, y), tone, 1)
        for x in range((k % 2) * step, width, step * 2):
            cv2.line(image, (x, y), (x, min(line, y + step)), tone, 1)
    _window(image, scene, (round(width * 0.3), round(height * 0.07), round(width * 0.72), round(height * 0.4)))
    rng = rng_of(scene, "canvases")
    for k, left in enumerate((0.05, 0.8)):
        x0, y0, w, h = (
            round(width * left),
            round(line - height * (0.24 + 0.04 * k)),
            round(width * 0.16),
            round(height * 0.24),
        )
        cv2.rectangle(image, (x0, y0), (x0 + w, y0 + h), _lit(scene, (246, 240, 226)), -1)
        for _ in range(5):
            paint = tuple(int(v) for v in rng.integers(70, 240, 3))
            cx, cy = x0 + int(rng.uniform(0.25, 0.75) * w), y0 + int(rng.uniform(0.25, 0.75) * h)
            cv2.ellipse(
                image,
                (cx, cy),
                (w // 6, h // 8),
                float(rng.uniform(0, 180)),
                0,
                360,
                _lit(scene, (paint[0], paint[1], paint[2])),
                -1,
                cv2.LINE_AA,
            )


def _plain(image: Bytes, _scene: Scene, line: int, _wall: Rgb) -> None:
    """A seamless wall with a soft pool of light."""
    height, width = image.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = ((np.arange(height, dtype=np.float32) - line * 0.6) / np.float32(height * 0.7))[:, None]
    pool = np.clip(1.12 - 0.22 * (x * x + y * y), 0.8, 1.12)[..., None]
    image[:] = np.clip(image * pool, 0, 255).astype(np.uint8)


def _floor(image: Bytes, scene: Scene, line: int, wall: Rgb) -> None:
    width, height = scene.width, scene.height
    base = shade(wall, -0.04) if scene.surface == "studio paper" else FLOORS.get(scene.surface, (190, 160, 130))
    far, near = _lit(scene, shade(base, -0.08)), _lit(scene, shade(base, 0.1))
    image[line:] = gradient(height - line, width, (far, near))
    if scene.surface == "studio paper":
        band = max(2, height // 12)
        for k in range(band):
            row = image[line - band // 2 + k].astype(np.float32)
            image[line - band // 2 + k] = (row * 0.5 + reals(mix(_lit(scene, wall), far, k / band)) * 0.5).astype(
                np.uint8
            )
        return
    lines = _lit(scene, shade(base, -0.24))
    middle, thick = width / 2, max(1, height // 300)
    if scene.surface == "floorboards":
        for j in range(-16, 17):
            cv2.line(
                image,
                (round(middle + j * width * 0.055), line),
                (round(middle + j * width * 0.17), height),
                lines,
                thick,
                cv2.LINE_AA,
            )
    elif scene.surface == "tiles":
        _chequer(image, scene, line)
    elif scene.surface == "carpet":
        for inset, tone in ((0.03, (226, 190, 120)), (0.07, (120, 30, 40))):
            deep = round((height - line) * inset * 2)
            quad = [
                [width * inset * 1.6, line + deep],
                [width * (1 - inset * 1.6), line + deep],
                [width * (1 - inset * 0.3), height - deep],
                [width * inset * 0.3, height - deep],
            ]
            cv2.polylines(
                image, [np.asarray(quad).astype(np.int32)], True, _lit(scene, tone), max(2, height // 130), cv2.LINE_AA
            )
    skirting = _lit(scene, (240, 234, 222) if scene.backdrop != "library" else (120, 84, 58))
    cv2.rectangle(image, (0, line - max(2, height // 60)), (width, line), skirting, -1)


def _chequer(image: Bytes, scene: Scene, line: int) -> None:
    width, height = scene.width, scene.height
    rows = line + (height - line) * np.linspace(0, 1, 7) ** 1.5
    dark = _lit(scene, (92, 104, 116))
    for k in range(6):
        y0, y1 = rows[k], rows[k + 1]
        s0, s1 = (0.1 + 0.14 * (y - line) / (height - line) for y in (y0, y1))
        for j in range(-8, 8):
            if (j + k) % 2:
                continue
            xs = [
                (width / 2 + a * width * s, y)
                for a, s, y in ((j, s0, y0), (j + 1, s0, y0), (j + 1, s1, y1), (j, s1, y1))
            ]
            cv2.fillPoly(image, [np.round(np.asarray(xs) * 16).astype(np.int32)], dark, cv2.LINE_AA, 4)
