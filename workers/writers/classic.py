"""The classic writer: inverse and joined instructions for photographic edits, and their other forms, from stock."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.errors import Reject
from schemas.messages import TextJob
from schemas.ports import Info, Task
from workers.photographic.effect import PARAMS, parse
from workers.photographic.wording import Direction, form, joined, say
from workers.plugin import Options, PlugIn


class Writer(PlugIn[Options]):
    """Goes by the requests' `effect` and looks at no picture."""

    INFO: ClassVar[Info] = Info(
        summary="Stock wordings of photographic edits: inverses, composites, short, long, rewritten and Chinese forms",
        reads_images=False,
        operations=frozenset(PARAMS),
    )

    def write(self, tasks: Sequence[Task[TextJob]]) -> list[str | Reject]:
        """One text for each job."""
        return [_written(task.job) for task in tasks]


def _written(job: TextJob) -> str | Reject:
    try:
        if job.task == "inverse":
            return say(parse(job.request.effect), "inverse", job.triplet_id)
        return _joined(job) if job.task == "composite" else _form(job)
    except Reject as refusal:
        return refusal


def _joined(job: TextJob) -> str:
    if job.other is None or not job.inverse:
        raise Reject("a composite needs the inverse of one request and another request")
    return joined(job.inverse, job.other.instruction)


def _form(job: TextJob) -> str:
    first = parse(job.request.effect)
    if job.kind != "composite":
        direction: Direction = "inverse" if job.kind == "inverse" else "forward"
        return form(first, direction, job.form, job.instruction)
    if job.other is None:
        raise Reject("a composite needs two requests, and this job has one")
    second = parse(job.other.effect)
    if job.form == "long":
        return f"{job.instruction.rstrip('.')}. Leave everything else in the picture as it is."
    parts = form(first, "inverse", job.form, job.inverse), form(second, "forward", job.form, job.other.instruction)
    return joined(*parts, language=job.form)
