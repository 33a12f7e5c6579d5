"""The measured judge: estimates from pixels what an edit did, and rejects what pixels cannot tell."""

from collections.abc import Sequence
from typing import ClassVar

from schemas.errors import Reject
from schemas.messages import JudgeJob, Request
from schemas.ports import Info, Judged, Task
from schemas.taxonomy import taxonomy
from workers.photographic import verdict
from workers.photographic.effect import Effect, parse
from workers.photographic.measuring import MEASURED, measure, measure_pair
from workers.photographic.measuring.finding import Finding
from workers.pixelwise.arrays import Pixels
from workers.pixelwise.defects import defects
from workers.plugin import Options, PlugIn

ROUNDING = 2.0
"""A composite's source is computed back from a rounded picture: twice the tolerance for other change."""


class Judge(PlugIn[Options]):
    """Goes by the requests' `effect`; needs no model. Says "measured.*" for all it measured."""

    INFO: ClassVar[Info] = Info(
        summary="Measures from pixels whether the asked photographic effect, and no other, is there",
        operations=frozenset(MEASURED),
        accepts="the photographic effect and the operation of the request (nhr try: --effect)",
    )

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Judged | Reject]:
        """Scores for each (before, after), or a `Reject` where pixels cannot tell."""
        return [_judged(task) for task in tasks]


def _judged(task: Task[JudgeJob]) -> Judged | Reject:
    before, after = (image.pixels for image in task.images)
    try:
        return _composite(task.job, before, after) if task.job.kind == "composite" else _single(task.job, before, after)
    except Reject as refusal:
        return refusal


def _single(job: JudgeJob, before: Pixels, after: Pixels) -> Judged:
    effect = asked(job.request)
    if job.kind == "inverse":
        _invertible(effect)
        return _told(measure(effect, after, before), (effect,), before, after, inverse=True)
    return _told(measure(effect, before, after), (effect,), before, after)


def _composite(job: JudgeJob, before: Pixels, after: Pixels) -> Judged:
    if job.other is None:
        raise Reject("a composite needs two requests, and this job has one")
    first, second = asked(job.request), asked(job.other)
    _invertible(first)
    found = measure_pair(first, second, before, after)
    return _told(found, (first, second), before, after, slack=ROUNDING, inverse=True)


def asked(request: Request) -> Effect:
    """The effect that a request asks for; raises `Reject` for none, and for one of another operation."""
    effect = parse(request.effect)
    if effect.operation != request.operation:
        raise Reject(f"the request says {request.operation} but its effect is {effect.operation}; mend the prompt")
    return effect


def _invertible(effect: Effect) -> None:
    if not taxonomy().has_inverse(effect.operation):
        raise Reject(f"{effect.operation} has no inverse, so none can be judged")


def _told(
    found: Finding,
    effects: tuple[Effect, ...],
    before: Pixels,
    after: Pixels,
    slack: float = 1.0,
    inverse: bool = False,
) -> Judged:
    own = defects(after)
    grown = {} if inverse else verdict.brought(defects(before), own)
    operations = tuple(effect.operation for effect in effects)
    measures = {"error": found.error, "residual": found.residual, "worst_block": found.worst, **found.measures, **grown}
    return Judged(
        adherence=verdict.adherence(found, slack),
        aesthetics=verdict.aesthetics(own, grown, operations),
        preservation=verdict.preservation(found, slack),
        reason=_reason(found, operations, slack),
        measures={f"measured.{name}": float(value) for name, value in sorted(measures.items())},
    )


def _reason(found: Finding, operations: tuple[str, ...], slack: float) -> str:
    share = found.measures.get("strength")
    strength = f"{share:.0%} of the asked strength" if share is not None else f"{found.error:.0%} off what was asked"
    other = "something else changed" if verdict.preservation(found, slack) < 4.5 else "nothing else changed"
    return f"{' and '.join(operations)}: {strength}; {other} ({found.residual:.1f} levels, {found.worst:.1f} at worst)"
