"""An editor of drawn scenes: redraws them as asked, with planted flaws as often as the paper's editor failed."""

import random
from collections.abc import Sequence
from typing import Annotated, ClassVar

import cv2
import numpy as np
from pydantic import Field

from schemas.errors import Reject
from schemas.ids import digest
from schemas.messages import EditJob
from schemas.ports import Image, Info, Task
from workers.plugin import Options, PlugIn
from workers.simulated.change import Change, possible
from workers.simulated.defects import picture
from workers.simulated.flaws import Planted, noop, plant
from workers.simulated.instructions import OPERATIONS, change_of
from workers.simulated.opinions import fate
from workers.simulated.scene import Flaw, Note, read_note

VISIBLE = 40
"""Levels by which a pixel must differ to count as edited (the paper's pixel check)."""


class EditorOptions(Options):
    """`skill` scales how often an attempt goes well: 1 is the paper's editor, 7 hardly ever fails."""

    skill: Annotated[float, Field(ge=0, le=100)] = 1.0


class Editor(PlugIn[EditorOptions]):
    """Whatever is not asked for stays the same to the pixel, unless the planted flaw says otherwise."""

    INFO: ClassVar[Info] = Info(
        summary="simulated: edits drawn scenes, with planted flaws",
        dear=True,
        operations=OPERATIONS,
        accepts="scenes that NHR drew, as stored, and the effect that the grammar wrote with the request",
    )
    OPTIONS: ClassVar[type[Options]] = EditorOptions

    def edit(self, tasks: Sequence[Task[EditJob]]) -> list[Image | Reject]:
        """One edited picture per job; its note says which scene it shows and what is wrong with it."""
        return [self._edit(task) for task in tasks]

    def _edit(self, task: Task[EditJob]) -> Image | Reject:
        job, source = task.job, task.images[0]
        note = read_note(source)
        if note is None:
            return Reject("the simulated editor edits only drawn scenes; use --editor classic for photographs")
        try:
            change = change_of(job.request, note.scene)
        except Reject as reason:
            return reason
        planted = self._plan(job, note, change)
        drawn = Note(scene=planted.scene, defects=note.defects, edit=change.packed())
        pixels = source.pixels if planted.scene == note.scene else picture(drawn)
        if planted.retouch:
            seed = int(digest("retouch", job.request_id, job.attempt)[:8], 16)
            pixels = planted.retouch(source.pixels, pixels, np.random.default_rng(seed))
        flaw = planted.flaw
        if flaw is None and int(cv2.absdiff(source.pixels, pixels).max()) <= VISIBLE:
            flaw = Flaw(kind="no-op", severity="unseen", words="the change cannot be seen")
        truth = drawn.model_copy(update={"flaws": (flaw,) if flaw else ()})
        return Image(np.ascontiguousarray(pixels), truth.packed())

    def _plan(self, job: EditJob, note: Note, change: Change) -> Planted:
        if not possible(note.scene, change):
            return noop(note.scene, "what was to be edited is not in the picture")
        severity = fate(job.request_id, job.attempt, self.options.skill)
        rng = random.Random(int(digest("flaw", job.request_id, job.attempt), 16))
        return plant(note.scene, change, severity, rng)
