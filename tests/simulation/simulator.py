"""The whole pipeline in one thread, on memory stores and null models, under a seeded scheduler and seeded faults.

Every handler is an actor, a process of its own, that yields between any two steps of the loop. The scheduler picks who
goes on; a crash throws an actor's memory away wherever it stands, its leases run out, and a new one takes its place. A
stalled actor (SIGSTOP) loses its leases and goes on later with what it had in hand. Stores crash their caller before or
after they act, and publish only the first part of a batch before that.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.backlog import Backlog
from infra.runtime.intake import Intake
from infra.runtime.patience import FuseBlown
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from infra.wiring import Crew, crew
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Delivery, Handler, Outgoing, Subscription
from streams import shelf
from streams.collector import Collector
from streams.director import Director
from streams.policies import Policies
from streams.recorder import Recorder
from streams.rules.facts import decode
from streams.rules.plan import plan
from streams.rules.policy import Policy
from tests.contract.clocks import FakeClock
from tests.simulation.faults import Crash, Faults, Fragile, FragileLedgers, Notes, in_hand
from tests.simulation.spoiling import Spoilt
from workers import roster

LEASE_S = 30.0
KEEP_S = 5.0
MOST_TURNS = 400_000
WAKING = 0.03  # how often those who found nothing to do look again, although others are busy

Make = Callable[[int], Handler[Any]]


@dataclass
class World:
    """What outlives crashes, and what is counted."""

    seed: int
    policy: Policy
    faults: Faults
    scenes: int = 2
    redrives: bool = False
    clock: FakeClock = field(default_factory=FakeClock)
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed) if self.faults.armed else None
        self.bus = MemoryBus(self.clock, LEASE_S, rng, self.faults.duplicates)
        self.kept = MemoryBlobs()
        self.blobs = Fragile(self.kept, self.faults)
        self.saved = MemoryLedgers()
        self.ledgers = FragileLedgers(self.saved, self.faults)
        self.cursors = FragileLedgers(MemoryLedgers(), self.faults)
        self.notes = Notes(MemoryLedgers(), self.faults)
        self.stop = threading.Event()
        self._given: set[tuple[str, int]] = set()
        self.crew: Crew = crew("null", {"gate": "null:yes=0.8", "prompter": "null"}, {})
        Policies(self.kept).keep(self.policy)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish, or only the first part and crash; sometimes a stranger's bytes go with it."""
        cut = self.faults.rng.randint(0, len(messages)) if messages else 0
        self.bus.publish(messages[:cut])
        self.faults.maybe()
        self.bus.publish(messages[cut:])
        if self.faults.happens("junk", self.faults.junk):
            self._litter()
        self.faults.maybe()

    def received(self, group: str, deliveries: Sequence[Delivery]) -> None:
        """Count what a group is given once more."""
        for delivery in deliveries:
            name = (group, delivery.offset)
            self.faults.counts["again"] += name in self._given
            self._given.add(name)

    def _litter(self) -> None:
        rng = self.faults.rng
        topic = rng.choice([topic for topic in topics.ALL if topic.groups])
        self.bus.publish([Outgoing(topic.name, "litter", rng.randbytes(rng.randint(0, 40)))])

    def stuck(self) -> int:
        """Jobs that nobody will answer: planned, unanswered, and nothing under way."""
        ledgers = self.saved.load(list(self.saved.names("open"))).values()
        waiting = sum(len(plan(decode(saved.data), self.policy).waiting) for saved in ledgers)
        return waiting + sum(lag.waiting + lag.in_flight for lag in self.bus.lag().values())


def makers(world: World, directors: int = 2, workers: int = 2) -> list[Make]:
    """How each handler of the pipeline is made, as after a restart, given its slot."""
    known = Policies(world.kept)

    def worker(kind: roster.Kind) -> Make:
        def make(slot: int) -> Handler[Any]:
            recipe, plugin = world.crew.plugin(kind.name)
            spoilt: Any = Spoilt(plugin, kind, world.faults, world.clock.now, world.asked, world.answered)
            note = in_hand(world.notes, str(slot))
            fresh = Pictures(world.blobs, 0)
            return Worker(kind, spoilt, recipe, world.blobs, fresh, world.clock, Metrics(), note, threads=0)

        return make

    made: list[Make] = [worker(kind) for kind in roster.KINDS.values() for _ in range(workers)]
    made += [
        lambda _slot: Director(world.ledgers, known, world.policy.policy_id, world.publish, world.clock)
        for _ in range(directors)
    ]
    made += [lambda _slot: Collector(world.blobs, world.clock), lambda _slot: Recorder(world.blobs, known)]
    return made


