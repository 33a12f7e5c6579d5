"""Null judge: scores that let through what the paper's hard filter, inversion and composition let through."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.ids import request_id
from schemas.messages import JudgeJob
from schemas.ports import Info, Judged, Task
from workers import odds
from workers.plugin import Options, PlugIn


class NullJudgeOptions(Options):
    """Shares of inverses below the backward bar and between the bars, and of composites turned down.

    The defaults give the paper's net gain of 2.21 released triplets per winner where 94.9 % of winners are inverted
    and composites are 30.7 % of forward and inverse triplets: the loss of 2.547 - 2.214 = .333 triplets per winner is
    1.898 x .10 + .949 x .05 + .598 x .16.
    """

    backward: Annotated[float, Field(ge=0, le=1)] = 0.10
    between: Annotated[float, Field(ge=0, le=1)] = 0.05
    composite: Annotated[float, Field(ge=0, le=1)] = 0.16


class Judge(PlugIn[NullJudgeOptions]):
    """Scores by a draw."""

    INFO: ClassVar[Info] = Info(summary="null: the paper's hard-filter survival", reads_images=False, batch=256)
    OPTIONS: ClassVar[type[Options]] = NullJudgeOptions

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Judged]:
        """Scores for every task."""
        return [self._score(task.job) for task in tasks]

    def _score(self, job: JudgeJob) -> Judged:
        draw = odds.uniform("judge", job.triplet_id, job.attempt)
        if job.kind == "forward":
            good = odds.outcome(request_id(job.subject.source_id, job.request.instruction), job.attempt) == "good"
        elif job.kind == "inverse":
            if draw < self.options.backward:
                return Judged(1.0 + 1.9 * draw, 4.0)
            good = draw >= self.options.backward + self.options.between
        else:
            good = draw >= self.options.composite
        return Judged(4.7 + 0.3 * draw, 4.8 + 0.1 * draw) if good else Judged(3.1 + 1.5 * draw, 4.5)
