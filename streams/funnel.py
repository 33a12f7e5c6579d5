"""The funnel: what was left after each stage, in the paper's order and by its definitions, beside its numbers.

Fed one event and one triplet at a time, each once, in any order; holds counters and the latest names of prompts and
requests, in bounded memory. Stages count like this:

- `gate`: sources judged plausible. `attempts`: edited images that were screened.
- `soft`: attempts that miss no bar but perhaps a "pixels." one; `pixels`: those that miss none. A measure not taken
  misses nothing (policy).
- `hard`: forward triplets the judge accepts, of those it has judged; `best`: requests with such a survivor.
- `inversion` and `composition`: judged inverses and composites on top of the winners.
- `consistency`: triplets released, of all those candidates.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol

from schemas import messages as m
from schemas.ids import request_id as name_request
from schemas.taxonomy import taxonomy
from streams import paper
from streams.records import Event
from streams.tallies import (
    Confusion,
    Distinct,
    Histogram,
    Joint,
    Lowest,
    Names,
    Numbered,
    Reasons,
    Spending,
    Tally,
    ratio,
)

How = Literal["count", "each", "share", "gain"]


class Bars(Protocol):
    """What a funnel must know of a policy."""

    @property
    def name(self) -> str:
        """The policy's name."""

    def screen_lost(self, verdict: m.ScreenVerdict) -> str | None:
        """The first soft bar an attempt misses, models' opinions before pixel checks; None when it misses none."""

    def accepts(self, scores: m.Scores, operation: str, judge: str) -> bool:
        """Whether each score reaches its bar."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One row: how many are `left` and their `rate`, ours and the paper's.

    `how` says what a rate is: "share" of the row before, so many for "each" of it, or the "gain" (a loss is negative).
    """

    key: str
    title: str
    how: How
    left: int
    rate: float | None
    paper_left: int
    paper_rate: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of merit beside the paper's (None where the paper has none)."""

    key: str
    title: str
    value: float | None
    paper: float | None
    share: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The names that a funnel has heard of; `first` is the first attempt at a request that survived, from 1."""

    prompts: Names = field(default_factory=Distinct)
    requests: Names = field(default_factory=Distinct)
    won: Names = field(default_factory=Distinct)
    first: Numbered = field(default_factory=Lowest)


class Funnel:
    """Counts of everything that happened; `policies` (by id) decide before `bars`, `campaign` "" means all of them."""

    def __init__(
        self, bars: Bars, policies: Mapping[str, Bars] | None = None, campaign: str = "", heard: Heard | None = None
    ) -> None:
        self.campaign = campaign
        self.heard = heard or Heard()
        self._bars = bars
        self._policies = policies or {}
        self.images = self.gate_yes = self.attempts = self.soft = self.pixels = 0
        self.judged = {"forward": 0, "inverse": 0, "composite": 0}
        self.survivors = self.released = 0
        self.released_by_kind = {"forward": 0, "inverse": 0, "composite": 0}
        self.operations: defaultdict[str, Tally] = defaultdict(Tally)
        self.styles: defaultdict[str, Tally] = defaultdict(Tally)
        self.adherence, self.aesthetics, self.both = Histogram(), Histogram(), Joint()
        self.rejections, self.failures = Reasons(), Reasons()
        self.truth = {stage: Confusion() for stage in ("gate", "screen", "judge", "pipeline", "released")}
        self.spending: defaultdict[str, Spending] = defaultdict(Spending)

    # --- feeding ------------------------------------------------------------------------------------------------------

    def add(self, event: Event) -> None:
        """Count one recorded event; the caller sees to it that each comes once."""
        if isinstance(event, m.Redrive) or (self.campaign and campaign_of(event) != self.campaign):
            return
        stage = event.stage if isinstance(event, m.Failure) else event.type
        self.spending[stage].add(event.meter)
        match event:
            case m.GateVerdict():
                self._made("generate", event.job.meter)
                self._gate(event)
            case m.ScreenVerdict():
                self._made("edit", event.job.meter)
                self._screen(event)
            case m.JudgeVerdict():
                self._judge(event)
            case m.Failure():
                self.failures.add(event.stage, event.reason)

    def add_triplet(self, triplet: m.Triplet) -> None:
        """Count one triplet of the shelf."""
        if self.campaign and triplet.subject.campaign != self.campaign:
            return
        self.released += 1
        self.released_by_kind[triplet.kind] += 1
        for tally in self._tallies(triplet.operation, triplet.subject.style):
            tally.released += 1
        _confuse(self.truth["released"], True, triplet.measures)

    def spend(self, stage: str, meter: m.Meter) -> None:
        """Count what something took that no event tells of."""
        self.spending[stage].add(meter)

    def acceptance(self) -> dict[str, float]:
        """The accepted share of attempts of each operation that was tried; may be asked by any thread."""
        tried = ((operation, tally.acceptance) for operation, tally in tuple(self.operations.items()))
        return {operation: share for operation, share in tried if share is not None}

    def bars(self, policy_id: str) -> Bars:
        """The policy that decides on a job."""
        return self._policies.get(policy_id, self._bars)

    def _made(self, stage: str, meter: m.Meter) -> None:
        """Count what a picture took, told with the first verdict on it; one that was sent anew tells nothing."""
        if meter != m.NO_METER:
            self.spending[stage].add(meter)

    def _gate(self, event: m.GateVerdict) -> None:
        subject = event.job.subject
        self.heard.prompts.add(f"{subject.campaign}/{subject.prompt_id}")
        self.images += 1
        self.gate_yes += event.yes
        if not event.yes:
            self.rejections.add("gate", event.reason)
        _confuse(self.truth["gate"], event.yes, event.measures)

    def _screen(self, event: m.ScreenVerdict) -> None:
        job = event.job.job
        self.heard.requests.add(job.request_id)
        missed = self.bars(job.policy_id).screen_lost(event)
        stage = screen_stage(missed)
        self.attempts += 1
        self.soft += stage != "soft"
        self.pixels += stage is None
        for tally in self._tallies(job.request.operation, job.subject.style):
            tally.attempts += 1
            tally.soft += stage != "soft"
            tally.pixels += stage is None
        _confuse(self.truth["screen"], stage is None, event.measures)
        if missed is not None and stage is not None:
            self.rejections.add(stage, missed)
            _confuse(self.truth["pipeline"], False, event.measures)

    def _judge(self, event: m.JudgeVerdict) -> None:
        job = event.job
        self.judged[job.kind] += 1
        kept = accepted(event, self.bars(job.policy_id))
        if not kept:
            self.rejections.add("hard" if job.kind == "forward" else job.kind, event.reason)
        if job.kind != "forward":
            return
        self.adherence.add(event.adherence)
        self.aesthetics.add(event.aesthetics)
        self.both.add(event.adherence, event.aesthetics)
        for tally in self._tallies(job.request.operation, job.subject.style):
            tally.judged += 1
        _confuse(self.truth["judge"], kept, event.measures)
        _confuse(self.truth["pipeline"], kept, event.measures)
        if kept:
            self._survived(job)

    def _survived(self, job: m.JudgeJob) -> None:
        request = name_request(job.subject.source_id, job.request.instruction)
        first = self.heard.won.add(request)
        self.heard.first.add(request, job.attempt + 1)
        self.survivors += 1
        for tally in self._tallies(job.request.operation, job.subject.style):
            tally.survivors += 1
            tally.winners += first

    def _tallies(self, operation: str, style: str) -> tuple[Tally, Tally]:
        return self.operations[operation], self.styles[style or "none"]

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def winners(self) -> int:
        """Requests with at least one survivor."""
        return self.heard.won.count

    @property
    def requests(self) -> int:
        """Requests with at least one attempt."""
        return self.heard.requests.count

    @property
    def won_at(self) -> dict[int, int]:
        """Requests by the number (from 1) of their first attempt that survived."""
        return self.heard.first.counts

    @property
    def candidates(self) -> int:
        """Winners with the judged inverses and composites."""
        return self.winners + self.judged["inverse"] + self.judged["composite"]

    def stages(self) -> list[Stage]:
        """The funnel, row by row."""
        with_inverses = self.winners + self.judged["inverse"]
        rows: list[tuple[str, str, How, int, float | None]] = [
            ("prompts", "Prompts", "count", self.heard.prompts.count, None),
            ("images", "Source images", "each", self.images, ratio(self.images, self.heard.prompts.count)),
            ("gate", "Gate says yes", "share", self.gate_yes, ratio(self.gate_yes, self.images)),
            ("attempts", "Edit attempts", "each", self.attempts, ratio(self.attempts, self.gate_yes)),
            ("soft", "Soft filter", "share", self.soft, ratio(self.soft, self.attempts)),
            ("pixels", "Pixel check", "share", self.pixels, ratio(self.pixels, self.soft)),
            ("hard", "Hard filter", "share", self.survivors, ratio(self.survivors, self.judged["forward"])),
            ("best", "Best of a request", "share", self.winners, ratio(self.winners, self.survivors)),
            ("inversion", "With inversion", "gain", with_inverses, _gain(with_inverses, self.winners)),
            ("composition", "With composition", "gain", self.candidates, _gain(self.candidates, with_inverses)),
            ("consistency", "Released", "gain", self.released, _gain(self.released, self.candidates)),
        ]
        return [Stage(key, title, how, left, rate, *paper.FUNNEL[key]) for key, title, how, left, rate in rows]

    def figures(self) -> list[Figure]:
        """Figures of merit beside the paper's."""
        judged = sum(self.judged.values())
        return [
            Figure("attempts_per_winner", "Edit attempts a winner", ratio(self.attempts, self.winners),
                   paper.ATTEMPTS_PER_WINNER),
            Figure("edits_per_triplet", "Edit attempts a released triplet", ratio(self.attempts, self.released),
                   paper.EDITS_PER_TRIPLET),
            Figure("images_per_triplet", "Source images a released triplet", ratio(self.images, self.released),
                   paper.IMAGES_PER_TRIPLET),
            Figure("hard_calls_per_triplet", "Hard-filter calls a released triplet",
                   ratio(self.judged["forward"], self.released), paper.HARD_CALLS_PER_TRIPLET),
            Figure("judge_calls_per_triplet", "All judge calls a released triplet", ratio(judged, self.released), None),
            Figure("requests_won", "Requests with a winner", ratio(self.winners, self.requests),
                   paper.REQUESTS_WON, share=True),
        ]  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        """Everything counted, as plain JSON values."""
        return {
            "campaign": self.campaign,
            "stages": [asdict(stage) for stage in self.stages()],
            "figures": [asdict(figure) for figure in self.figures()],
            "released": dict(self.released_by_kind),
            "operations": {name: asdict(tally) for name, tally in sorted(self.operations.items())},
            "styles": {name: asdict(tally) for name, tally in sorted(self.styles.items())},
            "adherence": self.adherence.bins,
            "aesthetics": self.aesthetics.bins,
            "won_at": {str(number): count for number, count in self.won_at.items()},
            "rejections": self.rejections.by_stage(),
            "failures": self.failures.by_stage(),
            "truth": {
                stage: {
                    **asdict(seen),
                    "precision": seen.precision,
                    "recall": None if stage == "released" else seen.recall,
                }
                for stage, seen in self.truth.items()
                if seen.count
            },
            "spending": {stage: asdict(spent) for stage, spent in sorted(self.spending.items())},
        }


