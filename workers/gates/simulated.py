"""A gate that knows what a drawn picture was meant to show, and errs a little."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.errors import Reject
from schemas.messages import Source
from schemas.ports import Gated, Info, Task
from workers import odds
from workers.plugin import Options, PlugIn
from workers.simulated.defects import SAYS
from workers.simulated.opinions import GATE_YES
from workers.simulated.scene import read_note


class Gate(PlugIn[Options]):
    """With the simulated generator it lets 44 % of the pictures through, as in the paper."""

    INFO: ClassVar[Info] = Info(summary="simulated: knows whether a drawn picture shows its prompt", dear=True)

    def inspect(self, tasks: Sequence[Task[Source]]) -> list[Gated | Reject]:
        """Yes or no, with a reason; pictures that are not drawn scenes are refused."""
        return [self._inspect(task) for task in tasks]

    def _inspect(self, task: Task[Source]) -> Gated | Reject:
        note = read_note(task.images[0])
        if note is None:
            return Reject("the simulated gate knows only drawn scenes; photographs need no gate, or use another one")
        defect = note.defects[0] if note.defects else ""
        yes = odds.uniform("gate", task.job.subject.source_id) < GATE_YES.get(defect, 0.0)
        truth = {"truth": float(not defect)}
        if yes:
            return Gated(True, "the picture shows the prompt and looks plausible", truth)
        return Gated(False, SAYS.get(defect, "the picture does not look plausible"), truth)
