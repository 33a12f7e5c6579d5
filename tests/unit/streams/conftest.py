"""Stores in memory, and deliveries."""

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from streams.policies import Policies


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def ledgers() -> MemoryLedgers:
    return MemoryLedgers()


@pytest.fixture
def policies(blobs: MemoryBlobs) -> Policies:
    return Policies(blobs)
