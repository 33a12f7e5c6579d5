"""Pictures with text and watermarks drawn onto them, in the font that Pillow brings."""

from pathlib import Path

import numpy as np
import PIL.Image
import skimage
from PIL import ImageDraw, ImageFont

from workers.pixelwise.arrays import Pixels

PHOTOGRAPHS = tuple(
    Path(skimage.__file__).parent / "data" / name
    for name in ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "retina.jpg",
                 "rocket.jpg")
)  # fmt: skip
"""The photographs of `nhr demo`: no text that could be read, nothing explicit."""


def opened(path: Path) -> Pixels:
    with PIL.Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def written(pixels: Pixels, text: str, size: float = 0.06, place: tuple[float, float] = (0.1, 0.8),
            opacity: float = 1.0, turned: float = 0.0) -> Pixels:  # fmt: skip
    """The picture with `text` in white on it; `size` and `place` are shares of its sides."""
    return tiled(pixels, text, size, [place], opacity, turned)


def tiled(pixels: Pixels, text: str, size: float, places: list[tuple[float, float]], opacity: float,
          turned: float = 0.0) -> Pixels:  # fmt: skip
    """The same at several places, turned by so many degrees about the middle."""
    height, width = pixels.shape[:2]
    layer = PIL.Image.new("L", (width, height), 0)
    for x, y in places:
        at = (x * width, y * height)
        ImageDraw.Draw(layer).text(at, text, fill=round(255 * opacity), font=font(size * min(width, height)))
    layer = layer.rotate(turned, PIL.Image.Resampling.BICUBIC)
    white = PIL.Image.new("RGB", (width, height), "white")
    return np.asarray(PIL.Image.composite(white, PIL.Image.fromarray(pixels), layer), np.uint8)


LATTICE = [(x, y) for y in (0.1, 0.4, 0.7) for x in (0.05, 0.55)]
"""Six places, as of a watermark laid over the whole picture."""
MARKS: dict[str, dict[str, object]] = {
    "site": {"text": "www.fine-pictures.com"},
    "small site": {"text": "fine-pictures.net", "size": 0.035},
    "copyright": {"text": "Copyright 2024 J. Doe"},
    "agency": {"text": "shutterstock", "size": 0.1, "place": (0.15, 0.4)},
    "agency, translucent": {"text": "gettyimages", "size": 0.1, "place": (0.15, 0.4), "opacity": 0.45},
    "agency, turned": {"text": "alamy stock photo", "size": 0.09, "place": (0.05, 0.45), "opacity": 0.6, "turned": 25},
}