class Actor:
    """Lives of one handler in a slot, one after another."""

    def __init__(self, make: Make, slot: int, world: World) -> None:
        self._make, self._slot, self._world = make, slot, world
        self.stalled = False
        self.born()

    def born(self) -> None:
        """Begin a new life; the old one's leases run out."""
        self._subscription: Subscription | None = None
        self._life = self._live()

    def turn(self) -> bool:
        """One step; says whether there was anything to do."""
        return next(self._life)

    def keep(self) -> None:
        """Renew the leases, unless stalled."""
        if self._subscription is not None and not self.stalled:
            self._subscription.keep()

    def _live(self) -> Iterator[bool]:
        world = self._world
        handler = self._make(self._slot)
        handler.start()
        subscription = self._subscription = world.bus.subscribe(handler.topic.name, handler.group)
        while True:
            limit, due_s = handler.batch, handler.due_s
            deliveries = subscription.poll(world.faults.rng.randint(1, min(limit, 6)), 0.0) if limit else []
            world.received(handler.group, deliveries)
            due = due_s is not None and world.clock.monotonic() >= due_s
            yield bool(deliveries) or due
            if not deliveries and not due:
                continue
            work = handler.begin(deliveries)
            yield True
            handler.step(work)
            yield True
            outputs = handler.finish(work)
            yield True
            world.publish(outputs)
            yield True
            done = handler.settle(work)
            yield True
            for delivery in done:
                subscription.ack([delivery])
                yield True


def intake(world: World) -> None:
    """Bring the scenes in; crashes are survived by coming again."""
    while True:
        try:
            Intake(
                roster.prompter("null:requests=3"), "c", world.bus, Pictures(world.blobs, 0), world.cursors, world.stop,
                Backlog(world.bus, world.clock, 512), scenes=world.scenes,
            ).run()  # fmt: skip
        except Crash:
            world.faults.dying = world.faults.sheltered = False
        else:
            return


def quiet(world: World) -> bool:
    """Whether nothing is waiting and nothing in hand."""
    return not any(lag.waiting or lag.in_flight for lag in world.bus.lag().values())


def run(world: World, workers: int = 2) -> list[tuple[str, str]]:
    """Mine to the end, with what is parked asked again once if the world redrives; the shelf's fingerprint."""
    intake(world)
    actors = [Actor(make, slot, world) for slot, make in enumerate(makers(world, workers=workers))]
    settle(world, actors)
    if world.redrives:
        redrive(world)
        settle(world, actors)
    return shelf.fingerprint(world.kept)


def settle(world: World, actors: Sequence[Actor]) -> None:
    """Let them work until nothing is left to do."""
    awake = list(actors)
    rng = world.faults.rng
    for _ in range(MOST_TURNS):
        if not awake or rng.random() < WAKING:
            if not awake:
                if quiet(world) and not any(actor.stalled for actor in actors):
                    return
                _sleep(world, actors)
            awake = [actor for actor in actors if not actor.stalled]
        if not awake:
            continue
        at = rng.randrange(len(awake))
        actor = awake[at]
        if not _turn(actor, world):
            awake[at] = awake[-1]
            awake.pop()
    raise AssertionError(f"seed {world.seed}: not quiet after {MOST_TURNS} turns: {world.bus.lag()}")


def _turn(actor: Actor, world: World) -> bool:
    """One actor goes on, or dies, or stops; says whether it may go on next."""
    try:
        busy = actor.turn()
        world.faults.maybe()
    except (Crash, FuseBlown):
        world.faults.dying = world.faults.sheltered = False
        actor.born()
        return True
    if busy and world.faults.happens("stall", world.faults.stall):
        actor.stalled = True
        return False
    return busy


def _sleep(world: World, actors: Sequence[Actor]) -> None:
    """Time passes; those who live renew their leases, those who are stalled wake late."""
    if not world.faults.armed:
        world.clock.advance(KEEP_S)
    else:
        world.clock.advance(world.faults.rng.choice([0.0, 1.0, KEEP_S, KEEP_S, LEASE_S + 1.0]))
    for actor in actors:
        actor.keep()
        actor.stalled = actor.stalled and world.faults.rng.random() < 0.7


def redrive(world: World) -> None:
    """Ask everything that is parked again, as `nhr dlq redrive` does."""
    told: list[m.Redrive] = []
    for name, saved in world.saved.load(list(world.saved.names("open"))).items():
        planned = plan(decode(saved.data), world.policy)
        for job_id in planned.parked:
            retry = getattr(planned.messages[job_id](), "retry", 0) if job_id in planned.messages else 0
            told.append(m.Redrive(source_id=name, job_id=job_id, retry=retry + 1))
    world.bus.publish([codec.outgoing(event) for event in told])
