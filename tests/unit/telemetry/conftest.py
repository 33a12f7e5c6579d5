"""A clock that stands still, and metrics to look at."""

import pytest

from infra.metrics import Metrics
from tests.contract.clocks import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def meters() -> Metrics:
    return Metrics()
