"""The sky and the light: gradients by time of day and weather, sun, moon, stars, clouds, rain, snow and fog."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulated.pen import Bytes, Reals, Rgb, reals
from workers.simulated.scene import Scene

SKIES: dict[str, tuple[tuple[Rgb, Rgb, Rgb], ...]] = {
    "dawn": (
        ((118, 144, 206), (236, 182, 186), (255, 222, 180)),
        ((96, 136, 190), (214, 178, 204), (255, 208, 176)),
        ((140, 168, 214), (250, 200, 172), (255, 236, 196)),
    ),
    "day": (
        ((74, 150, 222), (146, 204, 240), (222, 242, 250)),
        ((58, 140, 196), (132, 202, 222), (226, 244, 236)),
        ((96, 164, 232), (176, 214, 244), (240, 246, 246)),
    ),
    "dusk": (
        ((66, 56, 124), (206, 96, 120), (255, 170, 98)),
        ((48, 66, 130), (190, 110, 150), (255, 186, 130)),
        ((90, 52, 104), (226, 110, 92), (255, 196, 104)),
    ),
    "night": (
        ((12, 18, 48), (28, 40, 88), (62, 78, 132)),
        ((14, 14, 44), (40, 34, 88), (86, 70, 130)),
        ((8, 24, 50), (20, 54, 92), (56, 96, 128)),
    ),
}
AMBIENT: dict[str, tuple[float, float, float]] = {
    "dawn": (1.0, 0.9, 0.88), "day": (1.0, 1.0, 1.0), "dusk": (0.94, 0.74, 0.72), "night": (0.47, 0.54, 0.78),
}  # fmt: skip
OVERCAST: dict[str, Rgb] = {
    "dawn": (176, 168, 176),
    "day": (168, 178, 188),
    "dusk": (124, 104, 122),
    "night": (38, 44, 64),
}
CLOUD: dict[str, Rgb] = {
    "dawn": (255, 226, 214),
    "day": (255, 255, 255),
    "dusk": (250, 176, 150),
    "night": (74, 86, 128),
}
GREYNESS: dict[str, float] = {"clear": 0.0, "cloudy": 0.62, "rain": 0.8, "snow": 0.6, "fog": 0.5}
DIMNESS: dict[str, float] = {"clear": 1.0, "cloudy": 0.86, "rain": 0.76, "snow": 0.95, "fog": 0.95}


@dataclass(frozen=True, slots=True)
class Air:
    """The light a scene stands in: sky colours, gain on everything it lights, haze."""

    top: Rgb
    middle: Rgb
    low: Rgb
    gain: tuple[float, float, float]
    cloud: Rgb

    def lit(self, colour: Rgb, far: float = 0.0) -> Rgb:
        """A surface colour as it looks here; `far` in 0-1 fades it into the low sky."""
        lit = [min(255.0, c * g) for c, g in zip(colour, self.gain, strict=True)]
        r, g, b = (round(c + (s - c) * far) for c, s in zip(lit, self.low, strict=True))
        return r, g, b


def rng_of(scene: Scene, *what: str) -> np.random.Generator:
    """The scene's own chance for one purpose, so that a change elsewhere never moves it."""
    return np.random.default_rng(
        [scene.seed & 0xFFFFFFFF, *(sum((i + 1) * b for i, b in enumerate(w.encode())) for w in what)]
    )


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour `share` of the way from `a` to `b`."""
    r, g, bl = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, bl


def air_of(scene: Scene) -> Air:
    """The light of the scene's time and weather."""
    top, middle, low = SKIES[scene.time][scene.seed % 3]
    grey, share = OVERCAST[scene.time], GREYNESS[scene.weather]
    r, g, b = (a * DIMNESS[scene.weather] for a in AMBIENT[scene.time])
    return Air(
        mix(top, grey, share), mix(middle, grey, share), mix(low, mix(grey, (235, 236, 238), 0.25), share),
        (r, g, b), mix(CLOUD[scene.time], grey, share * 0.55),
    )  # fmt: skip


