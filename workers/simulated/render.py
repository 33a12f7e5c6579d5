"""Draws a scene: backdrop, things with their shadows, weather, light, lettering, style and tones, in that order."""

import cv2
import numpy as np

from workers.simulated.cast import draw
from workers.simulated.indoors import GAIN, indoors
from workers.simulated.layout import Spot, spot_of
from workers.simulated.outdoors import outdoors
from workers.simulated.pen import Bytes, Pen, Reals, Rgb
from workers.simulated.scene import Scene, Thing
from workers.simulated.tones import tone
from workers.simulated.treatments import treat
from workers.simulated.vocabulary import BACKDROPS, KINDS
from workers.simulated.weather import AMBIENT, DIMNESS, falling, lighting, rng_of


def render(scene: Scene) -> Bytes:
    """The scene's picture: height x width x 3, RGB, the same for equal scenes.

    Everything random depends on the scene's seed and its own purpose only, so that scenes which differ in one thing
    give pictures that differ only where that thing is.
    """
    inside = BACKDROPS[scene.backdrop].indoors
    image = indoors(scene) if inside else outdoors(scene)
    cover = np.zeros((scene.height, scene.width, 1), np.float32)
    glows: list[tuple[float, float, float]] = []
    for thing in sorted(scene.things, key=lambda t: (spot_of(t, scene).near, t.kind)):
        glows += _place(image, cover, thing, scene)
    if not inside:
        image = falling(image, scene)
    if scene.time in ("dusk", "night"):
        _shine(image, glows, 0.85 if scene.time == "night" else 0.45)
    image = lighting(image, scene)
    if scene.text:
        _board(image, scene)
    image = treat(image, scene)
    for name in scene.tones:
        image = tone(image, name, cover, scene)
    return _view(image, scene)


def outline(scene: Scene, thing: Thing) -> tuple[int, int, int, int]:
    """The rectangle (x0, y0, x1, y1) that `thing` and its shadow may touch, within the picture."""
    spot, kind = spot_of(thing, scene), KINDS[thing.kind]
    tall = kind.height * thing.size * spot.unit
    half = tall * max(kind.aspect, 0.5) * (0.8 if thing.count == 1 else 1.5)
    y1 = spot.y + (tall * 0.6 if kind.where == "sky" else tall * max(0.12, 0.2 * kind.aspect))
    y0 = y1 - tall * 1.4
    x0, x1 = spot.x - half, spot.x + half
    return max(0, round(x0)), max(0, round(y0)), min(scene.width, round(x1)), min(scene.height, round(y1))


def _gain(scene: Scene) -> Reals:
    """What the hour and the weather do to the colours of things."""
    gain = np.asarray(AMBIENT[scene.time], np.float32)
    if BACKDROPS[scene.backdrop].indoors:
        return (1 + (gain - 1) * np.float32(GAIN[scene.time])).astype(np.float32)
    return (gain * np.float32(DIMNESS[scene.weather])).astype(np.float32)


def _place(image: Bytes, cover: Reals, thing: Thing, scene: Scene) -> list[tuple[float, float, float]]:
    """Draw a thing (each of its copies) with its shadow; returns its lights as (x, y, radius) in pixels."""
    spot, kind = spot_of(thing, scene), KINDS[thing.kind]
    shrink = 1.0 if thing.count == 1 else 0.74
    pen = draw(thing.model_copy(update={"size": max(0.4, thing.size * shrink)}), scene, spot.unit)
    colour, alpha = pen.finish()
    flip = bool(rng_of(scene, "facing", thing.kind).random() < 0.5) and thing.kind != "clock"
    if flip:
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
    colour = colour * _gain(scene)
    flying = kind.where == "sky"
    lights: list[tuple[float, float, float]] = []
    for k in range(thing.count):
        dx = (k - (thing.count - 1) / 2) * pen.width * 0.82
        dy = -pen.height * 0.1 * (k % 2)
        at = Spot(spot.x + dx, spot.y + dy + (pen.height / 2 if flying else 0), spot.unit, spot.near)
        if not flying:
            _shadow(image, at, pen, kind.where == "water")
        _lay(image, cover, _turned(colour, alpha, thing.angle), at)
        side = -1 if flip else 1
        lights += [(at.x + side * x * pen.height, at.y - y * pen.height, r * pen.height) for x, y, r in pen.glows]
    return lights


def _turned(colour: Reals, alpha: Reals, angle: float) -> tuple[Reals, Reals]:
    """The patch turned anticlockwise by degrees around its middle, enlarged so that nothing is cut."""
    if not angle:
        return colour, alpha
    height, width = alpha.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
    both = cv2.warpAffine(
        np.concatenate([colour, alpha], 2).astype(np.float32), matrix, (side, side), flags=cv2.INTER_LINEAR
    )
    patch = np.asarray(both, np.float32)
    lift = (side - height) // 2
    patch = patch[: side - lift] if lift else patch
    return patch[..., :3], patch[..., 3:]


