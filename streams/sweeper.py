"""The sweeper: a sweep while the pipeline runs, which tells what was lost from what is only under way.

Nothing is ever quiet there, so lag alone explains everything. But offsets only grow: what was published before a look
lies below the ends that the look saw, and a group that has committed up to there is done with all of it. So a mark is
carried along each way from a job's topic to the director, from one look to the next. Once it has arrived, whatever was
published before the mark set out has been answered, and the answer is in its ledger. A job that is still waited for was
lost. No clock is read: those of the machines may differ.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Ledgers, Offsets, Outgoing
from schemas.topics import Topic
from streams.parked import parked
from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import plan
from streams.sweep import AT_ONCE, WAYS

MOST_TIMES = 3
"""How often the jobs of a ledger that learns nothing are sent again: then it is not chance that loses their answers."""

Way = tuple[Topic, ...]

log = logging.getLogger(__name__)


@dataclass
class _Mark:
    """A mark on its way: when it set out, how many topics it has passed, the ends that it waits for in the next."""

    since: int
    passed: int
    ends: Mapping[int, int]


@dataclass
class Passage:
    """How far marks have come, look by look; `answered[way]` is the latest look before which all of it is answered."""

    answered: dict[Way, int] = field(default_factory=dict)
    _marks: dict[Way, _Mark] = field(default_factory=dict)

    def look(self, number: int, offsets: Offsets) -> None:
        """Carry every mark on; one that has arrived sets out anew."""
        for way in {(*topics_, topics.VERDICTS) for topics_ in WAYS.values()}:
            mark = self._marks.setdefault(way, _Mark(number, 0, offsets.ends[way[0].name]))
            while mark.passed < len(way) and offsets.done(way[mark.passed].name, _group(way[mark.passed]), mark.ends):
                mark.passed += 1
                if mark.passed < len(way):
                    mark.ends = offsets.ends[way[mark.passed].name]
            if mark.passed == len(way):
                self.answered[way] = mark.since
                self._marks[way] = _Mark(number, 0, offsets.ends[way[0].name])


def _group(topic: Topic) -> str:
    """The group on the way to the director."""
    return topic.groups[0]


@dataclass
class _Seen:
    """A ledger as last seen: its version (0: only listed), the look after which, how often its jobs were sent again.

    `parked` are the stages of the failures that hold its requests up.
    """

    version: int
    look: int
    times: int = 0
    parked: tuple[str, ...] = ()


class Sweeper:
    """Looks at the open ledgers now and then, and gives the messages that were lost.

    Memory grows with the open ledgers alone. Two sweepers do no harm: what is sent twice has one answer.
    """

    def __init__(self, ledgers: Ledgers, policies: Policies) -> None:
        self._ledgers, self._policies = ledgers, policies
        self._passage = Passage()
        self._seen: dict[str, _Seen] = {}
        self._looks = 0

    def look(self, offsets: Offsets) -> Iterator[Outgoing]:
        """The messages to send again, by offsets read just now: before the ledgers are."""
        self._looks += 1
        self._passage.look(self._looks, offsets)
        listed = list(self._ledgers.names("open"))
        before = self._seen
        self._seen = {name: before.get(name) or _Seen(0, self._looks) for name in listed}
        known = iter([name for name in listed if name in before])  # most are closed before they are met a second time
        while batch := list(islice(known, AT_ONCE)):
            for name, saved in self._ledgers.load(batch).items():
                seen = self._seen[name]
                ledger = facts.decode(saved.data)
                if saved.version != seen.version:
                    self._seen[name] = _Seen(saved.version, self._looks, parked=parked(ledger, self._policies))
                else:
                    yield from self._lost(name, ledger, seen)

    @property
    def parked(self) -> Counter[str]:
        """How many requests failures hold up, by stage, as of the latest look.

        Counted in passing, of ledgers that have been open for two looks: what is parked stays open much longer.
        """
        return Counter(stage for seen in self._seen.values() for stage in seen.parked)

    def _lost(self, name: str, ledger: facts.Ledger, seen: _Seen) -> Iterator[Outgoing]:
        """What is waited for though its way is answered; the ledger is then given as much time again."""
        planned = plan(ledger, self._policies.get(ledger.policy_id))
        found = [planned.messages[job]() for job in dict.fromkeys(planned.waiting.values()) if job]
        lost = [message for message in found if self._answered(message) > seen.look]
        if not lost:
            return
        if seen.times == MOST_TIMES:
            log.warning("%s: %d jobs get no answer, however often they are sent", name, len(lost))
        self._seen[name] = _Seen(seen.version, self._looks, seen.times + 1, seen.parked)
        if seen.times < MOST_TIMES:
            yield from map(codec.outgoing, lost)

    def _answered(self, message: m.Message) -> int:
        way: Sequence[Topic] = WAYS[type(message)]
        return self._passage.answered.get((*way, topics.VERDICTS), 0)
