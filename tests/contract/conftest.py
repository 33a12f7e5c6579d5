"""The stores behind the ports, one fixture a port: a further implementation joins every suite by one more name here."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from infra.blobs.folder import FolderBlobs
from infra.blobs.memory import MemoryBlobs
from infra.bus import BrowsableBus, LocalBus
from infra.bus.kafka import KafkaBus
from infra.bus.memory import MemoryBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.memory import MemoryLedgers
from infra.ledgers.sqlite import SqliteLedgers
from infra.sqlite import Database
from schemas.ports import Blobs, Ledgers
from schemas.topics import DEAD_LETTERS, TRIPLETS, VERDICTS
from tests import kafkas
from tests.contract.clocks import FakeClock


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


@pytest.fixture(params=["memory", "folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MemoryBlobs() if request.param == "memory" else FolderBlobs(tmp_path / "blobs", fsync=False)


@pytest.fixture(params=["memory", "sqlite"])
def ledgers(request: pytest.FixtureRequest) -> Ledgers:
    if request.param == "memory":
        return MemoryLedgers()
    return SqliteLedgers(cast("Database", request.getfixturevalue("database")))
