"""A folder in memory with a director at work, and workers who give up jobs as the real ones do."""

from typing import Any

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.campaigns import CURRENT
from infra.deadletters.reading import Desk, Entry, Wanted, entries
from infra.deadletters.redriving import Step, redrive
from infra.ledgers.memory import MemoryLedgers
from schemas import codec, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.ports import Change, Delivery, Outgoing
from schemas.topics import Topic
from streams.director import Director
from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import Plan, plan
from streams.rules.policy import Policy
from tests.contract.clocks import FakeClock
from tests.unit.rules.telling import SOURCE_ID
from workers import answers, roster

KIND = {kind.takes: kind for kind in roster.KINDS.values()}


class Office:
    """The desk under test, and everybody else on the same bus."""

    def __init__(self, decided: Policy) -> None:
        self.clock = FakeClock()
        self.bus = MemoryBus(self.clock)
        self.desk = Desk(self.bus, MemoryLedgers(), MemoryLedgers(), MemoryBlobs())
        self.policies = Policies(self.desk.blobs)
        self.policies.keep(decided)
        self._director = Director(
            self.desk.ledgers, self.policies, decided.policy_id, self.bus.publish, clock=self.clock
        )
        self._read = {topic: self.bus.subscribe(topic.name, topic.groups[0]) for topic in topics.ALL if topic.groups}

    # --- what others do -----------------------------------------------------------------------------------------------

    def publish(self, *messages: m.Message) -> None:
        """Send messages to their topics, and let the director take the events among them."""
        self.bus.publish([codec.outgoing(message) for message in messages])
        self.direct()

    def direct(self) -> None:
        """Let the director take all the events there are."""
        taken = self._read[topics.VERDICTS].poll(256, 0.0)
        fold = self._director.begin(taken)
        self._director.step(fold)
        self.bus.publish(self._director.finish(fold))
        self._director.settle(fold)
        self._read[topics.VERDICTS].ack(taken)

    def taken(self, topic: Topic) -> list[Delivery]:
        """What the workers of a topic find there."""
        found = self._read[topic].poll(100, 0.0)
        self._read[topic].ack(found)
        return found

    def give_up(self, delivery: Delivery, error: str = "Reject", reason: str = "too hard") -> Any:
        """End a job as a worker does that cannot do it: a failure and a dead letter; gives the job."""
        kind = next(kind for topic, kind in KIND.items() if topic.name == delivery.topic)
        job = codec.decode(kind.takes, delivery.value)
        failure = answers.failed(kind, job, reason, "painter@1", m.Meter())
        letter = dead_letter(
            delivery, kind.name, error, reason, at=self.clock.now(), stage=kind.stage,
            job_id=answers.job_id(kind, job),
        )  # fmt: skip
        self.bus.publish([codec.outgoing(failure), letter])
        self.direct()
        return job

    def lose(self, topic: Topic, value: bytes, group: str, error: str, reason: str = "odd") -> None:
        """Put bytes aside that a group could not use."""
        delivery = Delivery(topic.name, 0, 0, SOURCE_ID, value, {"trace": "t"})
        self.bus.publish([dead_letter(delivery, group, error, reason, at=self.clock.now())])

    def give_up_all(self, topic: Topic, reason: str = "too hard") -> list[Any]:
        """End every job of a topic like this; gives the jobs."""
        return [self.give_up(delivery, reason=reason) for delivery in self.taken(topic)]

    def current(self, campaign: str) -> None:
        """Note the campaign that the folder is at."""
        self.desk.cursors.save([Change(CURRENT, campaign.encode(), 0)])

    # --- what the desk sees -------------------------------------------------------------------------------------------

    def states(self, wanted: Wanted = Wanted()) -> list[str]:  # noqa: B008 - frozen
        """How each letter stands."""
        return [entry.state for entry in self.entries(wanted)]

    def entries(self, wanted: Wanted = Wanted()) -> list[Entry]:  # noqa: B008 - frozen
        return list(entries(self.desk, wanted))

    def redrive(self, wanted: Wanted = Wanted(), **options: Any) -> list[Step]:  # noqa: B008 - frozen
        """Redrive, and let the director take what it is told."""
        steps = list(redrive(self.desk, wanted, **options))
        self.direct()
        return steps

    def stored(self, topic: Topic) -> list[Outgoing]:
        """All that was ever sent to a topic."""
        return [Outgoing(one.topic, one.key, one.value, one.headers) for one in self.bus.read(topic.name)]

    @property
    def ledger(self) -> facts.Ledger:
        return facts.decode(self.desk.ledgers.load([SOURCE_ID])[SOURCE_ID].data)

    @property
    def plan(self) -> Plan:
        return plan(self.ledger, self.policies.get(self.ledger.policy_id))
