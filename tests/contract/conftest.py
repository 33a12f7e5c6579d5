"""The stores behind the ports, one fixture a port: a further implementation joins every suite by one more name here."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from infra.blobs.folder import FolderBlobs
from infra.blobs.memory import MemoryBlobs
from infra.blobs.s3 import S3Blobs
from infra.bus import BrowsableBus, LocalBus
from infra.bus.kafka import KafkaBus
from infra.bus.memory import MemoryBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.memory import MemoryLedgers
from infra.ledgers.s3 import S3Ledgers
from infra.ledgers.sqlite import SqliteLedgers
from infra.s3 import Client
from infra.sqlite import Database
from schemas.ports import Blobs, Ledgers
from schemas.topics import DEAD_LETTERS, TRIPLETS, VERDICTS
from tests import kafkas, s3s, services
from tests.contract.clocks import FakeClock
from tests.unit.s3.fake import FakeS3


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "nhr.sqlite")
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite"])
def local_bus(request: pytest.FixtureRequest, clock: FakeClock) -> LocalBus:
    return _local_bus(request, clock)


@pytest.fixture(params=["memory", "sqlite", "kafka"])
def bus(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[BrowsableBus]:
    if request.param != "kafka":
        yield _local_bus(request, clock)
        return
    ours = (TRIPLETS, VERDICTS, DEAD_LETTERS)
    settings = kafkas.settings(request.getfixturevalue("kafka_servers"))
    kafkas.make(settings, ours)
    opened = KafkaBus(settings, clock, ours)
    yield opened
    opened.close()


def _local_bus(request: pytest.FixtureRequest, clock: FakeClock) -> LocalBus:
    if request.param == "memory":
        return MemoryBus(clock)
    return SqliteBus(cast("Database", request.getfixturevalue("database")), clock)


@pytest.fixture(scope="session")
def s3_client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A bucket of the shared server; tests keep apart by folders, which cost nothing."""
    server = request.getfixturevalue("s3_server")
    opened = Client(s3s.settings(server, services.make_bucket(server, "contract")))
    yield opened
    opened.close()


def _s3(request: pytest.FixtureRequest) -> tuple[Client, str]:
    """A client, and a folder of the test's own: on the real server, or on one in memory that has other habits."""
    if request.param == "s3":
        return request.getfixturevalue("s3_client"), f"t{uuid.uuid4().hex[:12]}"
    return FakeS3(guards_copies=False, folders=True, page=100).client(), "t"


@pytest.fixture(params=["memory", "folder", "fake-s3", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param in {"s3", "fake-s3"}:
        client, folder = _s3(request)
        return S3Blobs(client, f"{folder}/")
    return MemoryBlobs() if request.param == "memory" else FolderBlobs(tmp_path / "blobs", fsync=False)


@pytest.fixture
def rounds(blobs: Blobs, request: pytest.FixtureRequest) -> int:
    """How often a race is run; contenders on the real S3 server wait for each other, seconds in a round."""
    return 2 if request.node.callspec.params["blobs"] == "s3" else 20


@pytest.fixture(params=["memory", "sqlite", "fake-s3", "s3"])
def ledgers(request: pytest.FixtureRequest) -> Ledgers:
    if request.param in {"s3", "fake-s3"}:
        return S3Ledgers(*_s3(request))
    if request.param == "memory":
        return MemoryLedgers()
    return SqliteLedgers(cast("Database", request.getfixturevalue("database")))
