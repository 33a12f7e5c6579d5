"""Kafka and S3 that go on when the command which started them has ended: `nhr services`."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.services import kafka, kafka_settings, s3
from schemas.errors import UserError


@dataclass(frozen=True)
class Service:
    """How one server stands."""

    name: str
    address: str
    pid: int | None
    answers: bool

    @property
    def state(self) -> str:
        """In words."""
        if self.pid is None:
            return "stopped"
        return "running" if self.answers else "not answering"


@dataclass(frozen=True)
class Services:
    """The servers of a folder."""

    kafka: kafka.Cluster
    s3: s3.Server

    def environment(self) -> dict[str, str]:
        """The settings that name them to NHR."""
        return {
            "NHR_KAFKA": self.kafka.servers, "NHR_KAFKA_REPLICAS": str(len(self.kafka.nodes)),
            "NHR_S3": self.s3.endpoint, "NHR_S3_ACCESS_KEY": self.s3.access_key,
            "NHR_S3_SECRET_KEY": self.s3.secret_key,
        }  # fmt: skip

    def look(self) -> list[Service]:
        """How each stands now."""
        nodes = [
            Service(f"kafka {node.number}", node.server, node.pid, node.pid is not None and node.is_healthy())
            for node in self.kafka.nodes
        ]
        answers = self.s3.pid is not None and self.s3.is_healthy()
        return [*nodes, Service("s3", self.s3.endpoint, self.s3.pid, answers)]


def up(folder: Path, nodes: int | None = None) -> Services:
    """Start what does not run yet in `folder` and wait until it answers; `nodes` of None: as before, else one.

    Raises `UserError` when something is missing or does not come up; then nothing runs on that it started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        before = kafka_settings.planned(folder / "kafka")
        ran = (folder / "s3" / s3.PLAN).exists() and s3.planned(folder / "s3").pid is not None
        store = s3.start(folder / "s3")
        try:
            cluster = kafka.start(folder / "kafka", nodes or (len(before.ports) if before else 1))
        except BaseException:
            if not ran:
                store.stop()
            raise
    return Services(cluster, store)


def down(folder: Path) -> list[Service]:
    """Shut down what runs in `folder`; gives what did. The data stay. Raises `UserError` where nothing was started."""
    services = find(folder)
    with _alone(folder):
        ran = [service for service in services.look() if service.pid is not None]
        services.s3.stop()
        services.kafka.stop()
    return ran


def find(folder: Path) -> Services:
    """The servers that were once started in `folder`; raises `UserError` where none were."""
    if not all((folder / name).exists() for name in (f"kafka/{kafka_settings.PLAN}", f"s3/{s3.PLAN}")):
        raise UserError(f"no services were started in {folder}", "start them (nhr services up) or give their --dir")
    return Services(kafka.planned(folder / "kafka"), s3.planned(folder / "s3"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
