"""Where a measurement of the cluster is made: topics and a bucket of its own, and the processes it needs."""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra import buckets, topics
from infra.bus.kafka_clients import Presence
from infra.bus.kafka_watch import Watch
from infra.cluster.supervisor import Child, Supervisor
from infra.cluster.up import COMMAND
from infra.runtime.clock import SystemClock
from infra.services import kafka, s3
from infra.settings import from_environment
from infra.wiring import Cluster, cluster
from schemas.ports import Outgoing

TICK_S = 0.1
GRACE_S = 20.0
PARTITIONS = 8
CHUNK = 1000
CAMPAIGN = "null"

Rows = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Servers:
    """Running servers: the settings that name them, and where S3 answers."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def store(self) -> str:
        """S3's address, http://HOST:PORT."""
        return self.environment["NHR_S3"]


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Kafka and S3 until the block ends; raises `UserError` where Java, the jars or weed are missing."""
    with kafka.running(folder / "kafka") as brokers, s3.running(folder / "s3") as store:
        yield Servers(folder, {
            "NHR_KAFKA": brokers.servers, "NHR_S3": store.endpoint, "NHR_S3_ACCESS_KEY": store.access_key,
            "NHR_S3_SECRET_KEY": store.secret_key,
        })  # fmt: skip


@contextmanager
def delayed(store: str, delay_s: float) -> Iterator[str]:
    """The address of a proxy, in a process of its own, that delays every request to the store."""
    command = [sys.executable, "-m", "tests.chaos.proxy", store, "--delay-s", str(delay_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["endpoint"]
        finally:
            process.stdin.close()
            process.wait()


@dataclass
class Site:
    """Processes under a supervisor, looked at by whoever waits; `stores` are the bench's own way to the servers."""

    folder: Path
    environment: Mapping[str, str]
    stores: Cluster
    look_at: Watch
    watch: Supervisor
    prefix: str
    partitions: int
    since_ms: float = 0.0
    feed: Callable[[], None] = field(default=lambda: None)

    def start(self, name: str, *arguments: str, command: Sequence[str] = COMMAND, slot: str = "") -> None:
        """Start a process and keep it alive."""
        own = ("env", f"NHR_SLOT={slot}") if slot else ()
        self.watch.add(Child(name, (*own, *command, *arguments, "--parent", str(os.getpid()))))

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish, not all at once."""
        for first in range(0, len(messages), CHUNK):
            self.stores.bus.publish(messages[first : first + CHUNK])

    def done(self, group: str) -> dict[int, int]:
        """By partition, how many messages a group has done."""
        found = self.look_at.committed([self.prefix + group])[self.prefix + group]
        return {partition: offset for (_, partition), offset in found.items()}

    def until(self, holds: Callable[[], object], what: str, patience_s: float = 120.0) -> None:
        """Keep the processes alive and fed until a condition holds."""
        deadline = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"never: {what}; logs are in {self.folder / 'logs'}")
            self.watch.look()
            self.feed()
            time.sleep(TICK_S)

    def rate(self, group: str, number: int, begin: float, end: float) -> "Rate":
        """How fast a group works off `number` messages, between the shares `begin` and `end` of them."""
        marks: list[tuple[float, int, float]] = []

        def look() -> bool:
            count = sum(self.done(group).values())
            if count >= begin * number and (not marks or count > marks[-1][1]):
                marks.append((time.monotonic(), count, self.cpu_s()))
            return count >= end * number

        self.until(look, f"{group}: {number} messages done")
        (started, before, cpu), (ended, after, cpu_after) = marks[0], marks[-1]
        if after == before:
            raise ValueError(f"{group}: too few messages to tell a rate from")
        return Rate((after - before) / (ended - started), (cpu_after - cpu) / (after - before))

    def cpu_s(self) -> float:
        """Seconds of CPU that the processes took so far."""
        running = [process for name in self.watch.names() if (process := self.watch[name].process) is not None]
        times = [psutil.Process(process.pid).cpu_times() for process in running]
        return sum(took.user + took.system for took in times)


@dataclass(frozen=True)
class Rate:
    """Messages a second, and seconds of CPU of the processes for each."""

    per_s: float
    cpu_s: float


@contextmanager
def site(servers: Servers, name: str, store: str = "", partitions: int = PARTITIONS) -> Iterator[Site]:
    """A site of its own on the servers; its processes reach S3 at `store`, the bench goes straight."""
    folder = servers.folder / name
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NHR_")}
    prefix = f"{name}."
    environment = clean | {
        "NHR_STATE": str(folder / "state"), "NHR_RECORD_S": "2", "NHR_KAFKA_PARTITIONS": str(partitions),
        "NHR_KAFKA_PREFIX": prefix, "NHR_S3_BUCKET": f"bench-{name}", **servers.environment,
    }  # fmt: skip
    settings = from_environment(environment)
    topics.apply(settings)
    buckets.apply(settings)
    theirs = environment | {"NHR_S3": store or servers.store}
    watch = Supervisor(folder / "logs", theirs, SystemClock(), lambda _: None)
    look_at = Watch(settings, Presence(settings))
    look_at.connect()
    try:
        with cluster(settings) as stores:
            yield Site(folder, theirs, stores, look_at, watch, prefix, partitions)
    finally:
        watch.stop(GRACE_S)
        look_at.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
