"""Editor and generator over a service that draws: one call an attempt, the answer read and brought to size."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, TypeVar

from pydantic import Field

from schemas.messages import EditJob, Prompt
from schemas.ports import Billed, Image, Task
from workers.imaging.files import seen, sent
from workers.imaging.sizes import fitted
from workers.language.asking import SEED_STEP, Asker, Blocked, Drawing, Question, Reply, Unreadable
from workers.language.serving import Served, ServiceOptions

SEEDS = 2**31 - 10 * SEED_STEP
"""Services take seeds of 31 bits; another asking has another one above it."""
MOST_SAID = 200


class DrawingOptions(ServiceOptions):
    """How pictures are asked for.

    `tries`: a picture that came damaged was paid for, so the attempt counts as failed at once. `sends` is how a source
    is sent: "png" and "webp" are lossless, "jpeg" is much smaller. `also`: words after the instruction or prompt, such
    as "Change nothing else." An answer whose aspect ratio is off by no more than `tolerance` is brought to size.
    """

    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 300.0
    tries: Annotated[int, Field(ge=1, le=10)] = 1
    sends: Annotated[str, Field(pattern=r"^(png|webp|jpeg)$")] = "png"
    also: str = ""
    tolerance: Annotated[float, Field(ge=0, le=0.05)] = 0.01


DrawingOptionsT = TypeVar("DrawingOptionsT", bound=DrawingOptions)


class Drawn(Served[DrawingOptionsT]):
    """Base of both roles. `MOST_SENT`: bytes of the largest file that the service takes. `EDITS`: it is sent one."""

    MOST_SENT: ClassVar[int]
    EDITS: ClassVar[bool]

    @abstractmethod
    def drawing(self, width: int, height: int) -> Drawing:
        """How to ask for a picture of that size."""

    def _picture(self, reply: Reply, width: int, height: int) -> Image:
        """The picture that was drawn; raises `Blocked` for mere words, `Unreadable` for what is no picture."""
        if not reply.pictures:
            if reply.cut:
                raise Unreadable("the answer ended before its picture")
            raise Blocked(f"{reply.model} drew nothing and said {' '.join(reply.text.split())[:MOST_SAID]!r}")
        return Image(fitted(seen(reply.pictures[0].data), width, height, self.options.tolerance))

    def _said(self, text: str) -> str:
        return f"{text} {self.options.also}".strip()


class RemoteEditor(Drawn[DrawingOptionsT]):
    """Has the service edit a source after the words of an instruction."""

    EDITS: ClassVar[bool] = True

    def edit(self, tasks: Sequence[Task[EditJob]]) -> list[Billed]:
        """One edited picture for each job, of its source's size wherever the answer's shape allows."""
        return self.each(tasks, self._edited)

    def _edited(self, task: Task[EditJob], asker: Asker) -> Image:
        source = task.images[0].pixels
        height, width = source.shape[:2]
        file = sent(source, self.options.sends, self.MOST_SENT)
        question = Question(
            system="",
            parts=(self._said(task.job.request.instruction), file),
            seed=task.job.seed % SEEDS,
            drawing=self.drawing(width, height),
        )
        return self._picture(asker.ask(question), width, height)


class RemoteGenerator(Drawn[DrawingOptionsT]):
    """Has the service draw what a prompt tells of."""

    EDITS: ClassVar[bool] = False

    def generate(self, tasks: Sequence[Task[Prompt]]) -> list[Billed]:
        """One picture for each prompt, of its size wherever the answer's shape allows."""
        return self.each(tasks, self._generated)

    def _generated(self, task: Task[Prompt], asker: Asker) -> Image:
        job = task.job
        drawing = self.drawing(job.width, job.height)
        question = Question(system="", parts=(self._said(job.text),), seed=job.seed % SEEDS, drawing=drawing)
        return self._picture(asker.ask(question), job.width, job.height)