def screen_stage(missed: str | None) -> Literal["soft", "pixels"] | None:
    """The stage that the bar `missed` belongs to; None where none was missed."""
    if missed is None:
        return None
    return "pixels" if missed.startswith("pixels.") else "soft"


def accepted(verdict: m.JudgeVerdict, bars: Bars) -> bool:
    """Whether a judge's verdict is above the bars of the operation that the judged triplet shows."""
    scores = m.Scores(adherence=verdict.adherence, aesthetics=verdict.aesthetics, preservation=verdict.preservation)
    return bars.accepts(scores, operation_of(verdict.job), verdict.by)


def operation_of(job: m.JudgeJob) -> str:
    """The operation that a judged triplet shows: of an inverse, the one that undoes the request's."""
    operation = job.request.operation
    if job.kind == "composite":
        return "composite"
    if job.kind == "inverse" and (known := taxonomy().operations.get(operation)):
        return known.inverse or operation
    return operation


def campaign_of(event: Event) -> str:
    """The campaign an event belongs to; "" for a redrive, which names a job only."""
    match event:
        case m.Failure():
            return event.campaign
        case m.ScreenVerdict():
            return event.job.job.subject.campaign
        case m.Redrive():
            return ""
        case _:
            return event.job.subject.campaign


def _gain(now: int, before: int) -> float | None:
    part = ratio(now, before)
    return None if part is None else part - 1


def _confuse(seen: Confusion, kept: bool, measures: Mapping[str, float]) -> None:
    truth = measures.get("truth")
    if truth is not None:
        seen.add(kept, truth >= 0.5)
