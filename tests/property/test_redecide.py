"""Redeciding, over drawn sources and policies: it agrees with what was mined, and with mining anew."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import ids
from schemas import messages as m
from streams.records import Event
from streams.redeciding.answers import question, renamed
from streams.redeciding.fold import Redecided, redecide
from streams.rules.plan import plan
from streams.rules.policy import Policy
from tests.property.world import World, history, policy, source

LIVES = settings(max_examples=150)


class Steady(World):
    """A world that answers the question, whatever the policy that asks calls it."""

    def answer(self, message: m.Message) -> list[m.Message]:
        if isinstance(message, m.Source | m.Triplet):
            return super().answer(message)
        told: list[m.Message] = []
        for event in super().answer(_unnamed(message)):
            if isinstance(event, m.Redrive):
                (failure,) = told
                assert isinstance(failure, m.Failure)
                told.append(event.model_copy(update={"job_id": failure.job_id}))
            else:
                told.append(renamed(event, message))  # type: ignore[arg-type]
        return told


def _unnamed(message: m.Message) -> m.Message:
    if isinstance(message, m.Candidate):
        return message.model_copy(update={"job": _unnamed(message.job)})
    name = ids.digest(*question(message), getattr(message, "retry", 0))
    return message.model_copy(update={"job_id": name, "policy_id": ""})


def life(seed: int) -> tuple[World, m.Source, Policy, list[Event], dict[str, m.Triplet]]:
    """A source mined to the end: its events and its triplets."""
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 4)), policy(rng)
    world = Steady(seed, rng.choice([0.3, 0.6, 0.9]), fail_rate=rng.choice([0.0, 0.1]), redrive_rate=rng.random())
    events, messages = history(world, drawn, decided)
    return world, drawn, decided, events, released(messages)  # type: ignore[return-value]


def released(messages: dict[str, m.Message]) -> dict[str, m.Triplet]:
    return {name: message for name, message in messages.items() if isinstance(message, m.Triplet)}


def under(other: Policy, drawn: m.Source, events: list[Event], decided: Policy) -> Redecided:
    return redecide(drawn.subject.source_id, events, other, {decided.policy_id: decided})


@LIVES
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_under_the_same_policy_everything_is_as_it_was_in_any_order(seed: int, order: random.Random) -> None:
    _, drawn, decided, events, triplets = life(seed)
    order.shuffle(events)
    now = under(decided, drawn, events, decided)
    assert now.triplets == triplets
    assert now.undecided == ()


@LIVES
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_answering_just_what_is_undecided_comes_to_what_mining_anew_would(seed: int, other_seed: int) -> None:
    world, drawn, decided, events, _ = life(seed)
    other = policy(random.Random(other_seed))
    now = under(other, drawn, events, decided)
    _, anew = history(world, drawn, other)
    assert finished(world, now, other) == released(anew)


@LIVES
@given(st.integers(0, 2**32), st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_another_policy_decides_alike_whatever_the_order(seed: int, other_seed: int, order: random.Random) -> None:
    _, drawn, decided, events, _ = life(seed)
    other = policy(random.Random(other_seed))
    before = under(other, drawn, events, decided)
    order.shuffle(events)
    after = under(other, drawn, events, decided)
    assert (after.triplets, set(map(repr, after.undecided))) == (before.triplets, set(map(repr, before.undecided)))


@LIVES
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_redeciding_what_was_redecided_brings_the_first_policys_triplets_that_are_settled(
    seed: int, other_seed: int
) -> None:
    _, drawn, decided, events, triplets = life(seed)
    other = policy(random.Random(other_seed))
    there = under(other, drawn, events, decided)
    back = under(decided, drawn, list(there.events), other)
    assert back.triplets.items() <= triplets.items()
    assert all(triplet.triplet_id in back.triplets or back.holding_up(triplet) for triplet in triplets.values())


def finished(world: World, now: Redecided, decided: Policy) -> dict[str, m.Triplet]:
    """The triplets, once a director that goes on from there has every job answered."""
    seen = set(plan(now.ledger, decided).messages)
    waiting = list(now.undecided)
    while waiting:
        for message in waiting:
            for event in world.answer(message):
                now.ledger.add(event)
        planned = plan(now.ledger, decided).messages
        waiting = [planned[name]() for name in planned.keys() - seen]
        seen |= planned.keys()
    return released({name: build() for name, build in plan(now.ledger, decided).messages.items()})
