"""Edits laid over a picture: frames and captions."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from workers.photographic.effect import Effect
from workers.pixelwise.arrays import Mask, Pixels

COLORS = {"white": (250, 250, 248), "black": (16, 16, 16), "gold": (201, 162, 74), "brown": (92, 60, 36)}
INK, OUTLINE = (255, 255, 255), (20, 20, 20)
Box = tuple[int, int, int, int]


def frame_width(effect: Effect, height: int, width: int) -> int:
    """How many pixels wide the frame is: a share of the picture's shorter side."""
    return max(1, round(effect.number("width") * min(height, width)))


def inside_frame(effect: Effect, height: int, width: int) -> Mask:
    """True where the frame leaves the picture to be seen."""
    band = frame_width(effect, height, width)
    mask = np.zeros((height, width), np.bool_)
    mask[band : height - band, band : width - band] = True
    return mask


def frame(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture with a plain frame over its edges."""
    inside = inside_frame(effect, *pixels.shape[:2])[:, :, None]
    return np.where(inside, pixels, np.array(COLORS[effect.word("color")], np.uint8))


def lettering(effect: Effect, height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32], Box]:
    """Coverage (0-1) by the caption's letters, by letters and outline together, and the box around both."""
    text = effect.word("text")
    size = max(9.0, 0.065 * height)
    font = ImageFont.load_default(size)
    length = font.getlength(text)
    if length > 0.86 * width:
        font = ImageFont.load_default(max(6.0, size * 0.86 * width / length))
    y = 0.93 * height if effect.word("where") == "bottom" else 0.07 * height
    layers = []
    stroke = max(1, round(0.05 * size))
    for edge in (0, stroke):
        canvas = Pillow.new("L", (width, height))
        ImageDraw.Draw(canvas).text((width / 2, y), text, 255, font, "mm", stroke_width=edge)
        layers.append(np.asarray(canvas, np.float32) / 255.0)
    rows, columns = np.nonzero(layers[1].any(axis=1))[0], np.nonzero(layers[1].any(axis=0))[0]
    if not len(rows):
        return layers[0], layers[1], (0, 0, 0, 0)
    return layers[0], layers[1], (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def caption(pixels: Pixels, effect: Effect) -> Pixels:
    """The picture with one line of white, dark-edged letters near its lower or upper edge."""
    letters, both, _ = lettering(effect, *pixels.shape[:2])
    values = pixels.astype(np.float32)
    values += both[:, :, None] * (np.array(OUTLINE, np.float32) - values)
    values += letters[:, :, None] * (np.array(INK, np.float32) - values)
    return np.round(values).astype(np.uint8)


def outside_caption(effect: Effect, height: int, width: int) -> Mask:
    """True where the caption's box leaves the picture alone."""
    left, top, right, bottom = lettering(effect, height, width)[2]
    mask = np.ones((height, width), np.bool_)
    mask[top:bottom, left:right] = False
    return mask
