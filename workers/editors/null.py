"""Null editor: one light picture for every attempt; `sleep_ms` makes it as slow as a real one."""

import time
from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from schemas.messages import EditJob
from schemas.ports import Image, Info, Task
from workers.plugin import Options, PlugIn


class NullEditorOptions(Options):
    """`sleep_ms`: how long a step takes, whatever its batch."""

    sleep_ms: Annotated[float, Field(ge=0, le=60_000)] = 0.0


class Editor(PlugIn[NullEditorOptions]):
    """Answers after `sleep_ms`."""

    INFO: ClassVar[Info] = Info(summary="null: one light 8x8 picture, at once", reads_images=False, batch=256)
    OPTIONS: ClassVar[type[Options]] = NullEditorOptions

    def load(self) -> None:
        """Make the picture."""
        self._image = Image(np.full((8, 8, 3), 200, np.uint8), name="null-edited")

    def edit(self, tasks: Sequence[Task[EditJob]]) -> list[Image]:
        """The same picture for every task."""
        if self.options.sleep_ms:
            time.sleep(self.options.sleep_ms / 1000)
        return [self._image for _ in tasks]
