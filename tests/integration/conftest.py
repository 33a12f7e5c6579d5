"""What every test here needs: no NHR_* settings from outside, and the command in this very process."""

import os
import sys
from collections.abc import Callable

import pytest

from infra.cli import main
from tests.integration.running import Result

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NHR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NHR_FSYNC", "false")
    monkeypatch.setenv("NHR_MIN_FREE_GB", "0")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `nhr` in this process, which is quicker than in its own; an exception it lets out fails the test."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["nhr", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        assert status is None or isinstance(status, int)
        return Result(status or 0, said.out, said.err)

    return run
