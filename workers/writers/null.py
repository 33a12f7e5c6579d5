"""Null writer: the shortest text that tells one job from another."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.messages import TextJob
from schemas.ports import Info, Task
from workers.plugin import Options, PlugIn


class Writer(PlugIn[Options]):
    """Writes by rote."""

    INFO: ClassVar[Info] = Info(summary="null: texts by rote", reads_images=False, batch=256)

    def write(self, tasks: Sequence[Task[TextJob]]) -> list[str]:
        """A text for every task."""
        return [self._text(task.job) for task in tasks]

    def _text(self, job: TextJob) -> str:
        if job.task == "form":
            return f"{job.form}: {job.instruction}"[:250]
        if job.other is not None:
            return f"{job.inverse} and {job.other.instruction}"[:250]
        return f"undo of: {job.instruction}"[:250]
