"""Real Kafka and S3 servers for tests: one of each for a run, shared by its workers, ended with it even when killed."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from infra.services import jars, kafka, kafka_settings, prometheus, s3
from infra.services.process import identity
from schemas.errors import UserError

PREFIX = "nhr-tests-"
Started = TypeVar("Started")


def run_folder() -> Path:
    """The folder of this process's test run, whose name tells its owner from any later process."""
    who = identity(os.getpid())
    assert who is not None
    return Path(tempfile.gettempdir()) / f"{PREFIX}{who.pid}-{who.started}"


def sweep() -> None:
    """Remove what killed runs left; their servers are gone already."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid, _, started = folder.name.removeprefix(PREFIX).partition("-")
        who = identity(int(pid)) if pid.isdigit() else None
        if who is None or who.started != started:
            shutil.rmtree(folder, ignore_errors=True)


def end(folder: Path) -> None:
    """End the servers of a run and remove its folder."""
    if (folder / "kafka" / kafka_settings.PLAN).exists():
        kafka.planned(folder / "kafka").kill()
    if (folder / "s3" / s3.PLAN).exists():
        s3.planned(folder / "s3").kill()
    shutil.rmtree(folder, ignore_errors=True)


def owner(folder: Path) -> int:
    """The process that lives as long as the run."""
    return int(folder.name.removeprefix(PREFIX).partition("-")[0])


def shared(folder: Path, start: Callable[[], Started]) -> Started:
    """What `start` gives, by one worker at a time: the first one starts the server, the others find it running."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return start()


def need_kafka() -> None:
    """Skip (in CI: fail) where this machine cannot run Kafka."""
    _need(jars.java, jars.folder)


def need_s3() -> None:
    """Skip (in CI: fail) where this machine cannot run an S3 server."""
    _need(s3.program)


def need_prometheus() -> None:
    """Skip (in CI: fail) where this machine has no Prometheus and cannot fetch one."""
    _need(lambda: prometheus.program("prometheus"))


def name_of(test: str) -> str:
    """A short name for a test, the same in each run; fit for a bucket."""
    return f"t{hashlib.sha256(test.encode()).hexdigest()[:12]}"


def _need(*checks: Callable[[], object]) -> None:
    try:
        for check in checks:
            check()
    except UserError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def make_bucket(server: s3.Server, name: str) -> str:
    """Create a bucket, unless it is there."""
    import urllib3
    from minio import Minio
    from minio.error import S3Error

    http = urllib3.PoolManager(retries=False, timeout=10.0)
    client = Minio(
        endpoint=server.endpoint.removeprefix("http://"), access_key=server.access_key, secret_key=server.secret_key,
        secure=False, region="us-east-1", http_client=http,
    )  # fmt: skip
    with suppress(S3Error):
        client.make_bucket(bucket_name=name)
    http.clear()
    return name