def _shadow(image: Bytes, at: Spot, pen: Pen, on_water: bool) -> None:
    half = pen.width * 0.46
    thick = half * (0.16 if on_water else 0.22)
    x0, x1 = max(0, int(at.x - half * 1.5)), min(image.shape[1], int(at.x + half * 1.7))
    y0, y1 = max(0, int(at.y - thick * 1.6)), min(image.shape[0], int(at.y + thick * 1.8))
    if x0 >= x1 or y0 >= y1:
        return
    x = (np.arange(x0, x1, dtype=np.float32) - (at.x + half * 0.1)) / np.float32(half * 1.25)
    y = (np.arange(y0, y1, dtype=np.float32) - (at.y - thick * 0.1)) / np.float32(thick * 1.4)
    far = np.hypot(x[None, :], y[:, None])
    dark = 1 - 0.42 * np.clip(1.25 - 1.25 * far, 0, 1)[..., None]
    image[y0:y1, x0:x1] = (image[y0:y1, x0:x1] * dark).astype(np.uint8)


def _lay(image: Bytes, cover: Reals, patch: tuple[Reals, Reals], at: Spot) -> None:
    """Lay a patch with the middle of its lower edge at the spot, clipped to the picture."""
    colour, alpha = patch
    height, width = alpha.shape[:2]
    left, top = round(at.x - width / 2), round(at.y - height + 2)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], left + width), min(image.shape[0], top + height)
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    whole = (slice(y0, y1), slice(x0, x1))
    image[whole] = np.clip(image[whole] * (1 - alpha[part]) + colour[part], 0, 255).astype(np.uint8)
    cover[whole] = np.maximum(cover[whole], alpha[part])


def _shine(image: Bytes, glows: list[tuple[float, float, float]], strength: float) -> None:
    """Warm light around lamps and windows."""
    warm = np.asarray((255, 196, 104), np.float32)
    for x, y, radius in glows:
        x0, x1 = max(0, int(x - radius)), min(image.shape[1], int(x + radius))
        y0, y1 = max(0, int(y - radius)), min(image.shape[0], int(y + radius))
        if x0 >= x1 or y0 >= y1:
            continue
        dx = (np.arange(x0, x1, dtype=np.float32) - x) / np.float32(radius)
        dy = (np.arange(y0, y1, dtype=np.float32) - y) / np.float32(radius)
        fall = np.clip(1 - np.hypot(dx[None, :], dy[:, None]), 0, 1) ** 1.8
        light = (fall * np.float32(0.6 * strength))[..., None]
        image[y0:y1, x0:x1] = np.minimum(image[y0:y1, x0:x1] + warm * light, 255).astype(np.uint8)


def _board(image: Bytes, scene: Scene) -> None:
    """A painted board hanging at the top, with the scene's text."""
    height, width = image.shape[:2]
    tall = max(18, round(min(height * 0.11, width * 0.13)))
    font, thick = cv2.FONT_HERSHEY_DUPLEX, max(1, tall // 22)
    scale = tall / 46
    (wide, high), _ = cv2.getTextSize(scene.text, font, scale, thick)
    if wide > width * 0.72:
        scale *= width * 0.72 / wide
        (wide, high), _ = cv2.getTextSize(scene.text, font, scale, thick)
    x0, y0 = round(width / 2 - wide / 2 - tall * 0.4), round(height * 0.035)
    x1, y1 = round(width / 2 + wide / 2 + tall * 0.4), y0 + tall
    boards: tuple[tuple[Rgb, Rgb], ...] = (
        ((126, 82, 54), (252, 236, 200)),
        ((244, 236, 216), (170, 48, 48)),
        ((40, 74, 92), (246, 238, 214)),
    )
    board, ink = boards[scene.seed % len(boards)]
    for x in (x0 + tall // 3, x1 - tall // 3):
        cv2.line(image, (x, 0), (x, y0 + 2), (70, 56, 48), max(1, tall // 16), cv2.LINE_AA)
    cv2.rectangle(image, (x0, y0), (x1, y1), board, -1)
    cv2.rectangle(image, (x0, y0), (x1, y1), ink, max(1, tall // 20), cv2.LINE_AA)
    cv2.putText(
        image,
        scene.text,
        (round(width / 2 - wide / 2), round(y0 + tall / 2 + high / 2)),
        font,
        scale,
        ink,
        thick,
        cv2.LINE_AA,
    )


def _view(image: Bytes, scene: Scene) -> Bytes:
    """The part and the way round that is shown."""
    if scene.zoom > 1.0:
        height, width = image.shape[:2]
        h, w = round(height / scene.zoom), round(width / scene.zoom)
        y, x = round((height - h) * 0.6), (width - w) // 2
        image = np.asarray(
            cv2.resize(image[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_CUBIC), np.uint8
        )
    return np.ascontiguousarray(image[:, ::-1] if scene.mirrored else image)
