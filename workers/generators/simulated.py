"""A generator without a model: draws the scene that a prompt tells of, and now and then gets it visibly wrong."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.errors import Reject
from schemas.messages import Prompt
from schemas.ports import Image, Info, Task
from workers.plugin import Options, PlugIn
from workers.simulated.defects import flawed, picture
from workers.simulated.opinions import FAITHFUL
from workers.simulated.reading import read_scene

LARGEST = 4096 * 4096


class GeneratorOptions(Options):
    """`faithful`: share of pictures that show what was asked; with the gate's errors the default passes 44 %."""

    faithful: Annotated[float, Field(ge=0, le=1)] = FAITHFUL


class Generator(PlugIn[GeneratorOptions]):
    """The picture's note holds the scene and what is wrong with it."""

    INFO: ClassVar[Info] = Info(summary="simulated: draws the scene a prompt tells of", dear=True, reads_images=False)
    OPTIONS: ClassVar[type[Options]] = GeneratorOptions

    def generate(self, tasks: Sequence[Task[Prompt]]) -> list[Image | Reject]:
        """One picture per prompt, at its size; the same for the same prompt, seed and size."""
        return [self._draw(task.job) for task in tasks]

    def _draw(self, job: Prompt) -> Image | Reject:
        if min(job.width, job.height) < 64 or job.width * job.height > LARGEST:
            return Reject(f"{job.width} x {job.height} cannot be drawn; sides from 64 pixels and at most 16 megapixels")
        scene = read_scene(job.text, job.style, job.seed, job.width, job.height)
        note = flawed(scene, job.source_id, self.options.faithful)
        return Image(picture(note), note.packed())
