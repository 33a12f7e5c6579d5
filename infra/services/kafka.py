"""A real Apache Kafka on this machine: one node, or several that elect a leader among themselves (KRaft)."""

import base64
import json
import logging
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.services import jars
from infra.services.loopback import HOST, free_ports, listens
from infra.services.process import Process
from schemas.errors import UserError

HEALTHY_S = 90.0
TRIES = 5
PAUSE_S = 0.05
ANSWER_MS = 5_000
RECONNECT_MS = 100
PLAN = "kafka.json"
PORT_TAKEN = "Address already in use"
QUICK = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData")
"""A broker that starts in two seconds beside others, rather than one that is fastest after minutes."""


@dataclass(frozen=True)
class Plan:
    """What lasts over restarts: the cluster's id, and the ports of each node (broker, controller)."""

    cluster_id: str
    ports: tuple[tuple[int, int], ...]


class Node:
    """One broker, which is a controller too, in a folder of its own."""

    def __init__(self, number: int, folder: Path, plan: Plan, owner: int | None) -> None:
        self.number, self.folder = number, folder
        self._plan = plan
        self.port, self.controller_port = plan.ports[number - 1]
        settings = folder / "server.properties"
        self.process = Process([*_java(folder), "kafka.Kafka", str(settings)], folder, owner)

    @property
    def server(self) -> str:
        """Its address, HOST:PORT."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        return self.process.pid

    def start(self, wait: bool = True) -> None:
        """Start it again with what it had; unless told otherwise, return when it answers (it needs a quorum)."""
        self.process.start()
        if wait:
            self.await_health(1)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.process.kill()

    def stop(self) -> None:
        """Shut it down in order; returns when it is gone."""
        self.process.stop(within_s=30.0)

    def await_health(self, brokers: int) -> None:
        """Wait until it answers and knows so many brokers; raises `UserError` when it ends or takes too long."""
        until = time.monotonic() + HEALTHY_S
        while not self._is_healthy(brokers):
            if self.pid is None or time.monotonic() > until:
                why = "ended" if self.pid is None else f"did not answer within {HEALTHY_S:.0f} s"
                raise UserError(f"Kafka node {self.number} {why}: {self._last_words()}", f"its log is in {self.folder}")
            time.sleep(PAUSE_S)

    def format(self) -> None:
        """Write its settings and format its disk, unless that was done; raises `UserError`."""
        if (self.folder / "data" / "meta.properties").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        properties = _properties(self.number, self.folder, self._plan)
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (self.folder / "server.properties").write_text(text, encoding="ascii")
        (self.folder / "log4j2.properties").write_text(_LOGGING, encoding="ascii")
        command = [
            *_java(self.folder), "kafka.tools.StorageTool", "format", "--cluster-id", self._plan.cluster_id,
            "--config", str(self.folder / "server.properties"), *_voters(self._plan),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"Kafka cannot format {self.folder}: {done.stdout} {done.stderr}", "is the disk full?")

    def is_port_taken(self) -> bool:
        """Whether it ended because somebody else was quicker to listen on one of its ports."""
        log = self.folder / "kafka.log"
        return self.pid is None and log.exists() and PORT_TAKEN in log.read_text(encoding="utf-8", errors="replace")

    def _is_healthy(self, brokers: int) -> bool:
        """Whether it, and nobody else who listens on its port, answers."""
        if not listens(self.port):  # kafka-python leaves the socket of a refused connection open
            return False
        found = described([self.server])
        return (
            found is not None and found["cluster_id"] == self._plan.cluster_id and len(found["brokers"]) >= brokers
            and self.pid is not None
        )  # fmt: skip

    def _last_words(self) -> str:
        log = self.folder / "kafka.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        errors = [line for line in lines if " ERROR " in line or " FATAL " in line]
        return " | ".join([line[:200] for line in (errors or lines)[-3:]] or [self.process.last_words()])


class Cluster:
    """Nodes that run; `servers` is what a client is given."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = tuple(nodes)

    @property
    def servers(self) -> str:
        """HOST:PORT of every node, comma-separated."""
        return ",".join(node.server for node in self.nodes)

    def start(self) -> None:
        """Start every node that does not run; returns when each answers and knows all others."""
        for node in self.nodes:
            node.process.start()
        for node in self.nodes:
            node.await_health(len(self.nodes))

    def kill(self) -> None:
        """SIGKILL for every node."""
        for node in self.nodes:
            node.kill()


