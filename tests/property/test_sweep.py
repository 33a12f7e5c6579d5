"""Whatever messages get lost between director and workers, sweeping brings the same triplets to the shelf."""

import random
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Offsets, Outgoing
from streams import shelf
from streams.director import Director
from streams.policies import Policies
from streams.rules.policy import Policy
from streams.sweep import missing_triplets, unexplained
from streams.sweeper import MOST_TIMES, Sweeper
from tests.contract.clocks import FakeClock
from tests.property.world import World, history, policy, ref, source

MOST_SWEEPS = 400
MOST_LOOKS = 4000
WORKED = tuple(topic for topic in topics.ALL if topic.groups)


class CountedBus(MemoryBus):
    """A bus that knows how many messages each topic ever had."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.sent = Counter[str]()

    def publish(self, messages: Sequence[Outgoing]) -> None:
        super().publish(messages)
        self.sent.update(message.topic for message in messages)

    def offsets(self) -> Offsets:
        committed = {(topic.name, group): self.floors(topic.name, group) for topic in WORKED for group in topic.groups}
        return Offsets(committed, {topic.name: {0: self.sent[topic.name]} for topic in WORKED})


class Lossy:
    """A director, with workers and a collector that lose a share of what they are sent; pictures are never lost."""

    def __init__(self, world: World, decided: Policy, rng: random.Random, loss: float) -> None:
        self.world, self.rng, self.loss = world, rng, loss
        self.bus, self.ledgers, self.blobs = CountedBus(), MemoryLedgers(), MemoryBlobs()
        self.policies = Policies(self.blobs)
        self.policies.keep(decided)
        self.director = Director(self.ledgers, self.policies, decided.policy_id, self.bus.publish, clock=FakeClock())
        self.groups = {
            topic: self.bus.subscribe(topic.name, group)
            for topic in topics.ALL
            for group in topic.groups
            if group != "recorder"
        }

    def tell(self, *events: m.Message) -> None:
        self.bus.publish([codec.outgoing(event) for event in events])

    def work(self, share: float = 1.0) -> bool:
        """Let everybody, or a share of them, take a batch; says whether anybody had one."""
        busy = False
        for topic, group in self.groups.items():
            if self.rng.random() >= share:
                continue
            taken = group.poll(8, 0.0)
            busy = busy or bool(taken)
            if topic is topics.VERDICTS:
                fold = self.director.begin(taken)
                self.director.step(fold)
                self.bus.publish(self.director.finish(fold))
                self.director.settle(fold)
            else:
                for delivery in taken:
                    if not self.loses(delivery.value):
                        self._take(codec.decode(topic, delivery.value))
            group.ack(taken)
        return busy

    def loses(self, _message: bytes) -> bool:
        """Whether a message gets lost now."""
        return self.rng.random() < self.loss

    def sweep(self) -> int:
        """Send again what is missing; how many that were."""
        again = list(unexplained(self.ledgers, self.policies, self.bus.lag()))
        again += missing_triplets(self.ledgers, self.policies, self.blobs)
        self.bus.publish(again)
        return len(again)

    def _take(self, message: m.Message) -> None:
        if isinstance(message, m.Triplet):
            self.blobs.put(shelf.triplet_key(message.triplet_id), shelf.record_bytes(message))
            return
        if isinstance(message, m.EditJob):
            self.blobs.put(ref(message.job_id).key, b"a picture")
        self.tell(*self.world.answer(message))

    def mine(self, drawn: m.Source) -> set[str]:
        """From a source to the end, swept whenever nobody has anything to do; ids of the triplets."""
        self.blobs.put(drawn.subject.image.key, b"a picture")
        self.tell(*self.world.opened(drawn))
        for _ in range(MOST_SWEEPS):
            while self.work():
                pass
            if not self.sweep():
                return {triplet.triplet_id for triplet in shelf.triplets(self.blobs)}
        raise AssertionError("still something to sweep")


class Streaming(Lossy):
    """The same, looked at by a sweeper while it runs; each scene comes while others are under way."""

    def __init__(self, world: World, decided: Policy, rng: random.Random, loss: float) -> None:
        super().__init__(world, decided, rng, loss)
        self.sweeper, self.swept = Sweeper(self.ledgers, self.policies), 0
        self.lost = Counter[bytes]()

    def loses(self, message: bytes) -> bool:
        """Never more often than a sweeper takes for chance."""
        loses = self.lost[message] < MOST_TIMES and super().loses(message)
        self.lost[message] += loses
        return loses

    def look(self) -> None:
        again = list(self.sweeper.look(self.bus.offsets()))
        self.swept += len(again)
        self.bus.publish(again)

    def stream(self, drawn: Sequence[m.Source]) -> None:
        """From sources to the end: until no job has been waited for over many looks."""
        for one in drawn:
            self.blobs.put(one.subject.image.key, b"a picture")
            self.tell(*self.world.opened(one))
            for _ in range(self.rng.randint(0, 6)):
                self.work(share=0.5)
                if self.rng.random() < 0.3:
                    self.look()
        for _ in range(MOST_LOOKS):
            if not self.work(share=0.7) and not self.missing():
                return
            self.look()
        raise AssertionError("still something is waited for")

    def missing(self) -> bool:
        """Whether anything is lost that a sweep of a quiet pipeline would find."""
        lags = self.bus.lag()
        busy = any(lag.waiting for (_, group), lag in lags.items() if group != "recorder")
        return busy or next(unexplained(self.ledgers, self.policies, lags), None) is not None


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]))
def test_what_gets_lost_is_brought_back_by_sweeping(seed: int, loss: float) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 3)), policy(rng)
    world = World(seed, pass_rate=0.7, fail_rate=0.1, redrive_rate=rng.random())
    _, messages = history(world, drawn, decided)
    wanted = {message.triplet_id for message in messages.values() if isinstance(message, m.Triplet)}
    assert Lossy(world, decided, rng, loss).mine(drawn) == wanted


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_where_nothing_is_lost_nothing_is_swept(seed: int) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 3)), policy(rng)
    lossless = Lossy(World(seed, fail_rate=0.1), decided, rng, 0.0)
    lossless.tell(*lossless.world.opened(drawn))
    while lossless.work():
        assert not list(unexplained(lossless.ledgers, lossless.policies, lossless.bus.lag()))


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_where_nothing_is_lost_a_sweeper_sends_nothing_while_the_pipeline_runs(seed: int) -> None:
    rng = random.Random(seed)
    streaming = Streaming(World(seed, fail_rate=0.1), policy(rng), rng, 0.0)
    streaming.stream([source(rng, rng.randint(1, 3)) for _ in range(4)])
    assert streaming.swept == 0


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_what_gets_lost_is_brought_back_while_the_pipeline_runs(seed: int) -> None:
    rng = random.Random(seed)
    streaming = Streaming(World(seed, fail_rate=0.1), policy(rng), rng, 0.2)
    streaming.stream([source(rng, rng.randint(1, 3)) for _ in range(4)])
