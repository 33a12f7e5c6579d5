"""How each of the taxonomy's styles looks: a dozen treatments of the finished picture, all of them local."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from workers.simulated.pen import Bytes, Reals, reals
from workers.simulated.scene import Scene

FAMILIES: dict[str, str] = {
    "photo": (
        "photograph, documentary photograph, street photograph, studio product photograph, macro photograph, "
        "aerial photograph, HDR photograph, fashion editorial, food photograph, architectural photograph, "
        "wildlife photograph, portrait photograph, drone photograph, tilt-shift photograph, 3D render"
    ),
    "film": (
        "cinematic film still, long exposure photograph, polaroid, analog 35mm film, infrared photograph, "
        "underwater photograph, night photograph, stop motion"
    ),
    "mono": "black-and-white photograph, film noir",
    "paint": (
        "oil painting, acrylic painting, tempera, fresco, impressionism, expressionism, surrealism, mural, "
        "fantasy art, cubism"
    ),
    "wash": (
        "watercolour, gouache, Chinese ink wash, botanical illustration, anatomical illustration, Persian miniature"
    ),
    "pencil": "pastel drawing, pencil sketch, chalk art, children's book illustration, naive art, sand art",
    "ink": "charcoal drawing, ink drawing, etching, woodcut, linocut, technical drawing",
    "print": "screen print, risograph, lithograph, pop art, comic book, manga, graffiti, ukiyo-e, collage",
    "flat": (
        "vector illustration, flat design, isometric illustration, infographic, anime, cel shading, minimalism, "
        "bauhaus, low poly"
    ),
    "pixel": "pixel art, voxel art",
    "mosaic": "Byzantine mosaic, stained glass",
    "paper": "paper cut, origami, claymation, folk art, ceramic",
    "craft": "embroidery, felt craft, knitted craft",
    "cast": "wood carving, marble sculpture, bronze sculpture, ice sculpture, blueprint",
    "poster": "vintage poster, travel poster, art nouveau, art deco, steampunk, solarpunk",
    "neon": "cyberpunk, vaporwave",
}
TREATMENT: dict[str, str] = {style: family for family, styles in FAMILIES.items() for style in styles.split(", ")}
COLOURLESS = frozenset({"mono", "ink", "cast"})
"""Families that drop colour, so that edits of colour cannot be seen in them."""
CASTS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "wood carving": ((52, 28, 16), (224, 172, 112)), "marble sculpture": ((92, 92, 102), (250, 248, 244)),
    "bronze sculpture": ((30, 22, 20), (226, 176, 110)), "ice sculpture": ((22, 66, 110), (236, 250, 255)),
    "blueprint": ((14, 48, 120), (226, 238, 255)),
}  # fmt: skip


def treat(image: Bytes, scene: Scene) -> Bytes:
    """The picture in the scene's style; an unknown style leaves it as drawn."""
    family = TREATMENT.get(scene.style)
    return image if family is None else TREATMENTS[family](image, scene.style)


@lru_cache(maxsize=8)
def _tile(seed: int, blur: int) -> Reals:
    noise = np.random.default_rng(seed).standard_normal((256, 256), np.float32)
    if blur:
        wrapped = np.tile(noise, (2, 2))
        noise = np.asarray(cv2.GaussianBlur(wrapped, (0, 0), blur), np.float32)[128:384, 128:384]
        noise = noise / noise.std()
    return noise


