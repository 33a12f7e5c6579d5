"""The classic editor: exact photographic edits of real pixels, some attempts honestly off the mark."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.errors import Reject
from schemas.ids import digest
from schemas.messages import EditJob
from schemas.ports import Image, Info, Task
from workers.photographic.effect import PARAMS, Effect, parse
from workers.photographic.operations import OPERATIONS, apply
from workers.plugin import Options, PlugIn


class EditorOptions(Options):
    """`exact`: the share of attempts that do just what is asked; the others miss in strength, side, place or text."""

    exact: Annotated[float, Field(ge=0, le=1)] = 0.5


class Editor(PlugIn[EditorOptions]):
    """Reads no language: it goes by the request's `effect`, and rejects a request without one."""

    INFO: ClassVar[Info] = Info(
        summary="Exact photographic edits (tone, colour, focus, geometry, overlays); needs a photographic effect",
        operations=frozenset(PARAMS),
        accepts="a photographic effect with the request, as the photos prompter writes them (nhr try: --effect)",
    )
    OPTIONS: ClassVar[type[Options]] = EditorOptions

    def edit(self, tasks: Sequence[Task[EditJob]]) -> list[Image | Reject]:
        """One edited picture for each job; always the same one for the same job."""
        return [self._edit(task) for task in tasks]

    def _edit(self, task: Task[EditJob]) -> Image | Reject:
        try:
            asked = parse(task.job.request.effect)
        except Reject as refusal:
            return refusal
        done = self.attempted(asked, task.job.seed)
        return Image(apply(task.images[0].pixels, done, task.job.seed))

    def attempted(self, asked: Effect, seed: int) -> Effect:
        """The effect that the attempt with this seed brings about: the asked one, or one that misses."""
        if _draw("exact", seed) < self.options.exact:
            return asked
        return OPERATIONS[asked.operation].stray(asked, _draw("stray", seed))


def _draw(what: str, seed: int) -> float:
    return int(digest("classic", what, seed)[:13], 16) / 16.0**13
