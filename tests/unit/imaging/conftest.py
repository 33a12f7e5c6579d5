"""The scripted server, one for each test."""

from collections.abc import Iterator

import pytest

from tests.wire.server import Wire


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running
