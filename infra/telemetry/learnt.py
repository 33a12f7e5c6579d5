"""What the director and the collector learn, counted: the funnel by stage, operation and reason; scores; triplets."""

import re
from collections.abc import Callable
from typing import TypeVar

from infra.metrics import Metrics
from schemas import messages as m
from schemas import metrics
from schemas.taxonomy import taxonomy
from streams.funnel import Bars, accepted, operation_of
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
        match event:
            case m.GateVerdict():
                self._count("gate", None, "" if event.yes else "no")
            case m.ScreenVerdict():
                self._screened(event)
            case m.JudgeVerdict():
                self._judged(event)
            case m.TextAnswer():
                self._count("text", None, "")
            case m.Failure():
                operation = event.candidate.job.request.operation if event.candidate else None
                self._meters.inc(metrics.FUNNEL, event.stage, group_of(operation), "failed", why_failed(event.reason))

    def _count(self, stage: str, operation: str | None, reason: str) -> None:
        self._meters.inc(metrics.FUNNEL, stage, group_of(operation), "rejected" if reason else "accepted", reason)

    def _screened(self, verdict: m.ScreenVerdict) -> None:
        job = verdict.job.job
        bars = self._bars(job.policy_id)
        if bars is not None:
            self._count("screen", job.request.operation, bars.screen_lost(verdict) or "")

    def _judged(self, verdict: m.JudgeVerdict) -> None:
        job = verdict.job
        self._meters.observe(metrics.SCORE, job.kind, "adherence", value=verdict.adherence)
        self._meters.observe(metrics.SCORE, job.kind, "aesthetics", value=verdict.aesthetics)
        bars = self._bars(job.policy_id)
        if bars is not None:
            reason = "" if accepted(verdict, bars) else missed(verdict, bars)
            self._count("judge" if job.kind == "forward" else job.kind, job.request.operation, reason)

    def triplet(self, triplet: m.Triplet) -> None:
        """Count one."""
        self._meters.inc(metrics.TRIPLETS, triplet.kind, group_of(triplet.operation))

    def shelved(self, seconds: float) -> None:
        """A triplet is new on the shelf, so many seconds after its prompt was published."""
        self._meters.observe(metrics.SHELVED, value=seconds)


def group_of(operation: str | None) -> str:
    """The taxonomy's group of an operation; `NO_OPERATION` where there is none, "other" for one it does not know."""
    if not operation:
        return NO_OPERATION
    known = taxonomy().operations.get(operation)
    return known.group if known else metrics.OTHER


def missed(verdict: m.JudgeVerdict, bars: Bars) -> str:
    """Which score of a rejected triplet lies below its bar: adherence, aesthetics, or both."""
    operation = operation_of(verdict.job)
    if bars.accepts(m.Scores(adherence=verdict.adherence, aesthetics=BEST), operation, verdict.by):
        return "aesthetics"
    if bars.accepts(m.Scores(adherence=BEST, aesthetics=verdict.aesthetics), operation, verdict.by):
        return "adherence"
    return "both"


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
