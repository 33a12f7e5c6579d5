"""Whatever lies on a topic, no handler fails on it: it is answered or buried, and what lies beside it is answered."""

import random

import pytest

from schemas.ports import Delivery
from schemas.topics import ALL, Topic
from tests.fuzz import world
from tests.fuzz.cases import chances
from tests.fuzz.mutating import fuzzed_msgpack
from tests.fuzz.world import ANY, GOOD, World

READ = [topic for topic in ALL if topic.groups]
BATCH = 6


def fuzzed(rng: random.Random, topic: Topic) -> bytes:
    """Bytes on a topic: damaged messages of its own, or whole ones of another."""
    if rng.random() < 0.1:
        return rng.choice(ANY)
    return fuzzed_msgpack(rng, rng.choice(GOOD[topic.name]), rng.choice(ANY))


@pytest.mark.parametrize("topic", READ, ids=lambda topic: topic.name)
def test_fuzzed_bytes_are_answered_or_buried_and_harm_nothing_beside_them(topic: Topic) -> None:
    for seed, rng in chances(topic.name, 0.08 / BATCH):
        values = [fuzzed(rng, topic) for _ in range(BATCH)] + [rng.choice(GOOD[topic.name])]
        rng.shuffle(values)
        batch = world.delivered(topic, values)
        try:
            through(rng, topic, batch)
        except Exception as error:
            raise AssertionError(f"{seed}: {type(error).__name__}: {error}") from error


SCENES = 2
MESSAGES = 110
"""About so many messages has a campaign of that size, and as much rubbish beside them."""


def test_a_campaign_among_rubbish_that_nobody_can_read_ends_with_the_same_shelf() -> None:
    for seed, rng in chances("rubbish", 0.1 / MESSAGES):
        policy = rng.randrange(1 << 30)

        def rubbish(topic: Topic, value: bytes, rng: random.Random = rng) -> list[bytes]:
            made = fuzzed_msgpack(rng, value, rng.choice(ANY))
            return [made] if world.understood(topic, made) is None else []

        undisturbed = World(random.Random(policy)).mine(SCENES, lambda _topic, _value: [])
        assert World(random.Random(policy)).mine(SCENES, rubbish) == undisturbed != [], seed


def test_a_campaign_among_anything_at_all_comes_to_an_end() -> None:
    for seed, rng in chances("anything", 0.1 / MESSAGES):
        place = World(rng)

        def anything(topic: Topic, value: bytes, rng: random.Random = rng) -> list[bytes]:
            return [fuzzed_msgpack(rng, value, rng.choice(ANY))] if rng.random() < 0.5 else []

        try:
            place.mine(SCENES, anything)
        except Exception as error:
            raise AssertionError(f"{seed}: {type(error).__name__}: {error}") from error


def through(rng: random.Random, topic: Topic, batch: list[Delivery]) -> None:
    """The batch through every handler of the topic; then again, for everything is delivered at least once."""
    place = World(rng)
    for handler in place.handlers(topic):
        handler.start()
        for _ in range(2):
            outputs = world.take(handler, batch)
            world.check(handler, batch, outputs, place.blobs)
