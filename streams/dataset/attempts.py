"""What the records tell of attempts: how many a request took, and which were judged and rejected."""

from typing import NamedTuple

from schemas import ids
from schemas import messages as m
from streams.funnel import Bars, accepted
from streams.records import Event
from streams.statistics.requests import LEFT


class Told(NamedTuple):
    """What one event tells of an attempt at a request.

    `fate`: survived, lost, or None while that is open. `by` is who decided ("screen", "judge", "edit"), `reason` the
    judge's words or the bar that was missed; the judge alone tells the `verdict`, the screens alone the `editor`.
    """

    request_id: str
    attempt: int
    fate: bool | None
    by: str
    reason: str = ""
    verdict: m.JudgeVerdict | None = None
    editor: str = ""


def told(event: Event, bars: Bars) -> Told | None:
    """What the event tells of an attempt under the policy that decided; None where it tells nothing."""
    match event:
        case m.ScreenVerdict():
            job, missed = event.job.job, bars.screen_lost(event)
            fate = None if missed is None else False
            return Told(job.request_id, job.attempt, fate, "screen", missed or "", editor=event.job.made_by)
        case m.JudgeVerdict() if event.job.kind == "forward":
            request = ids.request_id(event.job.subject.source_id, event.job.request.instruction)
            return Told(request, event.job.attempt, accepted(event, bars), "judge", event.reason, event)
        case m.Failure() if event.request_id and event.stage in LEFT:
            return Told(event.request_id, event.attempt, LEFT[event.stage], event.stage, event.reason)
    return None


def policy_of(event: Event) -> str:
    """The policy under which an event's job was asked for; "" for events that tell of no attempt."""
    match event:
        case m.ScreenVerdict():
            return event.job.job.policy_id
        case m.JudgeVerdict():
            return event.job.policy_id
        case _:
            return ""
