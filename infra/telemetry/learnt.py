"""What the director and the collector learn, counted: the funnel by stage, operation and reason; scores; triplets."""

import re
from collections.abc import Callable
from typing import TypeVar

from infra.metrics import Metrics
from schemas import messages as m
from schemas import metrics
from schemas.taxonomy import taxonomy
from streams.funnel import Bars, accepted
from streams.rates import seen
from streams.records import Event

NO_OPERATION = "none"
BEST = 5.0
Item = TypeVar("Item")
_BUG = re.compile(r"[A-Za-z_]\w*(Error|Exception|Exit|Iteration|Interrupt)\b")


class Learnt:
    """Counts events that taught something, and triplets that are new on the shelf.

    `bars` gives the policy that decides on a job by its id, None for one that is not kept here.
    """

    def __init__(self, meters: Metrics, bars: Callable[[str], Bars | None]) -> None:
        self._meters, self._bars = meters, bars

    def event(self, event: Event) -> None:
        """Count a stage's word on something, by the bars of the policy that it was asked under."""
        if isinstance(event, m.Failure):
            operation = event.candidate.job.request.operation if event.candidate else None
            self._meters.inc(metrics.FUNNEL, event.stage, group_of(operation), "failed", why_failed(event.reason))
            return
        if isinstance(event, m.JudgeVerdict):
            for score in ("adherence", "aesthetics"):
                self._meters.observe(metrics.SCORE, event.job.kind, score, value=getattr(event, score))
        told = seen(event, self._bars)
        if told is not None:
            outcome, reason = ("accepted", "") if told.accepted else ("rejected", self._why_rejected(event))
            self._meters.inc(metrics.FUNNEL, told.stage, group_of(told.operation), outcome, reason)

    def triplet(self, triplet: m.Triplet) -> None:
        """Count one."""
        self._meters.inc(metrics.TRIPLETS, triplet.kind, group_of(triplet.operation))

    def shelved(self, seconds: float) -> None:
        """A triplet is new on the shelf, so many seconds after its prompt was published."""
        self._meters.observe(metrics.SHELVED, value=seconds)

    def _why_rejected(self, event: Event) -> str:
        match event:
            case m.ScreenVerdict() if bars := self._bars(event.job.job.policy_id):
                return bars.screen_lost(event) or ""
            case m.JudgeVerdict() if bars := self._bars(event.job.policy_id):
                return missed(event, bars)
            case _:
                return "no"


def group_of(operation: str | None) -> str:
    """The taxonomy's group of an operation; `NO_OPERATION` where there is none, "other" for one it does not know."""
    if not operation:
        return NO_OPERATION
    known = taxonomy().operations.get(operation)
    return known.group if known else metrics.OTHER


def missed(verdict: m.JudgeVerdict, bars: Bars) -> str:
    """Which score of a rejected triplet lies below its bar: adherence, aesthetics, or both."""
    alone = [
        score
        for score, other in (("adherence", "aesthetics"), ("aesthetics", "adherence"))
        if not accepted(verdict.model_copy(update={other: BEST}), bars)
    ]
    return alone[0] if len(alone) == 1 else "both"


def why_failed(reason: str) -> str:
    """A word for a failure: put off (too often), deadly (it kills its process), bug, or rejected by its worker."""
    if reason.startswith("put off "):
        return "put off"
    if "processes died with this job" in reason:
        return "deadly"
    return "bug" if _BUG.match(reason) else "rejected"


def each(*told: Callable[[Item], None]) -> Callable[[Item], None]:
    """Tells all of them, one after the other."""

    def tell(item: Item) -> None:
        for one in told:
            one(item)

    return tell
