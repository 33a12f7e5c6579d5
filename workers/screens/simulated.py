"""A soft screen that stands for a VLM's quick look: knows the planted flaws and errs as the paper's did."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.errors import Reject
from schemas.messages import Candidate
from schemas.ports import Info, Screened, Task
from workers.plugin import Options, PlugIn
from workers.simulated.opinions import soft
from workers.simulated.scene import read_note


class Screen(PlugIn[Options]):
    """Measures `simulated.adherence` and `simulated.aesthetics` (1-5), `simulated.unwanted` (0 or 1), `truth`.

    With bars >= 3.5, >= 3.5 and <= 0.5 it passes 43 % of the simulated editor's attempts, as in the paper.
    """

    INFO: ClassVar[Info] = Info(summary="simulated: a VLM's quick look at an attempt", dear=True)

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened | Reject]:
        """Marks for each attempt; pictures that are not drawn scenes are refused."""
        return [self._screen(task) for task in tasks]

    def _screen(self, task: Task[Candidate]) -> Screened | Reject:
        note = read_note(task.images[1])
        if note is None:
            return Reject("the simulated screen knows only drawn scenes; use --screen pixels for photographs")
        job = task.job.job
        marks = soft(note.severity, job.request_id, job.attempt)
        seen = "; ".join(flaw.words for flaw in note.flaws) if note.severity == "blatant" else ""
        return Screened({**marks, "truth": float(not note.flaws)}, seen)
