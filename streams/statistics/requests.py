"""How many attempts a request took until the first one survived."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from schemas import messages as m
from schemas.ids import request_id as name_request
from streams.funnel import Bars, accepted
from streams.records import Event

MOST = 32
"""The most attempts a policy can ask for."""
NUMBERS = range(1, MOST + 1)
LADDER = (*(f"{what}.{number}" for what in ("tried", "won") for number in NUMBERS), "lost", "open")
"""Columns: requests whose attempts before this number were all lost and whose fate at it is known ("tried"), those
that it won; requests all of whose attempts are lost, and those with an attempt still open before any survived."""

LEFT: Mapping[str, bool | None] = {"edit": False, "screen": None}
"""How an attempt stands after a failure of these stages: an edit's loses it, a screen's leaves it open."""


def ladder(events: Iterable[Event], bars: Callable[[str], Bars]) -> Counter[str]:
    """The columns of LADDER for the requests of one source; a failed edit is a lost attempt."""
    counted: Counter[str] = Counter()
    for fates in _fates(events, bars).values():
        counted.update(_climbed(fates))
    return counted


def _climbed(fates: dict[int, bool | None]) -> Counter[str]:
    """The steps of one request, given whether each of its attempts (from 0) survived, None while that is open."""
    counted: Counter[str] = Counter()
    for number in NUMBERS:
        fate = fates.get(number - 1)
        if fate is None:
            counted["open" if len(fates) >= number else "lost"] += 1
            break
        counted[f"tried.{number}"] += 1
        if fate:
            counted[f"won.{number}"] += 1
            break
    return counted


def _fates(events: Iterable[Event], bars: Callable[[str], Bars]) -> dict[str, dict[int, bool | None]]:
    """By request and attempt: survived, lost, or None while that is open."""
    fates: defaultdict[str, dict[int, bool | None]] = defaultdict(dict)
    for event in events:
        match event:
            case m.ScreenVerdict():
                job = event.job.job
                lost = bars(job.policy_id).screen_lost(event) is not None
                fate = False if lost else fates[job.request_id].get(job.attempt)
                fates[job.request_id][job.attempt] = fate
            case m.JudgeVerdict() if event.job.kind == "forward":
                request = name_request(event.job.subject.source_id, event.job.request.instruction)
                fates[request][event.job.attempt] = accepted(event, bars(event.job.policy_id))
            case m.Failure() if event.request_id and event.stage in LEFT:
                fates[event.request_id].setdefault(event.attempt, LEFT[event.stage])
    return fates
