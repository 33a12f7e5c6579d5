"""A cluster of real processes that mines the same scenes as a calm embedded run, and what must hold in the end."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra import buckets, topics
from infra.cluster.supervisor import Supervisor
from infra.cluster.up import PROMPTER, Wanted
from infra.runtime.clock import SystemClock
from infra.settings import from_environment
from infra.wiring import Cluster, cluster, crew
from schemas import codec
from schemas import messages as m
from schemas import topics as declared
from schemas.errors import Undecodable
from streams import shelf
from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import plan
from streams.sweep import unexplained
from tests.integration.running import fingerprint, mine

CAMPAIGN = "null"
TICK_S = 0.1
PATIENCE_S = 180.0
GRACE_S = 30.0
EVENTS = (declared.VERDICTS, declared.TRIPLETS, declared.EDIT_JOBS, declared.CANDIDATES, declared.SOURCES)


@dataclass(frozen=True)
class Calm:
    """What an undisturbed run gives: its shelf, and how many scenes."""

    scenes: int
    shelf: Sequence[tuple[str, str]]


def calm(folder: Path, scenes: int) -> Calm:
    """Mine the scenes embedded."""
    mine(folder, "--scenes", scenes, "--campaign", CAMPAIGN)
    return Calm(scenes, fingerprint(folder))


@dataclass(frozen=True)
class Outcome:
    """A storm beside its calm. `twice`: jobs with two different answers, and triplets told two ways."""

    name: str
    seed: int
    faults: Mapping[str, int]
    seconds: float
    events: int
    triplets: int
    lost: int
    more: int
    twice: int
    stuck: int

    @property
    def fine(self) -> bool:
        """Whether everything is as in the calm."""
        return not (self.lost or self.more or self.twice or self.stuck)


@dataclass
class Rig:
    """The processes of one storm; `faults` counts what was done to them."""

    folder: Path
    servers: Mapping[str, str]
    reference: Calm
    counts: Mapping[str, int] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NHR_")}
        self.environment = clean | {
            "NHR_STATE": str(self.folder / "state"), "NHR_RECORD_S": "1", "NHR_KAFKA_PARTITIONS": "4", **self.servers,
        }  # fmt: skip
        self.settings = from_environment(self.environment)
        self.watch = Supervisor(self.folder / "logs", self.environment, SystemClock(), self.said.append)
        hired = crew("null", self.plugins, self.counts)
        self.wanted = Wanted("null", CAMPAIGN, "paper", hired, self.reference.scenes)

    @contextmanager
    def running(self) -> Iterator[Cluster]:
        """All processes, kept alive by a thread until the block ends; gives the stores."""
        topics.apply(self.settings)
        buckets.apply(self.settings)
        for child in self.wanted.children():
            self.watch.add(child)
        over = threading.Event()
        failures: list[BaseException] = []

        def keep() -> None:
            try:
                while not over.wait(TICK_S):
                    self.watch.look()
            except BaseException as error:
                failures.append(error)

        keeper = threading.Thread(target=keep)
        self.watch.look()
        keeper.start()
        try:
            with cluster(self.settings) as stores:
                yield stores
        finally:
            over.set()
            keeper.join()
            self.watch.stop(GRACE_S)
        if failures:
            raise failures[0]

    # --- faults -------------------------------------------------------------------------------------------------------

    def names(self, role: str = "") -> list[str]:
        """The processes of a role, or all but a prompter that is done."""
        return [name for name in self.watch.names() if name.rpartition("-")[0] == role or not role]

    def kill(self, name: str) -> None:
        """`kill -9`; the supervisor starts it again."""
        self._signal(name, signal.SIGKILL, "kill -9")

    def hold(self, name: str) -> None:
        """SIGSTOP: it is alive, and says nothing."""
        self._signal(name, signal.SIGSTOP, "SIGSTOP")

    def let_go(self, name: str) -> None:
        """SIGCONT."""
        self._signal(name, signal.SIGCONT, "")

    def _signal(self, name: str, number: signal.Signals, what: str) -> None:
        process = self.watch[name].process
        if process is not None and process.poll() is None:
            process.send_signal(number)
            if what:
                self.faults[what] += 1

    # --- waiting ------------------------------------------------------------------------------------------------------

    def progress(self, stores: Cluster) -> int:
        """Messages published so far."""
        return sum(stores.bus.ends().values())

    def until(self, holds: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"never: {what}; {'; '.join(self.said[-5:])}")
            time.sleep(TICK_S)

    def finish(self, stores: Cluster) -> None:
        """Wait until everything is worked off."""

        def done() -> bool:
            lags = stores.bus.lag()
            if not self.watch[f"{PROMPTER}-0"].ended or any(lag.waiting for lag in lags.values()):
                return False
            again = list(unexplained(stores.ledgers, Policies(stores.blobs), lags))
            self.faults["sent again by the sweep"] += len(again)
            stores.bus.publish(again)
            return not again

        self.until(done, "everything worked off")

    def outcome(self, name: str, seed: int, seconds: float, stores: Cluster) -> Outcome:
        """What is left, beside the calm."""
        expected, found = set(self.reference.shelf), set(shelf.fingerprint(stores.blobs))
        told, twice = told_twice(stores)
        return Outcome(
            name=name, seed=seed, faults=+self.faults, seconds=seconds, events=told,
            triplets=sum(key.startswith(shelf.TRIPLETS) for key, _ in found), lost=len(expected - found),
            more=len(found - expected), twice=twice, stuck=stuck(stores),
        )  # fmt: skip


def stuck(stores: Cluster) -> int:
    """Scenes that wait for something although nothing is queued."""
    names = list(stores.ledgers.names("open"))
    policies = Policies(stores.blobs)
    saved = stores.ledgers.load(names).values()
    ledgers = (facts.decode(one.data) for one in saved)
    return sum(bool(plan(one, policies.get(one.policy_id)).waiting) for one in ledgers)


def told_twice(stores: Cluster) -> tuple[int, int]:
    """Distinct jobs and triplets told of on the topics, and how many of them were told in two ways."""
    answers: dict[str, set[bytes]] = {}
    for topic in EVENTS:
        for partition in range(stores.bus.partitions(topic.name)):
            for delivery in stores.bus.read(topic.name, 0, 1 << 20, partition):
                name, told = _said(topic, delivery.value)
                if name:
                    answers.setdefault(name, set()).add(told)
    return len(answers), sum(len(told) > 1 for told in answers.values())


def _said(topic: declared.Topic, value: bytes) -> tuple[str, bytes]:
    """The name of what a message tells, and what it tells but for its meters."""
    try:
        message = codec.decode(topic, value)
    except Undecodable:
        return "", b""
    told = codec.encode(_unmetered(message))
    match message:
        case m.Failure():
            return "", b""  # whoever is asked again may well do better
        case m.Redrive():
            return f"{message.job_id}+{message.retry}", told
        case m.Triplet():
            return message.triplet_id, told
        case m.Candidate():
            return f"candidate {message.job.job_id} {message.retry}", told
        case m.Source():
            return f"source {message.subject.source_id} {message.retry}", told
    return f"{topic.name} {message.job_id}", told


def _unmetered(message: m.Message) -> m.Message:
    parts = {name: part for name, part in message if isinstance(part, m.Message)}
    return message.model_copy(update={n: m.Meter() if n == "meter" else _unmetered(p) for n, p in parts.items()})
