"""The director: folds events into ledgers and publishes what the plan newly calls for.

Outputs before state before offset. A crash between any two of them replays events on old state, which calls for the
same messages by the same names.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from schemas import codec, headers, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import Undecodable
from schemas.ports import Change, Clock, Delivery, Ledgers, Outgoing
from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import Memo, plan

CACHED_LEDGERS = 512


@dataclass(slots=True)
class Known:
    """A ledger as last seen: its stored version, the names its plan calls for, the attempts already decided."""

    ledger: facts.Ledger
    version: int
    names: frozenset[str] = frozenset()
    memo: Memo = field(default_factory=dict)


@dataclass(slots=True)
class Fold:
    """A batch on its way through: events by source, what to publish, what to save, what was learnt.

    `carried` holds the headers that what comes of each source's events takes along from the first of them.
    """

    events: dict[str, list[Any]]
    deliveries: Sequence[Delivery] = ()
    carried: dict[str, Mapping[str, str]] = field(default_factory=dict)
    outputs: list[Outgoing] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    folded: dict[str, Known] = field(default_factory=dict)
    learnt: dict[str, list[Any]] = field(default_factory=dict)


class Director:
    """Handler of the verdicts topic; any number of them may run, compare-and-set keeps them from undoing each other.

    `observe` is told each event that taught something, once it is saved.
    """

    topic = topics.VERDICTS
    group = "director"
    batch = 256
    due_s = None
    linger_s = 0.02
    overlaps = False

    def __init__(
        self,
        ledgers: Ledgers,
        policies: Policies,
        policy_id: str,
        publish: Callable[[Sequence[Outgoing]], None],
        clock: Clock,
        observe: Callable[[Any], None] | None = None,
    ) -> None:
        self._ledgers = ledgers
        self._policies = policies
        self._policy_id = policy_id
        self._publish = publish
        self._clock = clock
        self._observe = observe
        self._cache: OrderedDict[str, Known] = OrderedDict()

    def start(self) -> None:
        """Nothing to load."""

    def begin(self, deliveries: Sequence[Delivery]) -> Fold:
        """Decode the batch and load its sources' ledgers."""
        fold = Fold({}, list(deliveries))
        came: list[tuple[Delivery, str, Any]] = []
        for delivery in deliveries:
            try:
                event = codec.decode(topics.VERDICTS, delivery.value)
            except Undecodable as error:
                fold.outputs.append(self._letter(delivery, "Undecodable", str(error)))
                continue
            came.append((delivery, topics.VERDICTS.key(event), event))
        self._load([source_id for _, source_id, _ in came])
        for delivery, source_id, event in came:
            if source_id not in self._cache and self._is_strange(policy_id := self._policy_of([event])):
                fold.outputs.append(self._letter(delivery, "Missing", f"policy {policy_id} is not kept here"))
                continue
            fold.events.setdefault(source_id, []).append(event)
            if source_id not in fold.carried:
                fold.carried[source_id] = headers.carried(delivery)
        return fold

    def step(self, work: Fold) -> None:
        """Fold every source's events into its ledger."""
        for source_id, events in work.events.items():
            self._fold(work, source_id, events)

    def finish(self, work: Fold) -> list[Outgoing]:
        """What the plans newly call for."""
        return work.outputs

    def settle(self, work: Fold) -> Sequence[Delivery]:
        """Save the ledgers; whoever lost a race reloads, folds and publishes again."""
        while lost := self._save(work):
            again = Fold({source_id: work.events[source_id] for source_id in lost}, carried=work.carried)
            self._load(list(again.events))
            self.step(again)
            self._publish(again.outputs)
            work.changes, work.folded = again.changes, again.folded
            work.learnt |= {source_id: again.learnt.get(source_id, []) for source_id in lost}
        if self._observe:
            for event in chain.from_iterable(work.learnt.values()):
                self._observe(event)
        return work.deliveries

    # --- inside -------------------------------------------------------------------------------------------------------

    def _is_strange(self, policy_id: str) -> bool:
        return policy_id != self._policy_id and not self._policies.has(policy_id)

    def _letter(self, delivery: Delivery, error: str, reason: str) -> Outgoing:
        return dead_letter(delivery, self.group, error, reason, at=self._clock.now())

    def _load(self, source_ids: Sequence[str]) -> None:
        unknown = [source_id for source_id in dict.fromkeys(source_ids) if source_id not in self._cache]
        for source_id, saved in self._ledgers.load(unknown).items():
            ledger = facts.decode(saved.data)
            memo: Memo = {}
            names = frozenset(plan(ledger, self._policies.get(ledger.policy_id), memo).messages)
            self._cache[source_id] = Known(ledger, saved.version, names, memo)

    def _fold(self, work: Fold, source_id: str, events: list[Any]) -> None:
        known = self._cache.pop(source_id, None)  # comes back when it is saved: a fold that is not must not be seen
        if known is None:
            if all(isinstance(event, m.GateVerdict) and not event.yes for event in events):
                work.learnt[source_id] = events[:1]
                return
            known = Known(facts.Ledger(self._policy_of(events)), 0)
        learnt = [event for event in events if known.ledger.add(event)]
        if not learnt:
            self._remember(source_id, known)
            return
        after = plan(known.ledger, self._policies.get(known.ledger.policy_id), known.memo)
        carried = work.carried.get(source_id, {})
        work.outputs.extend(
            codec.outgoing(build(), carried) for name, build in after.messages.items() if name not in known.names
        )
        work.changes.append(Change(source_id, facts.encode(known.ledger), known.version, after.closed))
        work.learnt[source_id] = learnt
        work.folded[source_id] = Known(known.ledger, known.version + 1, frozenset(after.messages), known.memo)

    def _save(self, work: Fold) -> frozenset[str]:
        lost = self._ledgers.save(work.changes) if work.changes else frozenset()
        for source_id, known in work.folded.items():
            if source_id not in lost:
                self._remember(source_id, known)
        return lost

    def _remember(self, source_id: str, known: Known) -> None:
        self._cache[source_id] = known
        self._cache.move_to_end(source_id)
        while len(self._cache) > CACHED_LEDGERS:
            self._cache.popitem(last=False)

    def _policy_of(self, events: Sequence[Any]) -> str:
        """The policy that the events' jobs were asked under; the gate's are asked under none, that is, this one's."""
        for event in events:
            job = getattr(event, "job", None)
            job = job.job if isinstance(job, m.Candidate) else job
            if isinstance(job, m.EditJob | m.JudgeJob | m.TextJob):
                return job.policy_id
        return self._policy_id
