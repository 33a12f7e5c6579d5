"""Golden bytes are always read afresh."""

import pytest

from schemas import codec


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Forget what other tests encoded: the codec would hand it back without reading a byte."""
    codec._recent.cache_clear()
