"""Null screen: soft-filter and pixel-check outcomes at the paper's rates, by the attempt's name alone."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.messages import Candidate
from schemas.ports import Info, Screened, Task
from workers import odds
from workers.plugin import Options, PlugIn

LOST: dict[odds.Outcome, dict[str, float]] = {
    "soft": {"null.soft": 0.0, "pixels.null": 1.0},
    "pixels": {"null.soft": 1.0, "pixels.null": 0.0},
}
PASSED = {"null.soft": 1.0, "pixels.null": 1.0}


class Screen(PlugIn[Options]):
    """Measures by a draw: `null.soft` stands for the models' opinion, `pixels.null` for the pixel check."""

    INFO: ClassVar[Info] = Info(summary="null: the paper's soft and pixel survival", reads_images=False, batch=256)

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened]:
        """1.0 for what passes, 0.0 for what does not."""
        outcomes = (odds.outcome(task.job.job.request_id, task.job.job.attempt) for task in tasks)
        return [Screened(LOST.get(outcome, PASSED)) for outcome in outcomes]
