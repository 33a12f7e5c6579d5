"""The laws of the plan, over drawn sources, policies and answers."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas import messages as m
from streams.rules.facts import Ledger, decode, encode
from streams.rules.plan import plan, ring_pairs
from streams.rules.policy import Policy
from tests.property.world import World, history, policy, source

LIVES = settings(max_examples=150)


def life(seed: int, fail_rate: float = 0.1) -> tuple[m.Source, Policy, list[m.Message], dict[str, m.Message]]:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 4)), policy(rng)
    world = World(seed, pass_rate=rng.choice([0.3, 0.6, 0.9]), fail_rate=fail_rate, redrive_rate=rng.random())
    return drawn, decided, *history(world, drawn, decided)


def told(events: list[m.Message], decided: Policy) -> Ledger:
    ledger = Ledger(decided.policy_id)
    for event in events:
        ledger.add(event)
    return ledger


@LIVES
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_plan_depends_on_the_set_of_answers_only(seed: int, order: random.Random) -> None:
    _, decided, events, messages = life(seed)
    shuffled = events * 2
    order.shuffle(shuffled)
    built = {name: build() for name, build in plan(told(shuffled, decided), decided).messages.items()}
    assert built == messages


@LIVES
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_a_further_answer_never_removes_a_message(seed: int, order: random.Random) -> None:
    _, decided, events, _ = life(seed)
    order.shuffle(events)
    ledger, before = Ledger(decided.policy_id), frozenset[str]()
    for event in events:
        ledger.add(event)
        after = frozenset(plan(ledger, decided).messages)
        assert before <= after
        before = after


@LIVES
@given(st.integers(0, 2**32))
def test_once_every_message_is_answered_nothing_is_waited_for(seed: int) -> None:
    _, decided, events, _ = life(seed)
    assert plan(told(events, decided), decided).waiting == {}


@LIVES
@given(st.integers(0, 2**32))
def test_without_failures_every_life_closes(seed: int) -> None:
    _, decided, events, _ = life(seed, fail_rate=0.0)
    assert plan(told(events, decided), decided).closed


@LIVES
@given(st.integers(0, 2**32))
def test_a_request_has_at_most_one_winner(seed: int) -> None:
    _, _, _, messages = life(seed)
    triplets = [message for message in messages.values() if isinstance(message, m.Triplet)]
    winners = {(edit.request_id, edit.attempt) for triplet in triplets for edit in triplet.edits}
    assert len({request for request, _ in winners}) == len(winners)


@LIVES
@given(st.integers(0, 2**32))
def test_attempts_and_composites_stay_within_the_policys_caps(seed: int) -> None:
    drawn, decided, _, messages = life(seed)
    edits = [message for message in messages.values() if isinstance(message, m.EditJob)]
    pairs = [t for t in messages.values() if isinstance(t, m.TextJob) and t.task == "composite" and not t.retry]
    assert len(edits) <= len(drawn.requests) * sum(decided.waves)
    assert len(pairs) <= len(drawn.requests) * decided.composition.neighbours


@LIVES
@given(st.integers(0, 2**32))
def test_a_dropped_forward_triplet_takes_its_inverse_along(seed: int) -> None:
    _, _, _, messages = life(seed, fail_rate=0.0)
    by_kind = {
        kind: {t.edits[0].request_id for t in messages.values() if isinstance(t, m.Triplet) and t.kind == kind}
        for kind in ("forward", "inverse")
    }
    assert by_kind["inverse"] <= by_kind["forward"]


@LIVES
@given(st.integers(0, 2**32))
def test_a_ledger_survives_being_stored(seed: int) -> None:
    _, decided, events, _ = life(seed)
    ledger = told(events, decided)
    again = decode(encode(ledger))
    assert (again.policy_id, again.source, again.answers) == (ledger.policy_id, ledger.source, ledger.answers)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_every_message_of_a_source_with_the_longest_texts_stays_under_64_kib(seed: int) -> None:
    rng = random.Random(seed)
    plain = source(rng, 1, "界" * (4096 // 3))
    asked = tuple(
        m.Request(instruction=f"{n:02}" + "界" * 340, operation="remove", effect="e" * 512) for n in range(32)
    )
    drawn = m.Source(subject=plain.subject, requests=asked)
    events, messages = history(World(seed, 0.9, 0.05), drawn, policy(rng))
    assert max(len(codec.encode(message)) for message in (*events, *messages.values())) <= m.MAX_MESSAGE_BYTES


@given(st.integers(0, 40), st.integers(1, 16))
def test_ring_pairs_hold_each_unordered_pair_once(count: int, neighbours: int) -> None:
    pairs = ring_pairs(count, neighbours)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(i != j for i, j in pairs)
    assert len(pairs) <= count * neighbours
