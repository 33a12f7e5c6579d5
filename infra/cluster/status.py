"""How the cluster stands: groups, processes, funnel, ledgers; asked of Kafka and S3 without disturbing anybody."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.cluster.beat import Beat, beats
from infra.runtime import control
from infra.settings import Settings
from infra.wiring import Cluster
from schemas import topics
from schemas.deadletters import read_letter
from streams import rates
from streams.rates import Rates

if TYPE_CHECKING:
    from infra.bus.kafka import KafkaBus
    from infra.bus.kafka_sight import GroupState

LAGGING_S = 9 * 86400.0
"""30 % of the 30 days for which work topics are kept."""
LETTERS_AT_ONCE = 1000


@dataclass(frozen=True)
class GroupStatus:
    """A consumer group: `waiting` messages not done, the oldest published `oldest_s` seconds ago; `rate` done a second.

    `p50_s` and `p95_s` are seconds of its latest steps, in the slowest process; `troubles` is what its processes say.
    """

    group: str
    topic: str
    state: str
    members: int
    waiting: int
    oldest_s: float
    rate: float | None
    p50_s: float | None
    p95_s: float | None
    jobs: Mapping[str, int]
    troubles: Sequence[str]
    paused: bool


@dataclass(frozen=True)
class ClusterStatus:
    """Everything that `nhr status` tells of a cluster; `sent` counts messages by topic, `rates` may be empty.

    `lately` counts the triplets of each of its windows.
    """

    at: float
    where: str
    groups: Sequence[GroupStatus]
    processes: Sequence[Beat]
    paused: frozenset[str]
    sent: Mapping[str, int]
    open: int
    oldest_open_s: float | None
    dead_letters: Mapping[str, int]
    rates: Rates
    lately: Mapping[str, int]

    def warnings(self) -> list[str]:
        """What somebody should look after."""
        found = [f"{stage} is paused (nhr resume {stage})" for stage in sorted(self.paused)]
        for one in self.groups:
            found += one.troubles
            if one.waiting and not one.members:
                found.append(f"{one.group}: {one.waiting:,} messages wait and nobody is at work")
            if one.oldest_s > LAGGING_S:
                found.append(
                    f"{one.group}: the oldest message is {one.oldest_s / 86400:.0f} days old, of 30 it is kept"
                )
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "at": round(self.at, 3), "where": self.where,
            "groups": {one.group: _plain(one) for one in self.groups},
            "processes": [beat.model_dump(mode="json") for beat in self.processes],
            "paused": sorted(self.paused),
            "ledgers": {"open": self.open, "oldest_s": self.oldest_open_s},
            "dead_letters": dict(self.dead_letters),
            "funnel": self.funnel(), "rates": [_row(stage, self.rates) for stage in RATED],
            "spent": {window.name: self.spent(window.name) for window in rates.WINDOWS}, "warnings": self.warnings(),
        }  # fmt: skip

    def spent(self, window: str) -> dict[str, Any]:
        """What the answers of that time took, by stage and for each triplet of that time, in US dollars."""
        stages = {
            stage: count for stage, count in self.rates.spent(window).items() if count.tokens or count.microdollars
        }
        dollars, triplets = self.rates.usd(window), self.lately.get(window, 0)
        return {
            "triplets": triplets, "usd": dollars, "usd_a_triplet": dollars / triplets if triplets else None,
            "tokens": sum(count.tokens for count in stages.values()),
            "stages": {stage: count.microdollars / 1e6 for stage, count in stages.items()},
        }  # fmt: skip

    def funnel(self) -> dict[str, int]:
        """Messages by what they tell; what came again after a crash counts again."""
        return {name: self.sent[topic.name] for name, topic in FUNNEL.items()}


FUNNEL: Mapping[str, topics.Topic] = {
    "prompts": topics.PROMPTS, "sources": topics.SOURCES, "edit jobs": topics.EDIT_JOBS, "edits": topics.CANDIDATES,
    "judge jobs": topics.JUDGE_JOBS, "triplets": topics.TRIPLETS,
}  # fmt: skip
RATED = ("gate", "screen", "judge", "inverse", "composite")


def where(settings: Settings) -> str:
    """Which cluster that is, for people."""
    return f"{settings.kafka} · {settings.s3}/{settings.s3_bucket}"


def _plain(one: GroupStatus) -> dict[str, Any]:
    return {**vars(one), "jobs": dict(one.jobs), "troubles": list(one.troubles)}


def _row(stage: str, told: Rates) -> dict[str, Any]:
    return {"stage": stage} | {window.name: told.acceptance(window.name, stage) for window in rates.WINDOWS}


@dataclass
class Observer:
    """Looks at a cluster again and again; rates are those since the look before."""

    stores: Cluster
    where: str
    _before: tuple[float, Mapping[str, int]] | None = None
    _letters: Counter[str] = field(default_factory=Counter)
    _next_letter: int = 0

    def look(self) -> ClusterStatus:
        """How it stands now."""
        now = time.time()
        sight = self.stores.bus.sight()
        states, sent = self.stores.bus.states(sight), self.stores.bus.sent(sight)
        processes = beats(self.stores.beats, now)
        paused = control.paused(self.stores.cursors)
        done = {one.group: one.done for one in states}
        opened, oldest = self.stores.ledgers.opened()
        groups = [self._group(one, processes, paused, now, done) for one in states]
        self._before = now, done
        return ClusterStatus(
            at=now, where=self.where, groups=groups, processes=processes, paused=paused, sent=sent,
            open=opened, oldest_open_s=None if oldest is None else max(0.0, now - oldest),
            dead_letters=self._dead_letters(), rates=rates.read(self.stores.cursors),
            lately=lately(self.stores.bus, now),
        )  # fmt: skip

    def _group(
        self,
        state: "GroupState",
        processes: Sequence[Beat],
        paused: frozenset[str],
        now: float,
        done: Mapping[str, int],
    ) -> GroupStatus:
        own = [beat for beat in processes if beat.role == state.group]
        rate = None
        if self._before is not None and now > self._before[0]:
            rate = max(0.0, (done[state.group] - self._before[1][state.group]) / (now - self._before[0]))
        jobs: Counter[str] = Counter()
        for beat in own:
            jobs.update(beat.jobs)
        return GroupStatus(
            group=state.group, topic=state.topic, state=state.state, members=len(state.members),
            waiting=state.waiting, oldest_s=state.oldest_s, rate=rate,
            p50_s=_slowest([beat.p50_s for beat in own]), p95_s=_slowest([beat.p95_s for beat in own]), jobs=jobs,
            troubles=list(dict.fromkeys(beat.trouble for beat in own if beat.trouble)), paused=state.group in paused,
        )  # fmt: skip

    def _dead_letters(self) -> Mapping[str, int]:
        """By consumer group; each letter is read once."""
        while page := self.stores.bus.read(topics.DEAD_LETTERS.name, self._next_letter, LETTERS_AT_ONCE):
            for delivery in page:
                self._letters[read_letter(delivery).group] += 1
            self._next_letter = page[-1].offset + 1
        return dict(sorted(self._letters.items()))


def lately(bus: "KafkaBus", now: float) -> dict[str, int]:
    """The triplets of each window of the rates; those that came again after a crash count again."""
    return {window.name: bus.since(topics.TRIPLETS.name, window.first(now)) for window in rates.WINDOWS}


def _slowest(times: Sequence[float | None]) -> float | None:
    return max((one for one in times if one is not None), default=None)
