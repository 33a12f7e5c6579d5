"""The nsfw screen: how likely a picture shows exposed bodies, by a detector that comes in a wheel (decision 0026).

`nsfw.score` is the highest probability of an explicit class in either picture, before or after the edit: a triplet
holds both. A policy bars it:

    [screen.bars]
    "nsfw.score" = { max = 0.5 }

With `spare = ["nsfw.score"]` in `[screen]` dearer screens behind it are not asked about what misses that bar. It is a
detector of body parts, no judge of what is fit to be seen: it knows nothing of violence, and little of drawings.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Candidate
from schemas.ports import Info, Screened, Task
from workers.content.nudity import WEIGHTS, NudeNet, measures, together
from workers.content.onnx import Remembered, lacking
from workers.plugin import Options, PlugIn


class ScreenOptions(Options):
    """`side`: pixels of the square that is looked at; `threads`: of the processor, for one picture."""

    TUNING: ClassVar[frozenset[str]] = frozenset({"threads"})

    side: Annotated[int, Field(ge=160, le=1280, multiple_of=32)] = 320
    threads: Annotated[int, Field(ge=1, le=64)] = 1


class Screen(PlugIn[ScreenOptions]):
    """Measures `nsfw.score`, and `nsfw.<class>` of explicit classes from 0.2 on."""

    INFO: ClassVar[Info] = Info(
        summary="Exposed bodies in source or edited picture, by NudeNet's detector: nsfw.score from 0 to 1",
        licence="AGPL-3.0",
        commercial=None,
        revision="nudenet-320n",
        memory_gb=0.2,
        accepts="any picture; knows parts of bodies alone",
        extra="nsfw",
    )
    OPTIONS: ClassVar[type[Options]] = ScreenOptions

    def check(self) -> Sequence[str]:
        """Whether the packages are there that bring the weights."""
        return lacking(WEIGHTS)

    def load(self) -> None:
        """Read the weights; raises `UserError` where the package is missing."""
        self._classes = Remembered(NudeNet(self.options.threads, self.options.side))

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened]:
        """One set of measures for each (source, edited); one picture at a time, as batches gain nothing on a CPU."""
        return [
            Screened(measures(together(self._classes(task.images[0].pixels), self._classes(task.images[1].pixels))))
            for task in tasks
        ]
