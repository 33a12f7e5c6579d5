"""A real Apache Kafka on this machine: one node, or several that elect a leader among themselves (KRaft)."""

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.services import kafka_settings
from infra.services.kafka_security import Secrets
from infra.services.kafka_settings import Plan
from infra.services.loopback import HOST, listens
from infra.services.process import Process
from schemas.errors import UserError

HEALTHY_S = 90.0
TRIES = 5
PAUSE_S = 0.05
ANSWER_MS = 5_000
RECONNECT_MS = 100
PORT_TAKEN = "Address already in use"


class Node:
    """One broker, which is a controller too, in a folder of its own."""

    def __init__(self, number: int, folder: Path, plan: Plan, owner: int | None) -> None:
        self.number, self.folder = number, folder
        self._plan = plan
        self.ports = plan.ports[number - 1]
        self.process = Process(folder, owner)

    @property
    def server(self) -> str:
        """Its address, HOST:PORT."""
        return f"{HOST}:{self.ports.plain}"

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        return self.process.pid

    def start(self, wait: bool = True) -> None:
        """Start it again with what it had; unless told otherwise, return when it answers (it needs a quorum)."""
        if self.pid is None:
            settings = str(self.folder / kafka_settings.PROPERTIES)
            self.process.start([*kafka_settings.java(self.folder), "kafka.Kafka", settings])
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
        while not self.is_healthy(brokers):
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
        kafka_settings.write(self.number, self.folder, self._plan)
        command = [
            *kafka_settings.java(self.folder), "kafka.tools.StorageTool", "format",
            "--cluster-id", self._plan.cluster_id, "--config", str(self.folder / kafka_settings.PROPERTIES),
            *kafka_settings.format_options(self._plan),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"Kafka cannot format {self.folder}: {done.stdout} {done.stderr}", "is the disk full?")

    def is_port_taken(self) -> bool:
        """Whether it ended because somebody else was quicker to listen on one of its ports."""
        log = self.folder / kafka_settings.LOG
        return self.pid is None and log.exists() and PORT_TAKEN in log.read_text(encoding="utf-8", errors="replace")

    def is_healthy(self, brokers: int = 1) -> bool:
        """Whether it, and nobody else who listens on its port, answers."""
        if not listens(self.ports.plain):  # kafka-python leaves the socket of a refused connection open
            return False
        found = described([self.server])
        return (
            found is not None and found["cluster_id"] == self._plan.cluster_id and len(found["brokers"]) >= brokers
            and self.pid is not None
        )  # fmt: skip

    def _last_words(self) -> str:
        log = self.folder / kafka_settings.LOG
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        lines = [line.strip() for line in lines if not line.startswith("\tat ")]
        errors = [number for number, line in enumerate(lines) if " ERROR " in line or " FATAL " in line]
        told = lines[errors[-1] :][:2] if errors else lines[-3:]
        return " | ".join(line[:200] for line in told) or self.process.last_words()


class Cluster:
    """Nodes that run; `servers` is what a client is given, `secrets` what it needs on a secure cluster."""

    def __init__(self, nodes: Sequence[Node], secrets: Secrets | None = None) -> None:
        self.nodes = tuple(nodes)
        self.secrets = secrets

    @property
    def servers(self) -> str:
        """HOST:PORT of every node, comma-separated."""
        return ",".join(node.server for node in self.nodes)

    @property
    def sasl_servers(self) -> str:
        """The same, for SASL over TLS; empty where the cluster is not secure."""
        return ",".join(f"{HOST}:{node.ports.sasl}" for node in self.nodes if node.ports.sasl)

    @property
    def mutual_servers(self) -> str:
        """The same, for TLS with a client's certificate; empty where the cluster is not secure."""
        return ",".join(f"{HOST}:{node.ports.mutual}" for node in self.nodes if node.ports.mutual)

    def start(self) -> None:
        """Start every node that does not run; returns when each answers and knows all others."""
        for node in self.nodes:
            node.start(wait=False)
        for node in self.nodes:
            node.await_health(len(self.nodes))

    def stop(self) -> None:
        """Shut every node down, in order; returns when all are gone."""
        for node in self.nodes:
            node.process.send(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """SIGKILL for every node."""
        for node in self.nodes:
            node.kill()


@contextmanager
def running(folder: Path, nodes: int = 1, secure: bool = False) -> Iterator[Cluster]:
    """A cluster in `folder`, with what an earlier one left there; it ends with this block, or with this process.

    `secure`: it also listens with SASL over TLS, and with mutual TLS. Raises `UserError` when Java is missing, the jars
    cannot be fetched or a node does not come up.
    """
    cluster = start(folder, nodes, secure, owner=os.getpid())
    try:
        yield cluster
    finally:
        cluster.kill()


def start(folder: Path, nodes: int = 1, secure: bool = False, owner: int | None = None) -> Cluster:
    """A cluster in `folder` that lives as long as process `owner`; None: until it is ended. Raises like `running`.

    Nothing happens where it runs already.
    """
    folder = folder.resolve()
    for left in reversed(range(TRIES)):
        fresh = kafka_settings.planned(folder) is None
        if fresh:
            kafka_settings.plan(folder, nodes, secure)
        cluster = planned(folder, owner)
        if len(cluster.nodes) != nodes or bool(cluster.secrets) != secure:
            kind = "a secure" if cluster.secrets else "a"
            raise UserError(f"{folder} holds {kind} Kafka of {len(cluster.nodes)} node(s)", "give another folder")
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


def planned(folder: Path, owner: int | None = None) -> Cluster:
    """The cluster that was once started in `folder`, whether or not it runs; raises `UserError` where none was."""
    plan = kafka_settings.planned(folder)
    if plan is None:
        raise UserError(f"{folder} holds no Kafka", "start one there first")
    nodes = (Node(number, folder / f"node-{number}", plan, owner) for number in range(1, len(plan.ports) + 1))
    return Cluster(tuple(nodes), plan.secrets)


def described(servers: Sequence[str], **options: object) -> dict[str, Any] | None:
    """What the cluster says of itself (cluster_id, brokers, ...); None when it does not answer, or not to us.

    `options` are those of kafka-python.
    """
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    from infra.bus.kafka_insides import made

    logger = logging.getLogger("kafka")
    before, logger.disabled = logger.disabled, True  # it warns of what is expected here
    try:
        client = made(
            KafkaAdminClient, bootstrap_servers=list(servers), bootstrap_timeout_ms=ANSWER_MS,
            request_timeout_ms=ANSWER_MS, reconnect_backoff_max_ms=RECONNECT_MS, **options,
        )  # fmt: skip
        try:
            found: dict[str, Any] = client.describe_cluster()
            return found
        finally:
            client.close()
    except (KafkaError, OSError):
        return None
    finally:
        logger.disabled = before
