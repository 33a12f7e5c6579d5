"""Stores in memory, and a worker around any scripted plug-in."""

import threading
from collections.abc import Callable

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from tests.contract.clocks import FakeClock
from tests.unit.runtime.fakes import RECIPE, Scripted

Hire = Callable[[Scripted], Worker]


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def meters() -> Metrics:
    return Metrics()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pictures(blobs: MemoryBlobs) -> Pictures:
    return Pictures(blobs)


@pytest.fixture
def notes() -> MemoryLedgers:
    return MemoryLedgers()


@pytest.fixture
def in_hand(notes: MemoryLedgers) -> InHand:
    return InHand(notes)


@pytest.fixture
def hire(blobs: MemoryBlobs, pictures: Pictures, clock: FakeClock, meters: Metrics, in_hand: InHand) -> Hire:
    """Makes a worker that runs a plug-in over the stores of the test, all in one process."""

    def made(plugin: Scripted) -> Worker:
        worker = Worker(plugin.kind, plugin, RECIPE, blobs, pictures, clock, meters, in_hand)
        worker.start()
        return worker

    return made
