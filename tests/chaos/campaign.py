"""A made-up campaign's verdict events, and what a director must have made of them; seeded, for storms."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.runtime.clock import SystemClock
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Delivery, Ledgers, Outgoing, Saved
from streams.director import Director
from streams.policies import Policies
from streams.rules import policy as policies
from streams.rules.facts import Ledger, decode
from tests.property.world import World, history, source

POLICY = "paper"
PLAUSIBLE = 0.44
PASS_RATE = 0.43
FAIL_RATE = 0.02
OPEN = 64
"""Sources whose lives are told at the same time."""
PROMPT = "a wooden table by the window, a red cup and a book on it, soft light, wide shot. " * 3
BATCH = 256


@dataclass(frozen=True)
class Outcome:
    """What a director left behind: ledgers by source, and each message it published, named by its bytes."""

    ledgers: dict[str, Ledger]
    messages: frozenset[tuple[str, str, bytes]]


def director(ledgers: Ledgers, publish: object = None) -> Director:
    """A director under the campaign's policy."""
    known, paper = Policies(MemoryBlobs()), policies.read(POLICY)
    known.keep(paper)
    return Director(ledgers, known, paper.policy_id, publish or (lambda _: None), SystemClock())  # type: ignore[arg-type]


def events(seed: int, number: int) -> list[Outgoing]:
    """The first `number` events of the campaign, each source's in order, sources mixed as busy workers mix them."""
    return list(islice(_mixed(random.Random(seed)), number))


def _mixed(rng: random.Random) -> Iterator[Outgoing]:
    lives = _lives(rng)
    opened = [next(lives) for _ in range(OPEN)]
    while True:
        at = rng.randrange(OPEN)
        yield Outgoing(topics.VERDICTS.name, *opened[at].pop())
        if not opened[at]:
            opened[at] = next(lives)


def _lives(rng: random.Random) -> Iterator[list[tuple[str, bytes]]]:
    paper = policies.read(POLICY)
    for number in count():
        drawn = source(rng, rng.randint(2, 6), PROMPT)
        told: list[m.Message] = [m.GateVerdict(job=drawn, job_id=drawn.job_id, yes=False, reason="a hand of six")]
        if rng.random() < PLAUSIBLE:
            told, _ = history(World(number, PASS_RATE, FAIL_RATE), drawn, paper)
        yield [(topics.VERDICTS.key(event), codec.encode(event)) for event in reversed(told)]


def outcome(told: list[Outgoing]) -> Outcome:
    """What an undisturbed director makes of these events, in memory."""
    ledgers = MemoryLedgers()
    published: list[Outgoing] = []
    calm = director(ledgers, published.extend)
    for first in range(0, len(told), BATCH):
        chunk = told[first : first + BATCH]
        work = calm.begin([Delivery(e.topic, 0, first + at, e.key, e.value, {}) for at, e in enumerate(chunk)])
        calm.step(work)
        published.extend(calm.finish(work))
        calm.settle(work)
    return Outcome(read_ledgers(ledgers), frozenset((o.topic, o.key, bytes(o.value)) for o in published))


def read_ledgers(ledgers: Ledgers) -> dict[str, Ledger]:
    """Every ledger that is kept there, by source."""
    names = [*ledgers.names("open"), *ledgers.names("closed")]
    saved: dict[str, Saved] = {}
    for first in range(0, len(names), 1000):
        saved |= ledgers.load(names[first : first + 1000])
    return {name: decode(document.data) for name, document in saved.items()}
