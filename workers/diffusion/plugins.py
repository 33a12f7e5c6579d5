"""What every diffusion plug-in does: load the model that its file names, draw or edit, tell what is amiss."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
import PIL.Image

from schemas.errors import UserError
from schemas.messages import EditJob, Prompt
from schemas.ports import Task
from workers.diffusion import loading
from workers.diffusion.host import Host, Outcome
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.rows import Row, asked, prompted
from workers.diffusion.sizes import Size, drawn_at
from workers.diffusion.table import Model
from workers.plugin import PlugIn

DiffusionOptionsT = TypeVar("DiffusionOptionsT", bound=DiffusionOptions)


class Diffusion(PlugIn[DiffusionOptionsT]):
    """Base: `MODEL` is what is known of the model, `EDITS` whether it edits."""

    MODEL: ClassVar[Model]
    EDITS: ClassVar[bool]

    def model(self) -> Model:
        """What is known of the model that the options name."""
        return self.MODEL

    def extra(self) -> dict[str, Any]:
        """Further arguments of every call that the options name."""
        return {}

    def load(self) -> None:
        """Load the pipeline and warm it up at the sizes that are set; raises `UserError` for what cannot be."""
        with loading.ONE_AT_A_TIME:
            self.host: Host = loading.host(self.model(), self.options, self.EDITS, self.extra())
        self.host.warm({size: self._idle(size) for size in self.options.drawn_at})

    def check(self) -> Sequence[str]:
        """Packages, and the model's folder or what the hub's cache has of it."""
        lines = loading.missing(self.options)
        where = self.options.model or self.model().repository
        if not where:
            return lines  # nothing in particular is asked for
        folder = loading.folder_of(where)
        if folder is None:
            return lines if lines else loading.not_here(where, self.options.revision or self.model().revision)
        try:
            lost = loading.parts_missing(folder)
        except UserError as error:
            return [*lines, str(error)]
        return [*lines, *(f"folder {folder} lacks {part}; copy the model again" for part in lost)]

    def at(self, size: Size) -> Size:
        """The size to draw at where one is asked for."""
        return drawn_at(size, self.options.drawn_at, self.model().multiple)

    def _idle(self, size: Size) -> Row:
        source = PIL.Image.fromarray(np.full((size.height, size.width, 3), 128, np.uint8)) if self.EDITS else None
        return Row("a grey field", 0, size, size, source, "grey")


class DiffusionGenerator(Diffusion[DiffusionOptionsT]):
    """Draws prompts."""

    EDITS = False

    def generate(self, tasks: Sequence[Task[Prompt]]) -> list[Outcome]:
        """A picture for each prompt, from its seed, at its size or the nearest that is drawn."""
        return self.host.run([prompted(task, self.at) for task in tasks])


class DiffusionEditor(Diffusion[DiffusionOptionsT]):
    """Edits sources."""

    EDITS = True

    def edit(self, tasks: Sequence[Task[EditJob]]) -> list[Outcome]:
        """An edited picture for each job, from its seed, of its source's size."""
        return self.host.run([asked(task, self.at) for task in tasks])
