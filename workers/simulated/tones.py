"""Does the edits of the whole picture's tone, focus and quality, by name."""

from collections.abc import Callable

import cv2
import numpy as np

from workers.simulated.pen import Bytes, Reals, reals
from workers.simulated.scene import Scene
from workers.simulated.treatments import vignette
from workers.simulated.weather import rng_of


def tone(image: Bytes, name: str, cover: Reals, scene: Scene) -> Bytes:
    """The picture with the named tone; `cover` (h x w x 1, 0-1) is where the things are."""
    return _DO[name](image, cover, scene)


def _bytes(image: Reals | Bytes) -> Bytes:
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _curve(gamma: float, gain: float = 1.0) -> Callable[[Bytes, Reals, Scene], Bytes]:
    table = (255 * np.clip((np.arange(256) / 255) ** gamma * gain, 0, 1)).round().astype(np.uint8)
    return lambda image, _cover, _scene: np.asarray(cv2.LUT(image, table), np.uint8)


def _contrast(factor: float, lift: float = 0.0) -> Callable[[Bytes, Reals, Scene], Bytes]:
    table = np.clip((np.arange(256) - 122.0) * factor + 122.0 + lift, 0, 255).round().astype(np.uint8)
    return lambda image, _cover, _scene: np.asarray(cv2.LUT(image, table), np.uint8)


def _colour(share: float) -> Callable[[Bytes, Reals, Scene], Bytes]:
    def do(image: Bytes, _cover: Reals, _scene: Scene) -> Bytes:
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)[..., None]
        return _bytes(grey + (image - grey) * np.float32(share))

    return do


def _gains(r: float, g: float, b: float) -> Callable[[Bytes, Reals, Scene], Bytes]:
    return lambda image, _cover, _scene: _bytes(image * reals((r, g, b)))


def _tint(
    low: tuple[int, int, int], high: tuple[int, int, int], share: float
) -> Callable[[Bytes, Reals, Scene], Bytes]:
    dark, light = np.asarray(low, np.float32), np.asarray(high, np.float32)

    def do(image: Bytes, _cover: Reals, _scene: Scene) -> Bytes:
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)[..., None] / np.float32(255)
        return _bytes(image * np.float32(1 - share) + (dark + (light - dark) * grey) * np.float32(share))

    return do


def _vignette(image: Bytes, _cover: Reals, _scene: Scene) -> Bytes:
    height, width = image.shape[:2]
    return _bytes(image * np.maximum(vignette(height, width, 0.9), 0.06))


def _dimmed(image: Bytes, cover: Reals, _scene: Scene) -> Bytes:
    return _bytes(image * (0.36 + 0.64 * cover))


def _blurred(image: Bytes, cover: Reals, _scene: Scene) -> Bytes:
    radius = max(4.0, min(image.shape[:2]) / 40)
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), radius), np.float32)
    return _bytes(image * cover + soft * (1 - cover))


def _aged(image: Bytes, _cover: Reals, scene: Scene) -> Bytes:
    height, width = image.shape[:2]
    rng = rng_of(scene, "age")
    worn = np.asarray(_tint((52, 40, 28), (238, 216, 172), 0.72)(image, _cover, scene), np.float32)
    marks = np.zeros((height, width), np.uint8)
    for x, y, long in rng.random((14, 3)) * (width, height, 1):
        end = (round(x + width * 0.02 * (long - 0.5)), round(y + height * (0.1 + 0.3 * long)))
        cv2.line(marks, (round(x), round(y)), end, (200,), max(1, min(height, width) // 260), cv2.LINE_AA)
    stains = np.zeros((height, width), np.uint8)
    for x, y, size in rng.random((5, 3)) * (width, height, 1):
        reach = round(min(height, width) * (0.06 + 0.1 * size))
        cv2.circle(stains, (round(x), round(y)), reach, (110,), max(2, reach // 8), cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(stains, (0, 0), max(1.0, width / 160)), np.float32)[..., None] / np.float32(255)
    scratch = marks.astype(np.float32)[..., None] / np.float32(255)
    return _bytes((worn * (1 - soft * np.float32(0.7))) * (1 - scratch) + np.float32(246) * scratch)


def _framed(image: Bytes, _cover: Reals, _scene: Scene) -> Bytes:
    height, width = image.shape[:2]
    thick = max(6, round(min(height, width) * 0.065))
    out = image.copy()
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    edge = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    wood = (
        reals((70, 44, 30))
        * (1 + 0.16 * np.sin(edge * np.float32(0.9)) + 0.08 * np.sin((x + y) * np.float32(0.11)))[..., None]
    )
    inside = edge >= thick
    out[~inside] = _bytes(wood)[~inside]
    lip = (edge >= thick - max(2, thick // 6)) & ~inside
    out[lip] = (206, 168, 92)
    return out


_DO: dict[str, Callable[[Bytes, Reals, Scene], Bytes]] = {
    "brighter": _curve(0.52, 1.08), "darker": _curve(1.5, 0.62), "punchy": _contrast(1.9),
    "faded": _contrast(0.42, 22.0), "vivid": _colour(2.3), "muted": _colour(0.16), "warmer": _gains(1.3, 1.02, 0.52),
    "cooler": _gains(0.56, 0.95, 1.34), "monochrome": _colour(0.0),
    "sepia": _tint((44, 26, 10), (255, 226, 172), 0.92), "rose": _tint((80, 6, 52), (255, 196, 220), 0.7),
    "vignette": _vignette, "dimmed": _dimmed, "aged": _aged, "framed": _framed, "blurred": _blurred,
}  # fmt: skip
