"""Null gate: says yes as often as the paper's gate did, by the source's name alone."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Source
from schemas.ports import Gated, Info, Task
from workers import odds
from workers.plugin import Options, PlugIn


class NullGateOptions(Options):
    """`yes`: share of sources let through."""

    yes: Annotated[float, Field(ge=0, le=1)] = odds.GATE_YES


class Gate(PlugIn[NullGateOptions]):
    """Decides by a draw."""

    INFO: ClassVar[Info] = Info(summary="null: passes 44 % of sources by their name", reads_images=False, batch=256)
    OPTIONS: ClassVar[type[Options]] = NullGateOptions

    def inspect(self, tasks: Sequence[Task[Source]]) -> list[Gated]:
        """Yes or no for every task."""
        return [Gated(odds.uniform("gate", t.job.subject.source_id) < self.options.yes) for t in tasks]