def gradient(height: int, width: int, stops: tuple[Rgb, ...]) -> Bytes:
    """A vertical gradient through evenly spaced colours."""
    column = np.asarray(stops, np.float32)[:, None, :]
    at = np.linspace(0, len(stops) - 1, height, dtype=np.float32)
    low = np.minimum(at.astype(int), len(stops) - 2)
    part = (at - low)[:, None, None]
    band = column[low] * (1 - part) + column[low + 1] * part
    return np.ascontiguousarray(np.broadcast_to(band, (height, width, 3))).astype(np.uint8)


def blobs(height: int, width: int, spots: NDArray[np.float64], softness: float) -> Reals:
    """Soft ellipses (x, y, rx, ry in pixels) as a coverage map, 0-1."""
    small = 2
    mask = np.zeros((height // small + 1, width // small + 1), np.uint8)
    for x, y, rx, ry in spots / small:
        axes = (max(1, round(rx)), max(1, round(ry)))
        cv2.ellipse(mask, (round(x), round(y)), axes, 0, 0, 360, (255,), -1, cv2.LINE_AA)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.6, softness / small)), np.uint8)
    full = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    return (full.astype(np.float32) / np.float32(255))[..., None]


def blend(image: Bytes, colour: Rgb, cover: Reals) -> Bytes:
    """`colour` laid over `image` where `cover` (h x w x 1, 0-1) says."""
    paint = np.asarray(colour, np.float32)
    return (image * (1 - cover) + paint * cover).astype(np.uint8)


def sky(scene: Scene, height: int) -> Bytes:
    """The sky down to `height` pixels: gradient, stars, sun or moon, clouds."""
    air, width = air_of(scene), scene.width
    image = gradient(height, width, (air.top, air.middle, air.low))
    unit = min(width, height)
    if scene.time == "night" and scene.weather in ("clear", "cloudy"):
        rng = rng_of(scene, "stars")
        for x, y, bright in rng.random((70, 3)) * (width, height * 0.9, 1):
            tone = round(150 + 105 * bright)
            cv2.circle(
                image, (round(x * 16), round(y * 16)), round(8 + 14 * bright), (tone, tone, 255), -1, cv2.LINE_AA, 4
            )
    if scene.weather in ("clear", "cloudy"):
        image = _sun(image, scene, unit)
    return _clouds(image, scene, air, unit)


def _sun(image: Bytes, scene: Scene, unit: int) -> Bytes:
    height, width = image.shape[:2]
    rng = rng_of(scene, "sun")
    low = scene.time in ("dawn", "dusk")
    x = width * float(rng.uniform(0.12, 0.3) if scene.seed % 2 else rng.uniform(0.7, 0.88))
    y = height * (0.66 if low else 0.22)
    radius = unit * (0.1 if low else 0.075)
    halo, core = {
        "dawn": ((255, 220, 170), (255, 244, 214)), "day": ((255, 250, 214), (255, 252, 226)),
        "dusk": ((255, 170, 96), (255, 222, 150)), "night": ((130, 150, 210), (244, 242, 222)),
    }[scene.time]  # fmt: skip
    image = blend(
        image,
        halo,
        blobs(height, width, np.array([[x, y, radius * 1.7, radius * 1.7]]), radius * 1.1) * np.float32(0.6),
    )
    centre = (round(x * 16), round(y * 16))
    cv2.circle(image, centre, round(radius * 16), core, -1, cv2.LINE_AA, 4)
    if scene.time == "night":
        for dx, dy, r in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.16), (0.3, -0.35, 0.12)):
            spot = (round((x + dx * radius) * 16), round((y + dy * radius) * 16))
            cv2.circle(image, spot, round(radius * r * 16), (216, 214, 200), -1, cv2.LINE_AA, 4)
    return image


