"""What a broker is told: ports, replication for so few nodes, a quick start, a quiet log; and a plan that lasts."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.services import jars, kafka_security
from infra.services.kafka_security import Secrets
from infra.services.loopback import HOST, free_ports

PLAN = "kafka.json"
LOG = "kafka.log"
PROPERTIES = "server.properties"
QUICK = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData")
"""A broker that starts in two seconds beside others, rather than one that is fastest after minutes."""


@dataclass(frozen=True)
class Ports:
    """Where a node listens; SASL over TLS and mutual TLS only on a secure cluster."""

    plain: int
    controller: int
    sasl: int = 0
    mutual: int = 0


@dataclass(frozen=True)
class Plan:
    """What lasts over restarts: the cluster's id, the ports of each node, and the keys of a secure one."""

    cluster_id: str
    ports: tuple[Ports, ...]
    secrets: Secrets | None = None


def plan(folder: Path, nodes: int, secure: bool) -> Plan:
    """A new plan, written to `folder`; raises `UserError` when no certificates can be made."""
    count = 4 if secure else 2
    ports = free_ports(count * nodes)
    each = tuple(Ports(*ports[start : start + count]) for start in range(0, len(ports), count))
    folder.mkdir(parents=True, exist_ok=True)
    secrets = kafka_security.make(folder / "secrets") if secure else None
    made = Plan(_random_id(), each, secrets)
    note = folder / f"{PLAN}.new"
    note.touch(mode=0o600)  # a password stands in it
    note.write_text(json.dumps(asdict(made), default=str), encoding="ascii")
    note.replace(folder / PLAN)
    return made


def planned(folder: Path) -> Plan | None:
    """The plan of `folder`, where there is one."""
    path = folder / PLAN
    if not path.exists():
        return None
    raw = json.loads(path.read_text(encoding="ascii"))
    secrets = Secrets.read(raw["secrets"]) if raw["secrets"] else None
    return Plan(raw["cluster_id"], tuple(Ports(**ports) for ports in raw["ports"]), secrets)


def java(folder: Path) -> list[str]:
    """The command that runs a class of Kafka for the node in `folder`; raises `UserError` without Java or jars."""
    logging_settings = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
    return [
        jars.java(), "-cp", f"{jars.folder()}/*", logging_settings, f"-Dnhr.log={folder / LOG}",
        f"-XX:ErrorFile={folder / 'crash.log'}", *QUICK,
    ]  # fmt: skip


def write(number: int, folder: Path, plan: Plan) -> None:
    """Write the settings of node `number` into its folder."""
    settings = {**_properties(number, folder, plan), **kafka_security.properties(plan.secrets)}
    path = folder / PROPERTIES
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="ascii")
    (folder / "log4j2.properties").write_text(_LOGGING, encoding="ascii")


def format_options(plan: Plan) -> list[str]:
    """What StorageTool is told about a new disk: who votes, and who may log in."""
    scram = kafka_security.scram_options(plan.secrets)
    if len(plan.ports) == 1:
        return ["--standalone", *scram]
    numbered = enumerate(plan.ports, 1)
    voters = (f"{number}@{HOST}:{ports.controller}:{_directory_id(plan, number)}" for number, ports in numbered)
    return ["--initial-controllers", ",".join(voters), *scram]


def _directory_id(plan: Plan, number: int) -> str:
    return _text(uuid.uuid5(uuid.NAMESPACE_OID, f"{plan.cluster_id}/{number}"))


def _random_id() -> str:
    """An id as Kafka wants it; one that begins with a dash would read as an option."""
    made = "-"
    while made.startswith("-"):
        made = _text(uuid.uuid4())
    return made


def _text(number: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(number.bytes).decode("ascii").rstrip("=")


def _properties(number: int, folder: Path, plan: Plan) -> Mapping[str, object]:
    ports = plan.ports[number - 1]
    listeners = {"PLAINTEXT": ports.plain, "SASL": ports.sasl, "MUTUAL": ports.mutual}
    brokers = ",".join(f"{name}://{HOST}:{port}" for name, port in listeners.items() if port)
    copies = min(3, len(plan.ports))
    in_sync = max(1, copies - 1)
    return {
        "process.roles": "broker,controller",
        "node.id": number,
        "controller.quorum.bootstrap.servers": ",".join(f"{HOST}:{each.controller}" for each in plan.ports),
        "listeners": f"{brokers},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": brokers,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 8,
        "offsets.retention.minutes": 64_800,  # 45 days: longer than any topic is kept
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
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "num.network.threads": 2,
        "num.io.threads": 4,
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
