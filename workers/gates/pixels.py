"""The pixel gate: is this a picture at all? No model, so it cannot tell what is shown."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import cv2
import numpy as np
from pydantic import Field

from schemas.messages import Source
from schemas.ports import Gated, Info, Task
from workers.pixelwise.arrays import Pixels, grey, shrunk
from workers.pixelwise.likeness import sharpness
from workers.plugin import Options, PlugIn


class GateOptions(Options):
    """The least side in pixels, spread of the luma in levels, variance of the Laplacian, and likeness of neighbours."""

    side: Annotated[int, Field(ge=1)] = 64
    spread: Annotated[float, Field(ge=0)] = 6.0
    detail: Annotated[float, Field(ge=0)] = 4.0
    likeness: Annotated[float, Field(ge=-1, le=1)] = 0.35


class Gate(PlugIn[GateOptions]):
    """Turns away what is too small, blank, blurred to nothing, or noise."""

    INFO: ClassVar[Info] = Info(summary="Turns away blank, tiny, fully blurred or noise pictures; looks at no content")
    OPTIONS: ClassVar[type[Options]] = GateOptions

    def inspect(self, tasks: Sequence[Task[Source]]) -> list[Gated]:
        """Yes or no, with the reason, for each source."""
        return [self._inspect(task.images[0].pixels) for task in tasks]

    def _inspect(self, pixels: Pixels) -> Gated:
        found, asked = measures(pixels), self.options
        reasons = (
            (found["pixels.side"] < asked.side, f"smaller than {asked.side} pixels a side"),
            (found["pixels.spread"] < asked.spread, "blank: hardly any difference between its pixels"),
            (found["pixels.detail"] < asked.detail, "blurred to nothing: no detail anywhere"),
            (found["pixels.likeness"] < asked.likeness, "noise: neighbouring pixels have little to do with each other"),
        )
        wrong = [reason for is_wrong, reason in reasons if is_wrong]
        return Gated(not wrong, "; ".join(wrong) or "a picture with detail and structure", found)


def measures(pixels: Pixels) -> dict[str, float]:
    """What the gate looks at, on the luma at no more than 512 pixels; `likeness` is the correlation of neighbours."""
    luma = grey(shrunk(pixels, 512))
    found = {"side": float(min(pixels.shape[:2])), "spread": float(cv2.meanStdDev(luma)[1][0, 0])}
    found |= {"detail": sharpness(luma), "likeness": likeness(grey(pixels))}
    return {f"pixels.{name}": value for name, value in found.items()}


def likeness(luma: Pixels) -> float:
    """Correlation of pixels with their right-hand neighbours: about 0.9 in photographs, 0 in white noise, 1 if flat."""
    left, right = luma[:, :-1].astype(np.float32).ravel(), luma[:, 1:].astype(np.float32).ravel()
    left, right = left - left.mean(), right - right.mean()
    norms = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(left @ right) / norms if norms > 1e-6 else 1.0
