"""What a page is made of: one pass over the shelf, one over the records to count, one to follow what is shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.report.pace import Pace
from infra.report.sample import Sampler
from schemas import ids
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import calibrations, policies, records, retractions, shelf
from streams.funnel import Bars, Funnel, accepted, campaign_of, screen_stage
from streams.lineage import Lineage
from streams.records import Campaign, Event
from streams.retractions import Retractions, Target
from streams.rules import policy
from streams.tallies import gist
from workers.language import standing


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attempt, inverse or composite that a stage turned down: at `bar` (a soft bar) or for the judge's `reason`."""

    name: str
    requests: tuple[str, ...]
    stage: str
    kind: str
    subject: m.Subject
    instruction: str
    operation: str
    before: m.ImageRef
    after: m.ImageRef
    bar: str = ""
    reason: str = ""
    scores: m.Scores | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    attempt: int = 0
    made_by: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a page shows; `total` and `rejected_total` count what there is beyond what is shown.

    What was retracted is not shown, and of rejected attempts neither those of retracted sources and pictures.

    `moments`: when the triplets shown were judged (Unix seconds), where recorded. `calibrated`: the recipes of judges
    that were held against people.
    """

    triplets: Sequence[m.Triplet]
    total: int
    rejected: Sequence[Rejected]
    rejected_total: int
    funnel: Funnel
    pace: Pace
    lineage: Lineage
    moments: Mapping[str, float]
    campaigns: Sequence[str]
    notes: Mapping[str, Campaign]
    policies: Sequence[str]
    taken_back: Retractions
    calibrated: frozenset[str]


class Gathering:
    """One look at everything mined, of one campaign or (named "") of all."""

    def __init__(self, blobs: Blobs, campaign: str) -> None:
        self._blobs = blobs
        self._campaign = campaign
        self._policies = policies.kept(blobs)
        self._taken_back = retractions.load(blobs)
        self._default = policy.read("paper")
        self._campaigns: set[str] = set()
        self._others: set[str] = set()
        self._used: set[str] = set()
        self._moments: dict[str, float] = {}
        self.funnel = Funnel(self._default, self._policies, campaign)
        self.pace = Pace()

    def look(self, triplets: int, rejected: int) -> Gathered:
        """Pick at most so many of each, and count all; raises `UserError` naming the campaigns there are."""
        shown = self._shelf(triplets)
        lost = self._records({triplet.triplet_id for triplet in shown}, rejected)
        for meter in standing.spent(self._blobs, self._campaign):
            self.funnel.spend(standing.STAGE, meter)
        if self._campaign and self._campaign not in self._campaigns:
            there = ", ".join(sorted(self._others - {""})) or "none yet"
            raise UserError(f"no campaign {self._campaign!r} here", f"campaigns: {there}")
        turned_down = lost.chosen()
        requests = {edit.request_id for triplet in shown for edit in triplet.edits}
        requests.update(request_id for one in turned_down for request_id in one.requests)
        notes = records.campaigns(self._blobs)
        return Gathered(
            triplets=shown,
            total=self.funnel.released,
            rejected=turned_down,
            rejected_total=lost.total,
            funnel=self.funnel,
            pace=self.pace,
            lineage=self._lineage(requests),
            moments=self._moments,
            campaigns=sorted(self._campaigns - {""}),
            notes={name: note for name, note in notes.items() if name in self._campaigns},
            policies=sorted(self._used),
            taken_back=self._taken_back,
            calibrated=calibrations.calibrated(self._blobs),
        )

    def _shelf(self, limit: int) -> list[m.Triplet]:
        sampler: Sampler[m.Triplet] = Sampler(limit)
        for triplet in shelf.triplets(self._blobs):
            if not self._wanted(triplet.subject.campaign):
                continue
            self._campaigns.add(triplet.subject.campaign)
            self.funnel.add_triplet(triplet)
            self.pace.expect(triplet.triplet_id)
            sampler.offer((triplet.kind, triplet.operation, triplet.subject.origin), triplet)
        return sampler.chosen()

    def _records(self, shown: set[str], limit: int) -> Sampler[Rejected]:
        sampler: Sampler[Rejected] = Sampler(limit)
        for event in self._events():
            self._campaigns.add(campaign_of(event))
            self.funnel.add(event)
            if not isinstance(event, m.ScreenVerdict | m.JudgeVerdict):
                continue
            policy_id = event.job.job.policy_id if isinstance(event, m.ScreenVerdict) else event.job.policy_id
            self._used.add(self._policies[policy_id].name if policy_id in self._policies else policy_id[:8])
            one = rejection(event, self.funnel.bars(policy_id))
            if one is not None and self._taken_back.among(names_of(one)) is None:
                sampler.offer((one.stage, one.bar or gist(one.reason), one.operation), one)
            if isinstance(event, m.ScreenVerdict):
                self.pace.screened(event)
            elif one is None:
                self.pace.kept(event)
                if event.job.triplet_id in shown and event.meter.at > 0:
                    self._moments[event.job.triplet_id] = event.meter.at
        return sampler

    def _lineage(self, requests: set[str]) -> Lineage:
        lineage = Lineage(requests, self._policies, self._default)
        if requests:
            for event in self._events():
                lineage.add(event)
        return lineage

    def _events(self) -> Iterator[Event]:
        for event in records.events(self._blobs):
            if self._wanted(campaign_of(event)):
                yield event

    def _wanted(self, campaign: str) -> bool:
        if not self._campaign or campaign == self._campaign:
            return True
        self._others.add(campaign)
        return False


def gather(blobs: Blobs, triplets: int, rejected: int, campaign: str = "") -> Gathered:
    """Read shelf and records; keeps `triplets` and `rejected` of them at most, and counts all."""
    return Gathering(blobs, campaign).look(triplets, rejected)


def names_of(one: Rejected) -> Iterator[tuple[Target, str]]:
    """Everything under which what a rejected attempt shows can be taken back."""
    yield "source", one.subject.source_id
    for ref in (one.subject.image, one.before, one.after):
        yield "sha256", ref.sha256


def rejection(event: Event, bars: Bars) -> Rejected | None:
    """What an event turned down, or None when it let it pass."""
    match event:
        case m.ScreenVerdict():
            missed = bars.screen_lost(event)
            stage = screen_stage(missed)
            return _screened_out(event, stage, missed) if stage and missed else None
        case m.JudgeVerdict() if not accepted(event, bars):
            job = event.job
            asked = [job.request] + ([job.other] if job.other else [])
            return Rejected(
                name=event.job_id,
                requests=tuple(ids.request_id(job.subject.source_id, request.instruction) for request in asked),
                stage="hard" if job.kind == "forward" else job.kind, kind=job.kind,
                subject=job.subject, instruction=job.instruction, operation=job.request.operation, before=job.before,
                after=job.after, reason=event.reason, measures=event.measures, attempt=job.attempt, made_by=event.by,
                scores=m.Scores(
                    adherence=event.adherence, aesthetics=event.aesthetics, preservation=event.preservation
                ),
                at=event.meter.at,
            )  # fmt: skip
    return None


def _screened_out(event: m.ScreenVerdict, stage: str, missed: str) -> Rejected:
    job = event.job.job
    return Rejected(
        name=event.job_id, requests=(job.request_id,), stage=stage, kind="forward", subject=job.subject,
        instruction=job.request.instruction, operation=job.request.operation, before=job.subject.image,
        after=event.job.image, bar=missed, reason=event.reason, measures=event.measures, attempt=job.attempt,
        made_by=event.job.made_by, at=event.meter.at,
    )  # fmt: skip