def _noise(image: Bytes, seed: int, blur: int = 0) -> Reals:
    """Noise of standard deviation 1 over the picture's size, the same for every scene."""
    height, width = image.shape[:2]
    tile = _tile(seed, blur)
    return np.tile(tile, (height // 256 + 1, width // 256 + 1))[:height, :width, None]


def _bytes(image: Reals) -> Bytes:
    return np.clip(image, 0, 255).astype(np.uint8)


def vignette(height: int, width: int, strength: float) -> Reals:
    """A gain map that darkens towards the corners (h x w x 1)."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return (1 - strength * np.clip((x * x + y * y) - 0.45, 0, 2))[..., None].astype(np.float32)


def _grey(image: Bytes) -> Reals:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)[..., None]


def _edges(image: Bytes) -> Reals:
    """Where outlines are, 0-1 (h x w x 1)."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    slope = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.asarray(np.clip((slope.astype(np.float32) - 14) / np.float32(60), 0, 1)[..., None], np.float32)


def _photo(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    return _bytes(image * vignette(height, width, 0.16) + _noise(image, 1) * np.float32(2.6))


def _film(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    warm = image * reals((0.93, 0.9, 0.82)) + reals((20, 16, 22))
    return _bytes(warm * vignette(height, width, 0.24) + _noise(image, 2) * np.float32(4.5))


def _mono(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    grey = (_grey(image) - 118) * np.float32(1.16) + 122
    return _bytes(np.repeat(grey * vignette(height, width, 0.22) + _noise(image, 3) * np.float32(4.0), 3, 2))


def _paint(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = np.float32(max(1.0, min(height, width) / 340))
    shiftx, shifty = _noise(image, 4, 3)[..., 0] * reach, _noise(image, 5, 3)[..., 0] * reach
    daubed = np.asarray(
        cv2.remap(image, x + shiftx, y + shifty, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.uint8
    )
    daubed = np.asarray(cv2.medianBlur(daubed, 5), np.uint8)
    strokes = np.asarray(cv2.filter2D(_noise(image, 6)[..., 0], -1, _stroke()), np.float32)[..., None]
    return _bytes((daubed.astype(np.float32) - 118) * np.float32(1.06) + 119 + strokes * np.float32(26))


def _stroke() -> Reals:
    kernel = np.zeros((13, 13), np.float32)
    cv2.line(kernel, (1, 9), (11, 3), (1.0,), 1, cv2.LINE_AA)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _wash(image: Bytes, _style: str) -> Bytes:
    pale = image.astype(np.float32) * np.float32(0.8) + reals((54, 52, 48))
    pooled = pale * (1 + _noise(image, 7, 14) * np.float32(0.045)) - _edges(image) * np.float32(34)
    return _bytes(pooled + _noise(image, 8, 1) * np.float32(4.2))


def _pencil(image: Bytes, _style: str) -> Bytes:
    strokes = np.asarray(cv2.filter2D(_noise(image, 9)[..., 0], -1, _stroke()), np.float32)[..., None]
    paper = reals((250, 246, 236))
    share = np.clip(0.7 + strokes * np.float32(0.5), 0.35, 0.95)
    coloured = image * share + paper * (1 - share)
    return _bytes(coloured * (1 - _edges(image) * np.float32(0.5)))


def _ink(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    grey = _grey(image)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    hatch = np.sin((x + y) * np.float32(0.9))[..., None] * np.float32(26) * np.clip((190 - grey) / 120, 0, 1)
    tone = np.clip((grey - 112) * np.float32(1.35) + 150 + hatch, 0, 255) * (1 - _edges(image) * np.float32(0.82))
    ink, paper = reals((28, 26, 32)), reals((244, 238, 224))
    return _bytes(ink + (paper - ink) * tone / np.float32(255))


def _print(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    step = np.float32(26)
    flat = np.round((image.astype(np.float32) * np.float32(1.06) + 8) / step) * step
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dots = (np.sin((x + y) * np.float32(0.8)) * np.sin((x - y) * np.float32(0.8)))[..., None]
    shade = np.clip((170 - _grey(image)) / 150, 0, 1)
    return _bytes(flat * np.float32(1.04) - dots * shade * np.float32(22) + _noise(image, 10, 1) * np.float32(2.5))


def _flat(image: Bytes, _style: str) -> Bytes:
    return _bytes((image.astype(np.float32) - 124) * np.float32(1.07) + 127)


def _pixel(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    cell = max(3, min(height, width) // 110)
    small = cv2.resize(image, (width // cell, height // cell), interpolation=cv2.INTER_AREA)
    flat = (np.round(small.astype(np.float32) / 28) * 28).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _mosaic(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    cell = max(5, min(height, width) // 64)
    small = cv2.resize(image, (width // cell, height // cell), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = (
        small * (1 + 0.07 * _tile(11, 0)[: small.shape[0] % 256 or 256, : small.shape[1] % 256 or 256, None])
        if max(small.shape[:2]) < 256
        else small
    )
    big = np.asarray(cv2.resize(_bytes(small), (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
    rows = (np.arange(height) * (height // cell) % height < (height // cell))[:, None, None]
    columns = (np.arange(width) * (width // cell) % width < (width // cell))[None, :, None]
    return _bytes(big * np.where(rows | columns, np.float32(0.55), np.float32(1.04)))


def _paper(image: Bytes, _style: str) -> Bytes:
    grey = _grey(image)[..., 0]
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 2), np.float32)
    relief = np.roll(soft, 2, (0, 1)) - np.roll(soft, -2, (0, 1))
    return _bytes(
        image + np.clip(relief, -26, 26)[..., None] * np.float32(0.7) + _noise(image, 12, 1) * np.float32(4.5)
    )


def _craft(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    rows = np.abs(np.sin(y * np.float32(0.62) + np.abs(np.sin(x * np.float32(0.36))) * np.float32(1.7)))
    soft = np.asarray(cv2.blur(image, (3, 3)), np.float32)
    return _bytes(soft * (0.84 + 0.22 * rows[..., None]) + _noise(image, 13, 1) * np.float32(5))


def _cast(image: Bytes, style: str) -> Bytes:
    low, high = (np.asarray(tone, np.float32) for tone in CASTS.get(style, CASTS["marble sculpture"]))
    grey = _grey(image)[..., 0]
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.2), np.float32)
    relief = np.roll(soft, 2, (0, 1)) - np.roll(soft, -2, (0, 1))
    tone = np.clip((grey - 110) * 1.1 + 124 + relief * 0.6, 0, 255)[..., None] / np.float32(255)
    if style == "blueprint":
        tone = np.clip(0.12 + 0.25 * tone + _edges(image), 0, 1)
    return _bytes(low + (high - low) * tone + _noise(image, 14, 2) * np.float32(3))


def _poster(image: Bytes, _style: str) -> Bytes:
    height, width = image.shape[:2]
    aged = (image.astype(np.float32) - 116) * np.float32(1.08) + reals((128, 121, 104))
    flat = np.round(aged / 14) * 14
    return _bytes(flat * vignette(height, width, 0.12) + _noise(image, 15, 1) * np.float32(5))


def _neon(image: Bytes, _style: str) -> Bytes:
    grey = _grey(image) / np.float32(255)
    low, high = reals((44, 6, 92)), reals((70, 246, 255))
    graded = low + (high - low) * grey
    mixed = image * reals((0.74, 0.44, 0.7)) + graded * np.float32(0.42)
    return _bytes(mixed + reals((30, 0, 22)))


TREATMENTS: dict[str, Callable[[Bytes, str], Bytes]] = {
    "photo": _photo, "film": _film, "mono": _mono, "paint": _paint, "wash": _wash, "pencil": _pencil, "ink": _ink,
    "print": _print, "flat": _flat, "pixel": _pixel, "mosaic": _mosaic, "paper": _paper, "craft": _craft,
    "cast": _cast, "poster": _poster, "neon": _neon,
}  # fmt: skip
