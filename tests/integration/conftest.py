"""What every test here needs: no NHR_* settings from outside, and the command in this very process."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.cli import main
from infra.cluster.up import TARGETS
from infra.services import prometheus, s3
from schemas.errors import UserError
from tests import services
from tests.deploy.grafana.live import Found, Live
from tests.drills import faster
from tests.integration.running import Result, nhr

Call = Callable[..., Result]
Environment = dict[str, Any]
CLUSTER_SCENES = 6
UP_S = 180.0
WATCH_S, WATCH_TIMES = 0.5, 120
"""So often are its processes scraped, and so much faster do the times of the rules go by: five minutes are 2.5 s."""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NHR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NHR_FSYNC", "false")
    monkeypatch.setenv("NHR_MIN_FREE_GB", "0")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `nhr` in this process, which is quicker than in its own; an exception it lets out fails the test."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["nhr", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        assert status is None or isinstance(status, int)
        return Result(status or 0, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def cluster_settings(kafka_servers: str, s3_server: s3.Server) -> Environment:
    """The settings of a cluster of this worker's own."""
    own = services.name_of(f"{__name__} {os.environ.get('PYTEST_XDIST_WORKER')}")
    return {
        "NHR_KAFKA": kafka_servers, "NHR_KAFKA_PREFIX": f"{own}.", "NHR_KAFKA_PARTITIONS": "4",
        "NHR_S3": s3_server.endpoint, "NHR_S3_BUCKET": own, "NHR_S3_ACCESS_KEY": s3_server.access_key,
        "NHR_S3_SECRET_KEY": s3_server.secret_key,
    }  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """A cluster that has mined, and what a Prometheus found of it meanwhile; None where there is no Prometheus."""

    settings: Environment
    found: Found | None


@pytest.fixture(scope="session")
def watched_cluster(cluster_settings: Environment, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """A few scenes mined there by simulated models, one process a role, two editors. To be left as it is."""
    folder = tmp_path_factory.mktemp("up")
    with _watching(folder) as live:
        result = nhr(
            "up", "--simulated", "--scenes", CLUSTER_SCENES, "--workers", "editor=2", "--dir", folder,
            patience_s=UP_S, **cluster_settings, NHR_EXPORT_S=f"{WATCH_S}",
        )  # fmt: skip
        found = live.found() if live else None
    assert result.status == 0, result  # a broker of a few seconds may have been waited for, and that is said
    assert "ended" not in result.out
    return Watched(cluster_settings, found)


@contextmanager
def _watching(folder: Path) -> Iterator[Live | None]:
    """A Prometheus that scrapes whatever `nhr up` runs in a folder."""
    try:
        prometheus.program("prometheus")
    except UserError:
        yield None
        return
    rules = faster.written(folder, WATCH_TIMES, without=())
    given = prometheus.config([folder / TARGETS], every_s=WATCH_S, rules=rules)
    with prometheus.running(folder / "prometheus", given) as server:
        yield Live(server)


@pytest.fixture(scope="session")
def mined_cluster(watched_cluster: Watched) -> Environment:
    """The settings of that cluster."""
    return watched_cluster.settings
