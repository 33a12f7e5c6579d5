"""What the attempts of one operation, style, editor or judge brought, and what they took."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from schemas import messages as m
from schemas.ids import request_id as name_request
from streams.funnel import Bars, accepted
from streams.records import Event

Axis = Literal["operation", "style", "editor", "judge"]
AXES: tuple[Axis, ...] = ("operation", "style", "editor", "judge")
YIELDS = ("tries", "survivors", "winners", "released", "seconds", "dollars")
"""Attempts screened (for a judge: those it judged), survivors, requests with one, triplets that came of them (of a
composite half for each of its two edits), recorded seconds and dollars of their screens, judges and writers (for a
style of the gate too, for a judge only its own)."""

Labels = Mapping[Axis, str]
Brought = dict[tuple[Axis, str], dict[str, float]]


def yields(events: Iterable[Event], triplets: Iterable[m.Triplet], bars: Callable[[str], Bars]) -> Brought:
    """The columns of YIELDS for one source, by axis and label."""
    tally = _Tally(bars)
    for event in events:
        tally.add(event)
    for triplet in triplets:
        tally.release(triplet)
    return tally.brought


class _Tally:
    def __init__(self, bars: Callable[[str], Bars]) -> None:
        self.brought: Brought = {}
        self._bars = bars
        self._editors: dict[str, str] = {}
        self._won: set[tuple[Axis, str, str]] = set()

    def add(self, event: Event) -> None:
        match event:
            case m.GateVerdict():
                self._spend({"style": _style(event.job.subject)}, event.job.meter, event.meter)
            case m.ScreenVerdict():
                job = event.job.job
                self._editors[job.request_id] = self._editors[f"{job.request_id}/{job.attempt}"] = event.job.made_by
                labels = self._labels(job.subject, job.request, job.attempt)
                self._count("tries", labels)
                self._spend(labels, event.job.meter, event.meter)
            case m.JudgeVerdict():
                self._judge(event)
            case m.TextAnswer():
                self._spend(self._labels(event.job.subject, event.job.request), event.meter)

    def release(self, triplet: m.Triplet) -> None:
        for edit in triplet.edits:
            labels: Labels = {
                "operation": edit.operation, "style": _style(triplet.subject), "editor": edit.editor,
                "judge": triplet.judge,
            }  # fmt: skip
            self._count("released", labels, 1 / len(triplet.edits))

    def _judge(self, event: m.JudgeVerdict) -> None:
        job = event.job
        labels = self._labels(job.subject, job.request, job.attempt) | {"judge": event.by}
        self._spend(labels, event.meter)
        if job.kind != "forward":
            return
        self._count("tries", {"judge": event.by})
        if accepted(event, self._bars(job.policy_id)):
            self._count("survivors", labels)
            request = name_request(job.subject.source_id, job.request.instruction)
            first: Labels = {axis: name for axis, name in labels.items() if (axis, name, request) not in self._won}
            self._won.update((axis, name, request) for axis, name in first.items())
            self._count("winners", first)

    def _labels(self, subject: m.Subject, request: m.Request, attempt: int = 0) -> dict[Axis, str]:
        name = name_request(subject.source_id, request.instruction)
        editor = self._editors.get(f"{name}/{attempt}") or self._editors.get(name, "")
        return {"operation": request.operation, "style": _style(subject), "editor": editor}

    def _count(self, column: str, labels: Labels, number: float = 1) -> None:
        for axis, label in labels.items():
            brought = self.brought.setdefault((axis, label or "none"), dict.fromkeys(YIELDS, 0.0))
            brought[column] += number

    def _spend(self, labels: Labels, *meters: m.Meter) -> None:
        for meter in meters:
            self._count("seconds", labels, meter.seconds)
            self._count("dollars", labels, meter.cost_usd)


def _style(subject: m.Subject) -> str:
    return subject.style or "none"