def _clouds(image: Bytes, scene: Scene, air: Air, unit: int) -> Bytes:
    height, width = image.shape[:2]
    rng = rng_of(scene, "clouds")
    count = {"clear": 3, "cloudy": 9, "rain": 10, "snow": 7, "fog": 4}[scene.weather]
    spots: list[tuple[float, float, float, float]] = []
    for _ in range(count):
        x, y = float(rng.uniform(0.02, 0.98)) * width, float(rng.uniform(0.08, 0.62)) * height
        span = unit * float(rng.uniform(0.13, 0.26))
        for k in range(5):
            dx, dy = (k - 2) * span * 0.36, -span * 0.2 * (1 - abs(k - 2) / 2.5)
            spots.append(
                (x + dx, y + dy * float(rng.uniform(0.6, 1.4)), span * 0.34, span * float(rng.uniform(0.13, 0.22)))
            )
        spots.append((x, y + span * 0.06, span * 0.9, span * 0.1))
    cover = blobs(height, width, np.asarray(spots), unit * 0.012)
    shadow = np.roll(cover, -max(2, unit // 60), 0) * cover
    image = blend(image, mix(air.cloud, air.middle, 0.35), cover * np.float32(0.9))
    return blend(image, air.cloud, shadow * np.float32(0.85))


def falling(image: Bytes, scene: Scene) -> Bytes:
    """Rain, snow or fog in front of everything."""
    height, width = image.shape[:2]
    rng = rng_of(scene, "falling")
    unit = min(height, width)
    if scene.weather == "fog":
        ramp = np.interp(np.arange(height), [0, height * 0.45, height], [0.45, 0.64, 0.24]).astype(np.float32)
        return blend(image, air_of(scene).low, ramp[:, None, None])
    if scene.weather == "rain":
        layer = np.zeros((height, width), np.uint8)
        count = max(80, height * width // 1000)
        for x, y, long in rng.random((count, 3)) * (width * 1.1, height, 1):
            drop = unit * (0.03 + 0.04 * long)
            cv2.line(
                layer,
                (round(x), round(y)),
                (round(x - drop * 0.25), round(y + drop)),
                (150,),
                max(1, unit // 300),
                cv2.LINE_AA,
            )
        return blend(image, (214, 226, 240), (layer.astype(np.float32) / 255)[..., None])
    if scene.weather == "snow":
        layer = np.zeros((height, width), np.uint8)
        for x, y, size in rng.random((max(60, height * width // 900), 3)) * (width, height, 1):
            cv2.circle(
                layer,
                (round(x * 16), round(y * 16)),
                round(unit * (0.0025 + 0.006 * size**3) * 16),
                (235,),
                -1,
                cv2.LINE_AA,
                4,
            )
        return blend(image, (252, 253, 255), (layer.astype(np.float32) / 255)[..., None])
    return image


LIGHT_GAINS: dict[str, tuple[float, float, float]] = {
    "golden": (1.14, 0.99, 0.7), "cold": (0.7, 0.9, 1.16), "dramatic": (1.14, 1.1, 1.0), "neon": (1.14, 0.74, 1.1),
}  # fmt: skip


def lighting(image: Bytes, scene: Scene) -> Bytes:
    """The scene's light laid over the whole picture."""
    if not scene.light:
        return image
    height, width = image.shape[:2]
    gain = np.asarray(LIGHT_GAINS[scene.light], np.float32)
    if scene.light == "dramatic":
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1.1, 0.9, height, dtype=np.float32)[:, None]
        spot = np.clip(1.35 - 0.85 * np.hypot(x, y), 0.3, 1.12).astype(np.float32)
        return np.clip(image * (gain * spot[..., None]), 0, 255).astype(np.uint8)
    if scene.light == "neon":
        ramp = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
        gain = gain * (1 - ramp) + reals((0.7, 0.88, 1.2)) * ramp
    return np.asarray(np.clip(image * gain, 0, 255), np.uint8)
