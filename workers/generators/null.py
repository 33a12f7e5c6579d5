"""Null generator: one grey picture for every prompt, for tests, benches and the simulator."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from schemas.messages import Prompt
from schemas.ports import Image, Info, Task
from workers.plugin import Options, PlugIn


class Generator(PlugIn[Options]):
    """Answers at once."""

    INFO: ClassVar[Info] = Info(summary="null: one grey 8x8 picture, at once", reads_images=False, batch=256)

    def load(self) -> None:
        """Make the picture."""
        self._image = Image(np.full((8, 8, 3), 128, np.uint8), name="null-source")

    def generate(self, tasks: Sequence[Task[Prompt]]) -> list[Image]:
        """The same picture for every task."""
        return [self._image for _ in tasks]
