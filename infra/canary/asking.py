"""Shows a judge every case of the canary, some at once, and asks again where its service puts it off."""

from collections.abc import Callable, Sequence
from typing import Any

from infra.canary.days import Day, Mark
from schemas.errors import Reject, Retry, UserError
from schemas.ports import Billed, Judged, Usage
from workers import roster
from workers.canary import Case, set_name
from workers.language.asking import Misconfigured
from workers.plugin import PlugIn

ROUNDS = 5
"""How often a case is shown while its service puts it off."""
LONGEST_PAUSE_S = 60.0


def judged(plugin: PlugIn[Any], recipe: str, cases: Sequence[Case], date: str, pause: Callable[[float], None]) -> Day:
    """The day's scores by the judge, which is loaded; raises `UserError` while its service stays away."""
    usage, left = Usage(), list(cases)
    marks: dict[str, Mark] = {}
    for number in range(ROUNDS):
        away: dict[str, Retry] = {}
        for case, result in _shown(plugin, left):
            usage = usage.plus(result.usage)
            if isinstance(result.result, Retry):
                away[case.name] = result.result
            else:
                marks[case.name] = _mark(result.result)
        left = [case for case in left if case.name in away]
        if not left:
            return Day(date=date, judge=recipe, cases_of=set_name(cases), marks=marks, **usage._asdict())
        stuck = next((error for error in away.values() if isinstance(error, Misconfigured)), None)
        if stuck:
            raise UserError(f"{recipe} cannot be asked: {stuck}", "set that right and run it again")
        if number < ROUNDS - 1:
            pause(min(LONGEST_PAUSE_S, max(2.0**number, *(error.after_s for error in away.values()))))
    why = away[left[0].name]
    raise UserError(f"{recipe} puts off {len(left)} of {len(cases)} cases ({why})", "run it again later")


def _shown(plugin: PlugIn[Any], cases: Sequence[Case]) -> list[tuple[Case, Billed]]:
    """What the judge says of the cases, in steps no larger than it takes."""
    size, found = plugin.INFO.batch, list[tuple[Case, Billed]]()
    for first in range(0, len(cases), size):
        part = cases[first : first + size]
        results = roster.run(roster.KINDS["judge"], plugin, [case.task for case in part])
        billed = [result if isinstance(result, Billed) else Billed(result, Usage()) for result in results]
        found += zip(part, billed, strict=True)
    return found


def _mark(result: object) -> Mark:
    match result:
        case Judged():
            return Mark(adherence=result.adherence, aesthetics=result.aesthetics, reason=result.reason)
        case Reject():
            return Mark(reason=f"{type(result).__name__}: {result}")
        case Exception():
            raise result
        case _:
            raise TypeError(f"a judge gave a {type(result).__name__}")
