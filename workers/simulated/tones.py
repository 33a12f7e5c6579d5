"""Edits of the whole picture's tone, focus and quality; each has a name, its opposite and a way to do it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from workers.simulated.pen import Bytes, Reals
from workers.simulated.scene import Scene
from workers.simulated.treatments import vignette
from workers.simulated.weather import rng_of


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone edit: its operation, what to say, in Chinese, and what to say to take it off."""

    operation: str
    say: tuple[str, ...]
    zh: str
    unsay: tuple[str, ...] = ()
    unzh: str = ""


# fmt: off
TONES: dict[str, Tone] = {
    "brighter": Tone("exposure", ("Brighten the whole picture", "Make the picture clearly brighter", "Raise the exposure"), "把整张图片调亮", ("Darken the whole picture", "Lower the exposure"), "把整张图片调暗"),
    "darker": Tone("exposure", ("Darken the whole picture", "Lower the exposure a good deal"), "把整张图片调暗", ("Brighten the whole picture", "Raise the exposure"), "把整张图片调亮"),
    "punchy": Tone("contrast", ("Give the picture much more contrast", "Raise the contrast strongly"), "大幅提高对比度", ("Soften the contrast", "Lower the contrast"), "降低对比度"),
    "faded": Tone("contrast", ("Lower the contrast for a faded look", "Flatten the contrast"), "降低对比度,呈现褪色效果", ("Raise the contrast", "Give the picture more contrast"), "提高对比度"),
    "vivid": Tone("saturation", ("Make the colours much more vivid", "Boost the colours strongly"), "让色彩更加鲜艳", ("Tone the colours down", "Make the colours calmer"), "让色彩更柔和"),
    "muted": Tone("saturation", ("Mute the colours", "Drain most of the colour from the picture"), "降低色彩饱和度", ("Make the colours richer", "Strengthen the colours"), "提高色彩饱和度"),
    "warmer": Tone("color_temperature", ("Give the picture a warmer white balance", "Make the colours clearly warmer"), "把色温调暖", ("Make the colours cooler", "Cool the white balance"), "把色温调冷"),
    "cooler": Tone("color_temperature", ("Give the picture a cooler white balance", "Make the colours clearly cooler"), "把色温调冷", ("Make the colours warmer", "Warm the white balance"), "把色温调暖"),
    "monochrome": Tone("monochrome", ("Turn the picture black and white", "Make it a black-and-white picture"), "把图片变成黑白", ("Colour the black-and-white picture", "Give the picture natural colours"), "为黑白图片上色"),
    "sepia": Tone("tint", ("Give the picture a sepia tint", "Lay a sepia tone over the picture"), "添加棕褐色调", ("Take the sepia tint off the picture", "Remove the sepia tone"), "去除棕褐色调"),
    "rose": Tone("tint", ("Lay a rose tint over the picture", "Tint the whole picture pink"), "添加玫瑰色调", ("Take the rose tint off the picture", "Remove the pink tint"), "去除玫瑰色调"),
    "vignette": Tone("vignette", ("Darken the corners with a strong vignette", "Add a heavy dark vignette"), "为四角添加暗角"),
    "dimmed": Tone("dim_surroundings", ("Dim everything around the main objects", "Darken the surroundings so that the objects stand out"), "压暗主体周围的环境", ("Light up the surroundings", "Brighten everything around the main objects"), "提亮主体周围的环境"),
    "aged": Tone("degrade", ("Age the picture with scratches and stains", "Make it look like an old, damaged print"), "把图片做旧,加上划痕和污渍", ("Mend the old picture and remove its scratches and stains", "Repair the damaged print"), "修复旧照片,去除划痕和污渍"),
    "framed": Tone("frame", ("Put a wide dark wooden frame around the picture", "Frame the picture in dark wood"), "给图片加上深色木框", ("Take the wooden frame away", "Remove the dark frame"), "去除深色木框"),
    "blurred": Tone("blur_background", ("Blur the background behind the objects", "Throw the background out of focus"), "虚化背景", ("Bring the background into focus", "Sharpen the background"), "让背景清晰"),
}
# fmt: on


def tone(image: Bytes, name: str, cover: Reals, scene: Scene) -> Bytes:
    """The picture with the named tone; `cover` (h x w x 1, 0-1) is where the things are."""
    return _DO[name](image, cover, scene)


def _bytes(image: Reals) -> Bytes:
    return np.clip(image, 0, 255).astype(np.uint8)


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
    return _bytes(image * np.maximum(vignette(height, width, 0.9), np.float32(0.06)))


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
    "brighter": _curve(0.52, 1.08), "darker": _curve(1.5, 0.62), "punchy": _contrast(1.9), "faded": _contrast(0.42, 22.0),
    "vivid": _colour(2.3), "muted": _colour(0.16), "warmer": _gains(1.3, 1.02, 0.52), "cooler": _gains(0.56, 0.95, 1.34),
    "monochrome": _colour(0.0), "sepia": _tint((44, 26, 10), (255, 226, 172), 0.92), "rose": _tint((80, 6, 52), (255, 196, 220), 0.7),
    "vignette": _vignette, "dimmed": _dimmed, "aged": _aged, "framed": _framed, "blurred": _blurred,
}  # fmt: skip
