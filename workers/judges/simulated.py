"""A judge that knows what was asked, what was drawn and what is wrong with it, and scores with set noise."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.errors import Reject
from schemas.messages import JudgeJob
from schemas.ports import Info, Judged, Task
from workers.plugin import Options, PlugIn
from workers.simulated.opinions import BAR, hard, worst
from workers.simulated.scene import Flaw, read_note


class JudgeOptions(Options):
    """`noise` scales the spread of the scores: 1 is the paper's assessor."""

    noise: Annotated[float, Field(ge=0, le=10)] = 1.0


class Judge(PlugIn[JudgeOptions]):
    """At 4.7 its precision is about .83 and its recall .45 on the attempts that reach it, as in the paper."""

    INFO: ClassVar[Info] = Info(summary="simulated: scores triplets of drawn scenes, with set noise", dear=True)
    OPTIONS: ClassVar[type[Options]] = JudgeOptions

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Judged | Reject]:
        """Two scores from 1.0 to 5.0 and a reason for each triplet."""
        return [self._judge(task) for task in tasks]

    def _judge(self, task: Task[JudgeJob]) -> Judged | Reject:
        job = task.job
        before, after = (read_note(image) for image in task.images)
        if before is None or after is None:
            return Reject("the simulated judge knows only drawn scenes; use --judge measured for photographs")
        severity = worst(before.severity, after.severity)
        adherence, aesthetics = hard(severity, job.kind, self.options.noise, job.triplet_id, job.attempt)
        reason = _reason((*before.flaws, *after.flaws), adherence, aesthetics)
        return Judged(adherence, aesthetics, reason=reason, measures={"truth": float(severity is None)})


def _reason(flaws: Sequence[Flaw], adherence: float, aesthetics: float) -> str:
    """What a judge of these scores would say; it only mentions a flaw where it marked it down."""
    if min(adherence, aesthetics) >= BAR:
        return "the edit does what was asked, changes nothing else and looks clean"
    if flaws:
        return "; ".join(flaw.words for flaw in flaws)
    weaker = "how closely the instruction was followed" if adherence < aesthetics else "how clean the picture looks"
    return f"the edit was made; doubts about {weaker}"
