"""Where topics and groups stood at one look at the brokers, each question asked once, and what follows from that."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from infra.bus.kafka_watch import First, Member, Place, Watch

SURE = 0.02
"""Share of an age that may be told too much."""
LEAST_S = 1.0
"""Seconds that may be told too much in any case."""

Since = Callable[[Sequence[Place], float], Mapping[Place, First]]
"""The first message of each partition that is not older than an instant, if any is."""


class GroupState(NamedTuple):
    """A consumer group: Kafka's word for its state, its members, how far it is behind.

    `waiting` counts messages not done, `done` those that are, ever; `oldest_s` is how many seconds ago the oldest of
    those that wait was published (0 where nothing waits).
    """

    topic: str
    group: str
    state: str
    members: tuple[Member, ...]
    waiting: int
    oldest_s: float
    done: int


@dataclass(frozen=True)
class Sight:
    """One look, all names as on the brokers: what groups committed, asked before where topics end and begin.

    `members` holds each group's state and who is in it.
    """

    brokers: int
    committed: Mapping[str, Mapping[Place, int]]
    ends: Mapping[Place, int]
    floors: Mapping[Place, int]
    members: Mapping[str, tuple[str, tuple[Member, ...]]]

    def next(self, topic: str, group: str) -> dict[Place, int]:
        """The first offset of each partition that the group is not done with; what is kept no more, it is done with."""
        own = self.committed.get(group, {})
        return {
            place: min(max(own.get(place, 0), self.floors[place]), end)  # retention may have gone on since
            for place, end in self.ends.items()
            if place[0] == topic
        }


def look(watch: Watch, topics: Sequence[str], groups: Sequence[str]) -> Sight:
    """Look now."""
    committed = watch.committed(groups)
    places = watch.places(topics)
    ends = watch.ends(places)
    return Sight(watch.brokers(), committed, ends, watch.floors(places), watch.members(groups))


def published(since: Since, left: Mapping[Place, int], known: float, now: float) -> float:
    """When the oldest of the messages that stand at the offsets `left` was published, Unix seconds.

    No message is read. Those of a partition stand in the order of their times (the brokers stamp them), so the first
    one not older than an instant stands behind `left` exactly where that one is older. Instants are halved by their
    age until it is known to within `SURE` or `LEAST_S`, and it is never told too young. `known` is what came of it last
    time, 0 at first: not much has changed since, so the steps away from it are small to begin with.
    """
    low, found = known, since(list(left), known)
    if _older(found, left):  # a group was put back, or retention removed some of these meanwhile
        low, found = 0.0, since(list(left), 0.0)
        left = {place: max(left[place], first.offset) for place, first in found.items()}
    at, high, best, places = low, now, math.inf, list(left)
    step = max(LEAST_S, (now - low) * SURE / (1 + SURE)) if low else math.inf
    while places:
        older = _older(found, {place: left[place] for place in places})
        if older:
            high, places = min(high, at), older
        else:
            met = [found[place].at for place in places if found[place].offset == left[place]]
            low, best = at, min(met, default=math.inf)
            high = min(high, best)
            if len(met) == len(places):
                return best
        if high - low <= max(LEAST_S, SURE * (now - high)):
            return low
        middle = now - math.sqrt((now - low) * max(now - high, LEAST_S / 2))
        at, step = min(middle, low + step), 2 * step
        found = since(places, at)
    return now


def _older(found: Mapping[Place, First], left: Mapping[Place, int]) -> list[Place]:
    """Where what stands there is older than the instant that was asked about."""
    return [place for place, offset in left.items() if place not in found or found[place].offset > offset]
