"""Counts what became of a campaign, source by source: the columns that every table here is made of.

The funnel's own counters (streams/funnel.py) are read before and after each source, so its definitions hold here too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from schemas import ids
from schemas import messages as m
from streams.funnel import Bars, Funnel
from streams.records import Event
from streams.statistics.clusters import Sample, group_of
from streams.statistics.requests import LADDER, ladder
from streams.statistics.yielding import AXES, YIELDS, Axis, yields

TRUTH = ("gate", "screen", "judge", "pipeline", "released")
CELLS = ("kept_good", "kept_bad", "lost_good", "lost_bad")
FUNNEL = (
    "prompts", "images", "gate_yes", "attempts", "soft", "pixels", "forward", "inverse", "composite", "survivors",
    "winners", "requests", "released", "seconds", "dollars",
    *(f"{stage}.{cell}" for stage in TRUTH for cell in CELLS),
)  # fmt: skip


class Counts:
    """Everything counted of one campaign ("": of all); `policies` (by id) decide before `bars`.

    `sample` has the columns FUNNEL and LADDER, `yields` those of YIELDS for each label of each axis. Memory is fixed,
    but for a hash of each prompt's name.
    """

    def __init__(self, bars: Bars, policies: Mapping[str, Bars] | None = None, campaign: str = "") -> None:
        self.campaign = campaign
        self.funnel = Funnel(bars, policies, campaign)
        self.sample = Sample(FUNNEL + LADDER)
        self.yields: dict[Axis, defaultdict[str, Sample]] = {axis: defaultdict(_labelled) for axis in AXES}
        self.campaigns: set[str] = set()
        self.policies: set[str] = set()
        self._prompts: set[str] = set()
        self._before = self._told()

    def add(self, events: Sequence[Event], triplets: Sequence[m.Triplet]) -> None:
        """Count one source: all its events, each once, and all its triplets."""
        for event in events:
            self.funnel.add(event)
        for triplet in triplets:
            self.funnel.add_triplet(triplet)
        told = self._told()
        values = {name: value - self._before[name] for name, value in told.items()} | ladder(events, self.funnel.bars)
        self._before = told
        subject = next(filter(None, map(m.subject_of, [*events, *triplets])), None)
        if subject is None:  # a source that failed before anything was known of it
            return
        values["prompts"] = self._new_prompt(subject) if values["images"] else 0
        group = group_of(subject.prompt_id)  # the same in every campaign, so that two can be compared prompt by prompt
        self.sample.add(group, values)
        for (axis, label), brought in yields(events, triplets, self.funnel.bars).items():
            self.yields[axis][label].add(group, brought)
        self.campaigns.add(subject.campaign)
        self.policies.update(event.job.policy_id for event in events if isinstance(event, m.JudgeVerdict))

    def _new_prompt(self, subject: m.Subject) -> bool:
        name = ids.digest(subject.campaign, subject.prompt_id)[:16]
        new = name not in self._prompts
        self._prompts.add(name)
        return new

    def _told(self) -> dict[str, float]:
        """The funnel's counters by column; prompts are counted here, since their sources come far apart."""
        funnel, spent = self.funnel, self.funnel.spending.values()
        return {
            "images": funnel.images, "gate_yes": funnel.gate_yes, "attempts": funnel.attempts, "soft": funnel.soft,
            "pixels": funnel.pixels, **funnel.judged, "survivors": funnel.survivors, "winners": funnel.winners,
            "requests": funnel.requests, "released": funnel.released, "seconds": sum(one.seconds for one in spent),
            "dollars": sum(one.cost_usd for one in spent),
            **{f"{stage}.{cell}": getattr(funnel.truth[stage], cell) for stage in TRUTH for cell in CELLS},
        }  # fmt: skip


def _labelled() -> Sample:
    return Sample(YIELDS)
