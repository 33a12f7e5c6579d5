"""A writer for drawn scenes: inverse and composite instructions, shorter, longer, rewritten and Chinese forms."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from schemas.errors import Reject
from schemas.messages import Request, TextJob
from schemas.ports import Info, Task
from workers.plugin import Options, PlugIn
from workers.simulated.change import Change, apply, undo
from workers.simulated.forms import long_form, rewritten_form, short_form
from workers.simulated.instructions import change_of
from workers.simulated.phrases import Pick, join, picker, say
from workers.simulated.phrases_zh import say_zh
from workers.simulated.reading import read_scene
from workers.simulated.scene import Scene

SMALLEST = 64
"""Least side in pixels of what the simulated generator draws."""

Form = Callable[[Change, Scene, Pick], str]
FORMS: dict[str, Form] = {"short": short_form, "long": long_form, "rewritten": rewritten_form, "zh": say_zh}


class Writer(PlugIn[Options]):
    """Goes by the scene that the subject's prompt tells of, so it looks at no pictures."""

    INFO: ClassVar[Info] = Info(
        summary="simulated: words edits of drawn scenes, in English and Chinese", reads_images=False, dear=True
    )

    def write(self, tasks: Sequence[Task[TextJob]]) -> list[str | Reject]:
        """One sentence for each job."""
        return [self._write(task.job) for task in tasks]

    def _write(self, job: TextJob) -> str | Reject:
        if job.subject.origin == "photo":
            return Reject("the simulated writer knows only drawn scenes; choose a writer for photographs")
        if job.task == "composite" and job.other is not None:
            text = join(job.inverse or job.instruction, job.other.instruction)
            return f"{text[:1].upper()}{text[1:]}."
        try:
            scene, change = _edit(job)
        except Reject as reason:
            return reason
        pick = picker(job.triplet_id, job.form)
        if job.task == "inverse":
            return say(change, scene, pick)
        form = FORMS.get(job.form)
        if form is None:
            return Reject(f"the simulated writer has no form {job.form!r}; it has: {', '.join(sorted(FORMS))}")
        return form(change, scene, pick)


def _edit(job: TextJob) -> tuple[Scene, Change]:
    """The scene of the triplet's first picture, and the change to its second."""
    subject = job.subject
    if min(subject.image.width, subject.image.height) < SMALLEST:
        raise Reject(f"the simulated writer knows only drawn scenes, which have sides from {SMALLEST} pixels")
    source = read_scene(subject.text, subject.style, subject.seed, subject.image.width, subject.image.height)
    first, after = _asked(job.request, source)
    if job.kind == "forward":
        return source, first
    way_back = undo(source, first)
    if job.kind == "inverse" or job.other is None:
        return after, way_back
    second, _ = _asked(job.other, source)
    return after, Change(all=(way_back, second))


def _asked(request: Request, source: Scene) -> tuple[Change, Scene]:
    change = change_of(request, source)
    return change, apply(source, change)
