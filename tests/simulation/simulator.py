"""The whole pipeline in one thread, on memory stores and null models, under a seeded scheduler and seeded faults.

Every handler is an actor that yields between any two steps of the loop. The scheduler picks who goes on; a crash
throws an actor's memory away wherever it stands, its leases run out, and a new one takes its place. Stores crash
their caller before or after they act, and publish only the first part of a batch before that.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.intake import Intake
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from infra.wiring import Crew, crew
from schemas.errors import Reject
from schemas.ports import Blobs, Change, Handler, Outgoing, Saved
from streams import shelf
from streams.collector import Collector
from streams.director import Director
from streams.policies import Policies
from streams.recorder import Recorder
from streams.rules import policy as policies
from streams.rules.policy import Policy, Texts
from tests.contract.clocks import FakeClock
from workers import odds, roster
from workers.plugin import PlugIn

LEASE_S = 30.0
MOST_TURNS = 200_000
WAKING = 0.03  # how often those who found nothing to do look again, although others are busy


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Faults:
    """How often what goes wrong, of every store operation or turn; and which jobs are rejected."""

    rng: random.Random
    crash: float = 0.0
    duplicates: float = 0.0
    reject: float = 0.0
    armed: bool = True

    def maybe(self) -> None:
        """Crash the caller, sometimes."""
        if self.armed and self.rng.random() < self.crash:
            raise Crash


class Fragile:
    """Blobs that crash their caller before or after they act."""

    def __init__(self, inner: Blobs, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def put(self, key: str, data: bytes) -> bool:
        self._faults.maybe()
        created = self._inner.put(key, data)
        self._faults.maybe()
        return created

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def get(self, key: str) -> bytes:
        self._faults.maybe()
        return self._inner.get(key)

    def has(self, key: str) -> bool:
        return self._inner.has(key)

    def copy(self, source: str, key: str) -> bool:
        self._faults.maybe()
        created = self._inner.copy(source, key)
        self._faults.maybe()
        return created

    def list(self, prefix: str) -> Iterator[str]:
        return self._inner.list(prefix)

    def delete(self, key: str) -> None:
        self._inner.delete(key)


class FragileLedgers:
    """Ledgers that crash their caller before or after they act, and save only some of a batch before that."""

    def __init__(self, inner: MemoryLedgers, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        return self._inner.load(names)

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        lost: set[str] = set()
        for change in changes:
            self._faults.maybe()
            lost |= self._inner.save([change])
        self._faults.maybe()
        return frozenset(lost)

    def names(self, state: Any) -> Iterator[str]:
        return self._inner.names(state)

    def count(self, state: Any) -> int:
        return self._inner.count(state)


@dataclass
class World:
    """What outlives crashes, and what is counted."""

    seed: int
    policy: Policy
    faults: Faults
    scenes: int = 3
    clock: FakeClock = field(default_factory=FakeClock)
    steps: dict[str, int] = field(default_factory=dict)
    crashes: int = 0

    def __post_init__(self) -> None:
        rng = random.Random(self.seed) if self.faults.armed else None
        self.bus = MemoryBus(self.clock, LEASE_S, rng, self.faults.duplicates)
        self.kept = MemoryBlobs()
        self.blobs = Fragile(self.kept, self.faults)
        self.saved = MemoryLedgers()
        self.ledgers = FragileLedgers(self.saved, self.faults)
        self.cursors = FragileLedgers(MemoryLedgers(), self.faults)
        self.stop = threading.Event()
        self.crew: Crew = crew("null", {"gate": "null:yes=0.8", "prompter": "null"}, {})
        Policies(self.kept).keep(self.policy)

    def in_hand(self) -> InHand:
        """The note of jobs in hand; the simulator's processes share nothing but the stores."""
        return InHand(MemoryLedgers())

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish, or only the first part and crash."""
        cut = self.faults.rng.randint(0, len(messages)) if messages else 0
        self.bus.publish(messages[:cut])
        self.faults.maybe()
        self.bus.publish(messages[cut:])
        self.faults.maybe()


class Rejecting:
    """A plug-in that rejects a set share of jobs, by their names, and counts how often each job was done."""

    def __init__(self, plugin: PlugIn[Any], kind: roster.Kind, world: World) -> None:
        self._plugin, self._kind, self._world = plugin, kind, world
        self.INFO, self.options = plugin.INFO, plugin.options
        setattr(self, kind.method, self._answer)

    def load(self) -> None:
        self._plugin.load()

    def _answer(self, tasks: Sequence[Any]) -> list[Any]:
        results = roster.run(self._kind, self._plugin, tasks)
        return [self._spoilt(task, result) for task, result in zip(tasks, results, strict=True)]

    def _spoilt(self, task: Any, result: Any) -> Any:
        name = getattr(task.job, "job_id", None) or task.job.source_id
        self._world.steps[name] = self._world.steps.get(name, 0) + 1
        return Reject("made up") if odds.uniform("reject", name) < self._world.faults.reject else result


def makers(world: World, directors: int = 2, workers: int = 2) -> list[Callable[[], Handler[Any]]]:
    """How each handler of the pipeline is made, as after a restart."""
    known = Policies(world.kept)

    def worker(kind: roster.Kind) -> Callable[[], Handler[Any]]:
        def make() -> Handler[Any]:
            recipe, plugin = world.crew.plugin(kind.name)
            spoilt: Any = Rejecting(plugin, kind, world)
            fresh = Pictures(world.blobs, 0)
            made = Worker(kind, spoilt, recipe, world.blobs, fresh, world.clock, Metrics(), world.in_hand())
            made.overlaps = False
            return made

        return make

    made: list[Callable[[], Handler[Any]]] = [worker(kind) for kind in roster.KINDS.values() for _ in range(workers)]
    made += [
        lambda: Director(world.ledgers, known, world.policy.policy_id, world.publish, world.clock)
        for _ in range(directors)
    ]
    made += [lambda: Collector(world.blobs, world.clock), lambda: Recorder(world.blobs, known)]
    return made


def actor(make: Callable[[], Handler[Any]], world: World) -> Iterator[bool]:
    """One life of a handler; yields whether it has something in hand, between any two steps of the loop."""
    handler = make()
    handler.start()
    subscription = world.bus.subscribe(handler.topic.name, handler.group)
    while True:
        deliveries = subscription.poll(world.faults.rng.randint(1, min(handler.batch, 6)), 0.0)
        yield bool(deliveries)
        if not deliveries:
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
                scenes=world.scenes, ahead=512,
            ).run()  # fmt: skip
        except Crash:
            world.crashes += 1
        else:
            return


def quiet(world: World) -> bool:
    """Whether nothing is waiting and nothing in hand."""
    return not any(lag.waiting or lag.in_flight for lag in world.bus.lag().values())


def run(world: World) -> list[tuple[str, str]]:
    """Mine to the end; the shelf's fingerprint."""
    intake(world)
    recipes = makers(world)
    actors = [actor(make, world) for make in recipes]
    awake = list(range(len(actors)))
    rng = world.faults.rng
    for _ in range(MOST_TURNS):
        if not awake or rng.random() < WAKING:
            if not awake:
                if quiet(world):
                    return shelf.fingerprint(world.kept)
                world.clock.advance(rng.choice([0.0, 1.0, LEASE_S + 1.0]) if world.faults.armed else 0.0)
            awake = list(range(len(actors)))
        turn = rng.randrange(len(awake))
        at = awake[turn]
        try:
            busy = next(actors[at])
            world.faults.maybe()
        except Crash:
            world.crashes += 1
            actors[at] = actor(recipes[at], world)
        else:
            if not busy:
                awake[turn] = awake[-1]
                awake.pop()
    raise AssertionError(f"not quiet after {MOST_TURNS} turns: {world.bus.lag()}")


def drawn_policy(rng: random.Random) -> Policy:
    """One of the shipped policies, or a variant of it."""
    base = policies.read(rng.choice(["paper", "thrifty"]))
    waves = rng.choice([(2,), (1, 1), (3, 2), (1, 2, 2)])
    forms = rng.choice([(), ("short",), ("short", "zh")])
    return base.model_copy(update={"waves": waves, "texts": Texts(forms=forms)})


def calm(seed: int) -> World:
    """The reference: nothing goes wrong, each message comes once."""
    rng = random.Random(seed)
    policy, reject = drawn_policy(rng), rng.choice([0.0, 0.05])
    return World(seed, policy, Faults(random.Random(0), reject=reject, armed=False))


def stormy(seed: int) -> World:
    """The same campaign with crashes, duplicates and reordering."""
    rng = random.Random(seed)
    policy, reject = drawn_policy(rng), rng.choice([0.0, 0.05])
    crash = rng.choice([0.0, 0.005, 0.02, 0.05])
    faults = Faults(random.Random(seed + 1), crash, rng.choice([0.0, 0.1, 0.3]), reject)
    return World(seed, policy, faults)
