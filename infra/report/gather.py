"""What a page is made of: one pass over the shelf, one over the records."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas import messages as m
from schemas.ports import Blobs
from streams import policies, records, shelf
from streams.funnel import Bars, Funnel, accepted, campaign_of, screen_stage
from streams.lineage import Lineage
from streams.records import Campaign, Event
from streams.rules import policy
from streams.tallies import gist

Item = TypeVar("Item")
MAX_GROUPS = 400


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attempt, inverse or composite that a stage turned down: at `bar` (a soft bar) or for the judge's `reason`."""

    name: str
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


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a page shows; `total` and `rejected_total` count what there is beyond what is shown."""

    triplets: Sequence[m.Triplet]
    total: int
    rejected: Sequence[Rejected]
    rejected_total: int
    funnel: Funnel
    lineage: Lineage
    campaigns: Sequence[str]
    notes: Mapping[str, Campaign]
    policies: Sequence[str]


class Sampler(Generic[Item]):
    """A varied, repeatable choice from a stream: the first of each group in turn, however large a group is."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._groups: dict[Hashable, list[Item]] = {}
        self.total = 0

    def offer(self, group: Hashable, item: Item) -> None:
        """Take note of an item; holds at most `limit` of a group and MAX_GROUPS groups."""
        self.total += 1
        if group not in self._groups and len(self._groups) >= MAX_GROUPS:
            return
        kept = self._groups.setdefault(group, [])
        if len(kept) < self._limit:
            kept.append(item)

    def chosen(self) -> list[Item]:
        """At most `limit` items, one of each group after another until all have been seen.

        Groups start at different items, since the first ones of many groups tend to come from the same source.
        """
        groups = list(self._groups.values())
        rounds = max((len(kept) for kept in groups), default=0)
        turns = (
            kept[(turn + number) % len(kept)]
            for turn in range(rounds)
            for number, kept in enumerate(groups)
            if turn < len(kept)
        )
        return [item for item, _ in zip(turns, range(self._limit), strict=False)]


def gather(blobs: Blobs, triplets: int, rejected: int, campaign: str = "") -> Gathered:
    """Read shelf and records; keeps `triplets` and `rejected` of them at most, and counts all."""
    known = policies.kept(blobs)
    default = policy.read("paper")
    funnel = Funnel(default, known, campaign)
    campaigns: set[str] = set()
    shown = _triplets(shelf.triplets(blobs), funnel, triplets, campaign, campaigns)
    requests = {edit.request_id for triplet in shown for edit in triplet.edits}
    lineage = Lineage(requests, known, default)
    lost: Sampler[Rejected] = Sampler(rejected)
    used: set[str] = set()
    for event in records.events(blobs):
        name = campaign_of(event)
        if campaign and name != campaign:
            continue
        campaigns.add(name)
        funnel.add(event)
        lineage.add(event)
        if isinstance(event, m.ScreenVerdict | m.JudgeVerdict):
            policy_id = event.job.job.policy_id if isinstance(event, m.ScreenVerdict) else event.job.policy_id
            used.add(known[policy_id].name if policy_id in known else policy_id[:8])
            _offer(lost, rejection(event, funnel.bars(policy_id)))
    return Gathered(
        triplets=shown,
        total=funnel.released,
        rejected=lost.chosen(),
        rejected_total=lost.total,
        funnel=funnel,
        lineage=lineage,
        campaigns=sorted(campaigns - {""}),
        notes={name: note for name, note in records.campaigns(blobs).items() if name in campaigns},
        policies=sorted(used),
    )


def rejection(event: Event, bars: Bars) -> Rejected | None:
    """What an event turned down, or None when it let it pass."""
    match event:
        case m.ScreenVerdict():
            missed = bars.screen_lost(event)
            stage = screen_stage(missed)
            return _screened_out(event, stage, missed) if stage and missed else None
        case m.JudgeVerdict() if not accepted(event, bars):
            job = event.job
            return Rejected(
                name=event.job_id, stage="hard" if job.kind == "forward" else job.kind, kind=job.kind,
                subject=job.subject, instruction=job.instruction, operation=job.request.operation, before=job.before,
                after=job.after, reason=event.reason, measures=event.measures, attempt=job.attempt, made_by=event.by,
                scores=m.Scores(
                    adherence=event.adherence, aesthetics=event.aesthetics, preservation=event.preservation
                ),
            )  # fmt: skip
    return None


def _screened_out(event: m.ScreenVerdict, stage: str, missed: str) -> Rejected:
    job = event.job.job
    return Rejected(
        name=event.job_id, stage=stage, kind="forward", subject=job.subject, instruction=job.request.instruction,
        operation=job.request.operation, before=job.subject.image, after=event.job.image, bar=missed,
        reason=event.reason, measures=event.measures, attempt=job.attempt, made_by=event.job.made_by,
    )  # fmt: skip


def _triplets(
    stream: Iterable[m.Triplet], funnel: Funnel, limit: int, campaign: str, campaigns: set[str]
) -> list[m.Triplet]:
    sampler: Sampler[m.Triplet] = Sampler(limit)
    for triplet in stream:
        if campaign and triplet.subject.campaign != campaign:
            continue
        campaigns.add(triplet.subject.campaign)
        funnel.add_triplet(triplet)
        sampler.offer((triplet.kind, triplet.operation, triplet.subject.origin), triplet)
    return sampler.chosen()


def _offer(lost: Sampler[Rejected], one: Rejected | None) -> None:
    if one is not None:
        lost.offer((one.stage, one.bar or gist(one.reason), one.operation), one)
