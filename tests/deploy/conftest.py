"""The checker, compiled once a session, and the project as each profile starts it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.deploy.asking import Checker, Kubernetes, compiled, source_of_keda, verb

Found = TypeVar("Found")


def _with_go(found: Callable[[], Found]) -> Found:
    """What needs Go; without it the test is skipped, or fails in CI."""
    try:
        return found()
    except FileNotFoundError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return _with_go(lambda: Checker(compiled("composecheck", tmp_path_factory.mktemp("composecheck"))))


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Kubernetes:
    return _with_go(lambda: Kubernetes(compiled("kubecheck", tmp_path_factory.mktemp("kubecheck"))))


@pytest.fixture(scope="session")
def keda() -> Path:
    """The folder of KEDA's source."""
    return _with_go(source_of_keda)


REAL = {
    "MINE_PROMPTS": "grammar", "MINE_GENERATOR": "simulated", "MINE_GATE": "pixels", "MINE_EDITOR": "classic",
    "MINE_JUDGE": "measured", "MINE_WRITER": "classic",
}  # fmt: skip
"""What a user of the gpu profile names; plug-ins that there are, for the commands are parsed."""


@pytest.fixture(scope="session", params=["simulated", "gpu"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def services(checker: Checker, profile: str) -> dict[str, dict[str, Any]]:
    """The services of the profile, and those to look at it, by name."""
    return dict(checker.project([profile, "observe"], REAL if profile == "gpu" else {})["services"])


@pytest.fixture(scope="session")
def roles(services: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those that run for ever on NHR's own image."""
    return {name: one for name, one in services.items() if verb(one) in {"worker", "stream"}}
