"""Simulated campaigns are small, so that requests in them are won far more often than the paper's."""

from collections.abc import Iterator

import pytest

from workers import odds


@pytest.fixture(autouse=True, scope="package")
def _easy_requests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(odds, "DIFFICULTY", (3.0, 2.0))
        odds.success_rate.cache_clear()
        yield
    odds.success_rate.cache_clear()