@contextmanager
def running(folder: Path, nodes: int = 1) -> Iterator[Cluster]:
    """A cluster in `folder`, with what an earlier one left there; it ends with this block, or with this process.

    Raises `UserError` when Java is missing, the jars cannot be fetched or a node does not come up.
    """
    cluster = start(folder, nodes, owner=os.getpid())
    try:
        yield cluster
    finally:
        cluster.kill()


def start(folder: Path, nodes: int = 1, owner: int | None = None) -> Cluster:
    """A cluster in `folder` that lives as long as process `owner`; None: until it is ended. Raises like `running`."""
    folder = folder.resolve()
    for left in reversed(range(TRIES)):
        fresh = not (folder / PLAN).exists()
        cluster = planned(folder, nodes, owner)
        try:
            for node in cluster.nodes:
                node.format()
            cluster.start()
        except BaseException:
            collided = any(node.is_port_taken() for node in cluster.nodes)
            cluster.kill()
            if not (fresh and collided and left):
                raise
            shutil.rmtree(folder)
        else:
            return cluster
    raise AssertionError("the last try returns or raises")


def planned(folder: Path, nodes: int, owner: int | None) -> Cluster:
    """The cluster of `folder`, not started; planned anew where there is none. Raises `UserError` for other counts."""
    path = folder / PLAN
    if path.exists():
        raw = json.loads(path.read_text(encoding="ascii"))
        plan = Plan(raw["cluster_id"], tuple((broker, controller) for broker, controller in raw["ports"]))
    else:
        ports = free_ports(2 * nodes)
        plan = Plan(_random_id(), tuple(zip(ports[::2], ports[1::2], strict=True)))
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cluster_id": plan.cluster_id, "ports": plan.ports}), encoding="ascii")
    if len(plan.ports) != nodes:
        raise UserError(f"{folder} holds a Kafka of {len(plan.ports)} nodes, not {nodes}", "give another folder")
    return Cluster([Node(number, folder / f"node-{number}", plan, owner) for number in range(1, nodes + 1)])


def described(servers: Sequence[str]) -> dict[str, Any] | None:
    """What the cluster says of itself (cluster_id, brokers, ...); None when it does not answer."""
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    logger = logging.getLogger("kafka")
    before, logger.disabled = logger.disabled, True  # it warns of what is expected here
    try:
        client = KafkaAdminClient(
            bootstrap_servers=list(servers),
            bootstrap_timeout_ms=ANSWER_MS,
            request_timeout_ms=ANSWER_MS,
            reconnect_backoff_max_ms=RECONNECT_MS,
        )
        try:
            found: dict[str, Any] = client.describe_cluster()
            return found
        finally:
            client.close()
    except (KafkaError, OSError):
        return None
    finally:
        logger.disabled = before


def _random_id() -> str:
    """A cluster id as Kafka wants it: 16 bytes, which must not begin with a dash."""
    text = "-"
    while text.startswith("-"):
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
    return text


def _java(folder: Path) -> list[str]:
    logging_settings = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
    return [jars.java(), "-cp", f"{jars.folder()}/*", logging_settings, f"-Dnhr.log={folder / 'kafka.log'}", *QUICK]


def _voters(plan: Plan) -> list[str]:
    if len(plan.ports) == 1:
        return ["--standalone"]
    ids = (
        base64.urlsafe_b64encode(uuid.uuid5(uuid.NAMESPACE_OID, f"{plan.cluster_id}/{number}").bytes)
        .decode("ascii")
        .rstrip("=")
        for number in range(1, len(plan.ports) + 1)
    )
    voters = (
        f"{number}@{HOST}:{port}:{directory}"
        for number, ((_, port), directory) in enumerate(zip(plan.ports, ids, strict=True), 1)
    )
    return ["--initial-controllers", ",".join(voters)]


def _properties(number: int, folder: Path, plan: Plan) -> Mapping[str, object]:
    port, controller = plan.ports[number - 1]
    copies = min(3, len(plan.ports))
    in_sync = max(1, copies - 1)
    return {
        "process.roles": "broker,controller",
        "node.id": number,
        "controller.quorum.bootstrap.servers": ",".join(f"{HOST}:{control}" for _, control in plan.ports),
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 2,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": 2,
        "group.initial.rebalance.delay.ms": 0,
        # after SIGKILL a broker waits until its old self has timed out
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
        # sparse files of 10 MiB each, twice a partition, take long to make and to open again
        "log.index.size.max.bytes": 1 << 20,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 << 20,
    }


_LOGGING = """\
status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = ${sys:nhr.log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c{1}: %m%n%ex{3}
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""
