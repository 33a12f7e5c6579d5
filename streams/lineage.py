"""Where triplets come from: every attempt at a request, what became of it, and what was judged on top of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas import ids
from schemas import messages as m
from streams.funnel import Bars, accepted, screen_stage
from streams.records import Event

Fate = Literal["survived", "waiting", "soft", "pixels", "hard", "failed"]


@dataclass(slots=True)
class Attempt:
    """One attempt: what was measured, its scores once judged, and the first stage that turned it down.

    `bar` is the soft bar it missed, `reason` the judge's (or the failure's) words.
    """

    request_id: str
    number: int
    seed: int
    fate: Fate = "waiting"
    editor: str = ""
    image: m.ImageRef | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    bar: str = ""
    scores: m.Scores | None = None
    judge: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An inverse or a composite that was judged, accepted or not."""

    triplet_id: str
    kind: ids.TripletKind
    requests: tuple[str, ...]
    instruction: str
    scores: m.Scores
    accepted: bool
    reason: str


class Lineage:
    """Gathers the attempts at some requests, and the judgements on them, from events in any order."""

    def __init__(self, requests: Collection[str], policies: Mapping[str, Bars], default: Bars) -> None:
        self._wanted = frozenset(requests)
        self._policies = policies
        self._default = default
        self._attempts: dict[str, dict[int, Attempt]] = {}
        self._judgements: dict[str, dict[str, Judgement]] = {}

    def attempts(self, request_id: str) -> list[Attempt]:
        """The attempts at a request, in order."""
        return [attempt for _, attempt in sorted(self._attempts.get(request_id, {}).items())]

    def judgements(self, triplet: m.Triplet) -> list[Judgement]:
        """The other inverses and composites judged on the triplet's edits, sorted by id."""
        found = {name: one for edit in triplet.edits for name, one in self._judgements.get(edit.request_id, {}).items()}
        return [one for name, one in sorted(found.items()) if name != triplet.triplet_id]

    def add(self, event: Event) -> None:
        """Take what the event tells of a wanted request; events of others pass by."""
        match event:
            case m.ScreenVerdict() if event.job.job.request_id in self._wanted:
                self._screened(event)
            case m.JudgeVerdict():
                self._judged(event)
            case m.Failure() if event.request_id in self._wanted and event.stage in {"edit", "screen", "judge"}:
                self._failed(event)

    def _at(self, request_id: str, number: int) -> Attempt:
        numbered = self._attempts.setdefault(request_id, {})
        return numbered.setdefault(number, Attempt(request_id, number, ids.attempt_seed(request_id, number)))

    def _screened(self, event: m.ScreenVerdict) -> None:
        job = event.job.job
        attempt = self._at(job.request_id, job.attempt)
        attempt.seed, attempt.editor, attempt.image = job.seed, event.job.made_by, event.job.image
        attempt.measures, attempt.skipped = event.measures, event.skipped
        missed = self._policies.get(job.policy_id, self._default).screen_lost(event)
        stage = screen_stage(missed)
        if missed is not None and stage is not None:
            attempt.fate, attempt.bar, attempt.reason = stage, missed, event.reason

    def _judged(self, event: m.JudgeVerdict) -> None:
        job = event.job
        asked = [job.request] + ([job.other] if job.other else [])
        requests = tuple(ids.request_id(job.subject.source_id, request.instruction) for request in asked)
        if not self._wanted.intersection(requests):
            return
        scores = m.Scores(adherence=event.adherence, aesthetics=event.aesthetics, preservation=event.preservation)
        kept = accepted(event, self._policies.get(job.policy_id, self._default))
        if job.kind != "forward":
            one = Judgement(job.triplet_id, job.kind, requests, job.instruction, scores, kept, event.reason)
            for request_id in requests:
                self._judgements.setdefault(request_id, {})[one.triplet_id] = one
            return
        attempt = self._at(requests[0], job.attempt)
        attempt.image = attempt.image or job.after
        attempt.scores, attempt.judge, attempt.reason = scores, event.by, event.reason
        attempt.fate = "survived" if kept else "hard"

    def _failed(self, event: m.Failure) -> None:
        attempt = self._at(event.request_id, event.attempt)
        if attempt.fate == "waiting":
            attempt.fate, attempt.reason = "failed", event.reason
