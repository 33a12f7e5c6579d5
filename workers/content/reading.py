"""Reads the text in a picture: PP-OCRv6 (small), found by its detector and read line by line by its recogniser.

The weights come in the package rapidocr (Apache-2.0). The detector is a DB network (Liao et al., "Real-time scene text
detection with differentiable binarization", AAAI 2020): it gives each pixel a probability of lying in the shrunk core
of a line of text, which is grown again by area x ratio / perimeter. The recogniser is read by CTC's best path.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.content.onnx import Floats, Model, weights
from workers.pixelwise.arrays import Pixels

CORE = 0.3
"""Probability from which a pixel belongs to the core of a line."""
LIKELY = 0.6
"""Mean probability from which a core is that of a line."""
GROWTH = 1.6
FINDER = ("rapidocr", "content", "models/PP-OCRv6_det_small.onnx")
READER = ("rapidocr", "content", "models/PP-OCRv6_rec_small.onnx")
MOST = 64
"""Lines read of one picture; the largest, where there are more."""
HEIGHT = 48
NARROWEST = 320
SURE = 0.75
"""Mean probability of a line's characters from which it is believed."""

Quad = NDArray[np.float32]
"""Four corners (x, y), clockwise from the upper left, in the picture's pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: what it says, how sure that is (0 to 1), and where."""

    text: str
    sure: float
    where: Quad

    @property
    def area(self) -> float:
        """Square pixels."""
        return float(cv2.contourArea(self.where))


class Reader:
    """Reads pictures at no more than `side` pixels of their longer side; smaller ones are enlarged up to twice."""

    def __init__(self, threads: int, side: int) -> None:
        self._finder = Model(weights(*FINDER), threads)
        self._reader = Model(weights(*READER), threads)
        self._letters = ["", *self._reader.notes["character"].splitlines(), " "]
        self._side = side

    def __call__(self, pixels: Pixels) -> tuple[Line, ...]:
        """The lines that can be believed, from top to bottom; `pixels` is RGB."""
        turned = np.ascontiguousarray(pixels[..., ::-1])  # the networks were taught with OpenCV's order of colours
        found = (Line(*self._read(_cut(turned, quad)), quad) for quad in self._find(turned))
        lines = [line for line in found if line.sure >= SURE and believable(line.text)]
        return tuple(sorted(lines, key=lambda line: (float(line.where[:, 1].min()), float(line.where[:, 0].min()))))

    def _find(self, pixels: Pixels) -> list[Quad]:
        height, width = pixels.shape[:2]
        scale = min(2.0, self._side / max(height, width))
        across, down = (max(32, round(length * scale / 32) * 32) for length in (width, height))
        likely = self._finder.run(_normal(pixels, (across, down)))[0, 0]
        quads = sorted(cores(likely), key=cv2.contourArea, reverse=True)[:MOST]
        return [quad * np.array([width / across, height / down], np.float32) for quad in quads]

    def _read(self, line: Pixels) -> tuple[str, float]:
        height, width = line.shape[:2]
        across = max(8, round(width * HEIGHT / height))
        values = np.zeros((1, 3, HEIGHT, max(NARROWEST, across)), np.float32)
        values[..., :across] = _normal(line, (across, HEIGHT))
        return spelled(self._reader.run(values)[0], self._letters)


def cores(likely: Floats) -> list[Quad]:
    """The lines in the detector's map of probabilities, grown to their full size."""
    contours, _ = cv2.findContours((likely > CORE).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return [quad for contour in contours if (quad := _grown(np.asarray(contour, np.int32), likely)) is not None]


def _grown(contour: NDArray[np.int32], likely: Floats) -> Quad | None:
    middle, (width, height), angle = cv2.minAreaRect(contour)
    x, y, across, down = cv2.boundingRect(contour)
    if min(width, height) < 3:
        return None
    inside = np.zeros((down, across), np.uint8)
    cv2.drawContours(inside, [contour], 0, 1, -1, offset=(-x, -y))
    if cv2.mean(likely[y : y + down, x : x + across], inside)[0] < LIKELY:
        return None
    grown = width * height * GROWTH / (2 * (width + height))
    return _ordered(np.asarray(cv2.boxPoints((middle, (width + 2 * grown, height + 2 * grown), angle)), np.float32))


def _ordered(corners: Quad) -> Quad:
    """Clockwise from the upper left."""
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    (upper_left, lower_left), (upper_right, lower_right) = (side[np.argsort(side[:, 1])] for side in (left, right))
    return np.array([upper_left, upper_right, lower_right, lower_left], np.float32)


def _cut(pixels: Pixels, quad: Quad) -> Pixels:
    """A line laid straight; one that runs down is turned to run across."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    width, height = max(1, round(float(max(sides[0], sides[2])))), max(1, round(float(max(sides[1], sides[3]))))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(quad, flat)
    line = cv2.warpPerspective(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.rot90(line) if height >= 1.5 * width else line)


def _normal(pixels: Pixels, size: tuple[int, int]) -> Floats:
    """1 x 3 x height x width, from -1 to 1; `size` is (width, height)."""
    how = cv2.INTER_AREA if size[0] < pixels.shape[1] else cv2.INTER_LINEAR
    values = np.asarray(cv2.resize(pixels, size, interpolation=how), np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None] / np.float32(127.5) - 1)


def spelled(likely: Floats, letters: list[str]) -> tuple[str, float]:
    """What steps x letters of probabilities say, and the mean probability of what was read (CTC: Graves et al. 2006).

    Letter 0 is the blank; the same letter at two steps in a row is one letter.
    """
    best = likely.argmax(axis=1)
    kept = best != 0
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return "", 0.0
    return "".join(letters[number] for number in best[kept]).strip(), float(likely.max(axis=1)[kept].mean())


def believable(text: str) -> bool:
    """Whether it can be text at all: two different letters or digits, three in all or two of Chinese and the like.

    Rings, lines and lattices are read as "O", "I" or "0000".
    """
    found = [letter for letter in text.casefold() if letter.isalnum()]
    wide = any(ord(letter) >= 0x2E80 for letter in found)
    return len(set(found)) >= 2 and len(found) >= (2 if wide else 3)


def share(lines: Sequence[Line], pixels: Pixels) -> float:
    """The share of the picture that lines of text cover, to six digits."""
    covered = float(sum(line.area for line in lines) / (pixels.shape[0] * pixels.shape[1]))
    return round(min(1.0, covered), 6)
