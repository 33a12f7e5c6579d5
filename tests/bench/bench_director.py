"""How many events a second the plan and the director take, on one core, in memory, among few and many ledgers."""

import random
import time

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.runtime.clock import SystemClock
from infra.runtime.tuning import tune
from schemas import codec, topics
from schemas.ports import Change, Delivery, Outgoing
from streams.director import Director
from streams.policies import Policies
from streams.rules import policy as policies
from streams.rules.facts import Ledger
from streams.rules.facts import encode as encode_ledger
from tests.property.world import World, history, source

SOURCES = 400
BATCH = 256


def lives(count: int) -> list[list[bytes]]:
    """Encoded events of `count` sources with four requests each under policy `paper`."""
    rng, paper = random.Random(0), policies.read("paper")
    told = []
    for number in range(count):
        events, _ = history(World(number, pass_rate=0.4, fail_rate=0.0), source(rng, 4), paper)
        told.append([codec.encode(event) for event in events])
    return told


def interleaved(told: list[list[bytes]], rng: random.Random) -> list[bytes]:
    """All events, each source's in order, sources mixed."""
    queues = [list(reversed(life)) for life in told]
    mixed = []
    while queues:
        at = rng.randrange(len(queues))
        mixed.append(queues[at].pop())
        if not queues[at]:
            queues[at] = queues[-1]
            queues.pop()
    return mixed


def events_per_second(events: list[bytes], ledgers_before: int) -> float:
    """The director's speed on `events`, after `ledgers_before` ledgers of other sources were stored."""
    blobs, ledgers = MemoryBlobs(), MemoryLedgers()
    known, paper = Policies(blobs), policies.read("paper")
    known.keep(paper)
    empty = encode_ledger(Ledger(paper.policy_id))
    ledgers.save([Change(f"other-{number}", empty, 0) for number in range(ledgers_before)])
    published: list[Outgoing] = []
    director = Director(ledgers, known, paper.policy_id, published.extend, SystemClock())
    started = time.process_time()
    for first in range(0, len(events), BATCH):
        chunk = events[first : first + BATCH]
        deliveries = [Delivery(topics.VERDICTS.name, 0, first + at, "", data, {}) for at, data in enumerate(chunk)]
        fold = director.begin(deliveries)
        director.step(fold)
        published.extend(director.finish(fold))
        director.settle(fold)
    return len(events) / (time.process_time() - started)


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    tune()
    events = interleaved(lives(SOURCES), random.Random(1))
    return [
        (f"director, {before + SOURCES:,} ledgers", f"{events_per_second(events, before):,.0f} events/s")
        for before in (100, 10_000, 100_000)
    ]


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:40} {measured}")


if __name__ == "__main__":
    main()
