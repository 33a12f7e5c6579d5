"""How much a picture shows that is explicit: the classes of NudeNet's detector, and one score of them.

The detector (`320n.onnx` of the package nudenet) marks parts of bodies, covered and exposed, and faces. Its licence, in
the package's files and in those of the model itself, is the AGPL-3.0, though the package's metadata say MIT.
"""

import ast
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from workers.content.onnx import Floats, Model, weights
from workers.pixelwise.arrays import Pixels

EXPLICIT = (
    "ANUS_EXPOSED", "BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED",
)  # fmt: skip
"""The classes that count; faces, feet, bellies, armpits, men's chests and whatever is covered do not."""
TOLD = 0.2
"""From this probability on a class is told by its own name, too."""

WEIGHTS = ("nudenet", "nsfw", "320n.onnx")

Detector = Callable[[Pixels], Mapping[str, float]]
"""The highest probability of each class anywhere in a picture."""


class NudeNet:
    """NudeNet's detector at `side` x `side` pixels."""

    def __init__(self, threads: int, side: int) -> None:
        self._model = Model(weights(*WEIGHTS), threads)
        names: dict[int, str] = ast.literal_eval(self._model.notes["names"])
        self._names = [names[number] for number in sorted(names)]
        self._side = side

    def __call__(self, pixels: Pixels) -> dict[str, float]:
        """The highest probability of each class; pictures that are not square are padded with black."""
        output = self._model.run(_squared(pixels, self._side))  # 1 x (4 of a box + classes) x boxes
        best = output[0, 4:].max(axis=1)
        return {name: float(probability) for name, probability in zip(self._names, best, strict=True)}


def _squared(pixels: Pixels, side: int) -> Floats:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    padded = np.zeros((side, side, 3), np.float32)
    padded[: size[1], : size[0]] = cv2.resize(pixels, size, interpolation=how)
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None]) / np.float32(255)


def score(classes: Mapping[str, float]) -> float:
    """The highest probability of an explicit class, 0 to 1, to four digits."""
    return round(max((classes.get(name, 0.0) for name in EXPLICIT), default=0.0), 4)


def measures(classes: Mapping[str, float]) -> dict[str, float]:
    """`nsfw.score`, and `nsfw.<class>` of each explicit class that is at all likely."""
    likely = {f"nsfw.{name.lower()}": round(classes.get(name, 0.0), 4) for name in EXPLICIT}
    return {"nsfw.score": score(classes)} | {name: value for name, value in likely.items() if value >= TOLD}


def together(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Two pictures' classes as if they were one picture."""
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in {*one, *other}}
