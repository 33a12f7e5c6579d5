"""What a role's log may hold of the libraries that it uses."""

import logging
from collections.abc import Iterator

import pytest

from infra.cli import roles

LIBRARIES = ("faust", "mode", "aiokafka", "aiokafka.conn")


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in LIBRARIES}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
def test_requests_are_never_told_for_a_login_is_one(level: str) -> None:
    roles.quieten(level)
    assert not any(logging.getLogger(name).isEnabledFor(logging.DEBUG) for name in LIBRARIES)


def test_whoever_looks_for_a_fault_is_told_of_starts_and_stops() -> None:
    roles.quieten("debug")
    assert all(logging.getLogger(name).isEnabledFor(logging.INFO) for name in LIBRARIES)
