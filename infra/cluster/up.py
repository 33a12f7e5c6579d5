"""A whole cluster as processes of this machine: every role, watched over until what was asked for is done."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra import buckets, topics
from infra.cluster.status import where
from infra.cluster.supervisor import Child, Supervisor
from infra.runtime.clock import SystemClock
from infra.services import kafka, s3
from infra.settings import PREFIX, Settings, from_environment
from infra.wiring import CLUSTER_STREAMS, Cluster, Crew, cluster
from schemas.errors import UserError
from streams.policies import Policies
from streams.sweep import unexplained
from workers import roster

PROMPTER = "prompter"
TICK_S = 0.5
QUIET_LOOKS = 2
MOST_SWEEPS = 3
GRACE_S = 60.0
RECORD_S = "2"
LOCAL_PARTITIONS = "8"
TARGETS = "targets.json"
"""In the folder: where the processes tell their metrics, for Prometheus's file_sd."""

COMMAND = (sys.executable, "-m", "infra.cli")


@dataclass(frozen=True)
class Wanted:
    """What is to run: prompts of a campaign under a policy (its name or file), by a crew, up to `scenes`."""

    prompts: str
    campaign: str
    policy: str
    crew: Crew
    scenes: int | None = None

    def children(self) -> Iterator[Child]:
        """Every process, as many of each as the crew has."""
        parent = ("--parent", str(os.getpid()))
        intake = (*COMMAND, "worker", PROMPTER, self.prompts, "--campaign", self.campaign, "--policy", self.policy)
        limit = ("--scenes", str(self.scenes)) if self.scenes is not None else ()
        yield Child(f"{PROMPTER}-0", (*intake, *limit, *parent), ends=True)
        for kind in (kind for kind in self.crew.texts if kind in roster.KINDS):
            command = (*COMMAND, "worker", kind, self.crew.texts[kind], "--policy", self.policy, *parent)
            for number in range(self.crew.count(kind)):
                yield Child(f"{kind}-{number}", command)
        for stream in CLUSTER_STREAMS:
            policy = ("--policy", self.policy) if stream == "director" else ()
            for number in range(self.crew.count(stream)):
                yield Child(f"{stream}-{number}", (*COMMAND, "stream", stream, *policy, *parent))


@contextmanager
def servers(folder: Path, settings: Settings, say: Callable[[str], None]) -> Iterator[Mapping[str, str]]:
    """The environment that names Kafka and S3: those of the settings, or local ones under `folder` for as long.

    Raises `UserError` where only one of them is named.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    given.setdefault("NHR_STATE", str(folder / "state"))
    given.setdefault("NHR_RECORD_S", RECORD_S)
    if settings.kafka and settings.s3:
        yield own | given
        return
    if settings.kafka or settings.s3:
        there, lacking = ("KAFKA", "S3") if settings.kafka else ("S3", "KAFKA")
        hint = "name both servers, or neither: then both run here"
        raise UserError(f"{PREFIX}{there} is set and {PREFIX}{lacking} is not", hint)
    say("starting Kafka and S3 on this machine")
    given.setdefault("NHR_KAFKA_PARTITIONS", LOCAL_PARTITIONS)
    with kafka.running(folder / "kafka") as brokers, s3.running(folder / "s3") as store:
        yield own | given | {
            "NHR_KAFKA": brokers.servers, "NHR_S3": store.endpoint, "NHR_S3_ACCESS_KEY": store.access_key,
            "NHR_S3_SECRET_KEY": store.secret_key,
        }  # fmt: skip


def run(
    wanted: Wanted, folder: Path, environment: Mapping[str, str], stop: threading.Event,
    say: Callable[[str], None], show: Callable[[Cluster, str], None],
    done: Callable[[Cluster], None] = lambda _stores: None,
) -> bool:  # fmt: skip
    """Run until all `scenes` are worked off (True) or `stop` is set (False); then end every process in good order.

    `done` is called once all is worked off, while the processes are still there. Each has a port of its own for
    metrics, whatever NHR_METRICS says; `TARGETS` in the folder names them.
    """
    settings, clock = from_environment(environment), SystemClock()
    topics.apply(settings)
    buckets.apply(settings)
    with cluster(settings, clock) as stores:
        watch = Supervisor(folder / "logs", environment, clock, say, folder / TARGETS)
        for child in wanted.children():
            watch.add(child)
        try:
            finished = _until_done(watch, stores, stop, say, lambda stores: show(stores, where(settings)))
            if finished:
                done(stores)
            return finished
        finally:
            say("stopping: every process finishes what it has in hand")
            watch.stop(GRACE_S)


def _until_done(
    watch: Supervisor, stores: Cluster, stop: threading.Event, say: Callable[[str], None],
    show: Callable[[Cluster], None],
) -> bool:  # fmt: skip
    quiet, sweeps = 0, 0
    while not stop.wait(TICK_S):
        watch.look()
        show(stores)
        if not watch[f"{PROMPTER}-0"].ended:
            continue
        lags = stores.bus.lag()
        quiet = 0 if any(lag.waiting or lag.in_flight for lag in lags.values()) else quiet + 1
        if quiet < QUIET_LOOKS:
            continue
        again = list(unexplained(stores.ledgers, Policies(stores.blobs), lags)) if sweeps < MOST_SWEEPS else []
        if not again:
            return True
        stores.bus.publish(again)
        say(f"{len(again)} jobs had been lost on the way and were sent again")
        quiet, sweeps = 0, sweeps + 1
    return False
