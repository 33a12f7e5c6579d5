"""Whatever messages get lost between director and workers, sweeping brings the same triplets to the shelf."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from schemas import codec, topics
from schemas import messages as m
from streams import shelf
from streams.director import Director
from streams.policies import Policies
from streams.rules.policy import Policy
from streams.sweep import missing_triplets, unexplained
from tests.contract.clocks import FakeClock
from tests.property.world import World, history, policy, ref, source

MOST_SWEEPS = 400


class Lossy:
    """A director, with workers and a collector that lose a share of what they are sent; pictures are never lost."""

    def __init__(self, world: World, decided: Policy, rng: random.Random, loss: float) -> None:
        self.world, self.rng, self.loss = world, rng, loss
        self.bus, self.ledgers, self.blobs = MemoryBus(FakeClock()), MemoryLedgers(), MemoryBlobs()
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

    def work(self) -> bool:
        """Let everybody take a batch; says whether anybody had one."""
        busy = False
        for topic, group in self.groups.items():
            taken = group.poll(8, 0.0)
            busy = busy or bool(taken)
            if topic is topics.VERDICTS:
                fold = self.director.begin(taken)
                self.director.step(fold)
                self.bus.publish(self.director.finish(fold))
                self.director.settle(fold)
            else:
                for delivery in taken:
                    if self.rng.random() >= self.loss:
                        self._take(codec.decode(topic, delivery.value))
            group.ack(taken)
        return busy

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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]))
def test_what_gets_lost_is_brought_back_by_sweeping(seed: int, loss: float) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 3)), policy(rng)
    world = World(seed, pass_rate=0.7, fail_rate=0.1, redrive_rate=rng.random())
    _, messages = history(world, drawn, decided)
    wanted = {message.triplet_id for message in messages.values() if isinstance(message, m.Triplet)}
    assert Lossy(world, decided, rng, loss).mine(drawn) == wanted


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_where_nothing_is_lost_nothing_is_swept(seed: int) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 3)), policy(rng)
    lossless = Lossy(World(seed, fail_rate=0.1), decided, rng, 0.0)
    lossless.tell(*lossless.world.opened(drawn))
    while lossless.work():
        assert not list(unexplained(lossless.ledgers, lossless.policies, lossless.bus.lag()))
