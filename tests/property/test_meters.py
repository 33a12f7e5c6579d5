"""What answers and pictures took decides nothing: no name, no ledger, no job and nothing on the shelf knows of it."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import messages as m
from streams.rules.facts import Ledger, encode
from streams.rules.plan import plan
from tests.property.world import World, history, policy, source


def metered(message: m.Message, rng: random.Random) -> m.Message:
    """The message with another meter wherever one is, within it too."""
    parts = {name: metered(part, rng) for name, part in message if isinstance(part, m.Message)}
    if "meter" in parts:
        parts["meter"] = m.Meter(
            seconds=rng.random(), tokens_in=rng.randrange(9), cost_usd=rng.random(), at=rng.random(), machine="host"
        )
    return message.model_copy(update=parts)


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_meters_decide_nothing(seed: int) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 4)), policy(rng)
    events, messages = history(World(seed, pass_rate=0.9, fail_rate=0.1), drawn, decided)
    plain, ledger = Ledger(decided.policy_id), Ledger(decided.policy_id)
    for event in events:
        plain.add(event)
        ledger.add(metered(event, rng))
    built = {name: build() for name, build in plan(ledger, decided).messages.items()}
    assert encode(ledger) == encode(plain)
    assert built == messages  # triplets, whose records on the shelf are made of nothing else, are among them
