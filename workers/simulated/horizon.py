"""Where the ground begins, and the wavy lines that land is drawn with."""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulated.pen import Bytes, Rgb
from workers.simulated.scene import Scene
from workers.simulated.weather import rng_of

GREENS: dict[str, Rgb] = {
    "spring": (150, 198, 96),
    "summer": (112, 172, 84),
    "autumn": (202, 160, 82),
    "winter": (232, 238, 246),
}
FALLEN_SNOW: Rgb = (238, 242, 248)


def horizon_of(scene: Scene) -> int:
    """The row where the ground begins."""
    return round(scene.height * (0.56 + 0.05 * float(rng_of(scene, "horizon").random())))


def shore_of(scene: Scene) -> int:
    """The row where water gives way to the ground."""
    return horizon_of(scene) + round(scene.height * 0.13)


def fill(image: Bytes, ridge: NDArray[np.float64], colour: Rgb) -> None:
    """Everything under a ridge line (one height per column step) in one colour."""
    height, width = image.shape[:2]
    x = np.linspace(-2, width + 1, len(ridge))
    outline = np.concatenate([np.stack([x, ridge], 1), [[width + 1, height + 2], [-2, height + 2]]])
    cv2.fillPoly(image, [np.round(outline * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def waves(scene: Scene, what: str, count: int = 64) -> NDArray[np.float64]:
    """A smooth random line between -1 and 1, the same for the same scene and purpose."""
    rng = rng_of(scene, what)
    x = np.linspace(0, 2 * np.pi, count)
    line = sum(np.sin(x * f + rng.uniform(0, 6.28)) / f for f in (0.8, 1.7, 3.1))
    return np.asarray(line) / 1.9
