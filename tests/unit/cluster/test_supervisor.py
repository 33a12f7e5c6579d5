"""Children are kept alive, told what ended them, and ended in good order."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.cluster.supervisor import HOPELESS, Child, Supervisor
from infra.cluster.targets import LOOPBACK
from infra.runtime.clock import SystemClock
from schemas.errors import UserError
from tests.contract.clocks import FakeClock

SOON_S = 20.0
SLEEP = "import time; print('here', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def watch(tmp_path: Path, clock: FakeClock, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs", os.environ, clock, said.append)
    yield made
    made.stop(0.0)


def python(name: str, code: str, ends: bool = False) -> Child:
    return Child(name, (sys.executable, "-c", code), ends)


def until(holds: Callable[[], object], watch: Supervisor) -> None:
    """Look until a condition holds."""
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline, "the condition never held"
        watch.look()
        time.sleep(0.01)


def test_a_child_that_dies_is_started_again_after_a_pause(watch: Supervisor, clock: FakeClock, said: list[str]) -> None:
    watch.add(python("editor-0", "import sys; sys.exit('out of paint')"))
    until(lambda: said, watch)
    assert said == ["editor-0 ended (status 1: out of paint); starting it again in 1 s"]
    watch.look()
    assert watch["editor-0"].process is None
    clock.advance(1.0)
    watch.look()
    assert watch["editor-0"].process is not None


def test_a_child_that_dies_again_and_again_ends_it_all(watch: Supervisor, clock: FakeClock) -> None:
    watch.add(python("editor-0", "import sys; sys.exit('no such editor')"))

    def looked() -> None:
        clock.advance(1.0)

    with pytest.raises(
        UserError, match=rf"editor-0 ended {HOPELESS} times in a row \(no such editor\); see .*editor-0.log"
    ):
        until(looked, watch)


def test_a_child_that_somebody_kills_is_started_as_often_as_it_takes(
    watch: Supervisor, clock: FakeClock, said: list[str]
) -> None:
    watch.add(python("editor-0", SLEEP))
    for _ in range(HOPELESS + 1):
        watch.look()
        process = watch["editor-0"].process
        assert process is not None
        process.kill()
        process.wait()
        watch.look()
        clock.advance(1.0)
    assert len(said) == HOPELESS + 1
    assert "signal SIGKILL" in said[0]


def test_a_child_that_may_end_is_not_started_again(watch: Supervisor, said: list[str]) -> None:
    watch.add(python("prompter-0", "pass", ends=True))
    until(lambda: watch["prompter-0"].ended, watch)
    watch.look()
    assert watch["prompter-0"].process is None
    assert said == []


def test_all_are_ended_and_the_deaf_ones_killed(tmp_path: Path, said: list[str]) -> None:
    watch = Supervisor(tmp_path, os.environ, SystemClock(), said.append)
    watch.add(python("quick", SLEEP))
    watch.add(python("deaf", DEAF))
    watch.look()
    processes = [watch[name].process for name in ("quick", "deaf")]
    until(lambda: all((tmp_path / f"{name}.log").read_text() for name in ("quick", "deaf")), watch)
    watch.stop(0.5)
    assert all(process is not None and process.returncode is not None for process in processes)
    assert said == ["deaf did not finish within 0 s and was killed; nothing is lost"]


TELLS = "import os, time; print(os.environ['NHR_METRICS'], flush=True); time.sleep(60)"


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    return tmp_path / "targets.json"


@pytest.fixture
def told(tmp_path: Path, clock: FakeClock, said: list[str], targets: Path) -> Iterator[Supervisor]:
    """One that names its children to Prometheus."""
    made = Supervisor(tmp_path / "logs", {**os.environ, "NHR_METRICS": "0.0.0.0:9464"}, clock, said.append, targets)
    yield made
    made.stop(0.0)


def named(targets: Path) -> list[tuple[str, str]]:
    """Role and address of each target."""
    return [(one["labels"]["role"], *one["targets"]) for one in json.loads(targets.read_text())]


def killed(watch: Supervisor, name: str, clock: FakeClock) -> None:
    """Have that child die, and its pause be over."""
    process = watch[name].process
    assert process is not None
    process.kill()
    process.wait()
    watch.look()
    clock.advance(1.0)


def test_each_child_tells_its_metrics_at_a_port_of_its_own(told: Supervisor, targets: Path, tmp_path: Path) -> None:
    for name in ("editor-0", "editor-1", "director-0"):
        told.add(python(name, TELLS))
    logs = [tmp_path / "logs" / f"{name}.log" for name in told.names()]
    told.look()
    until(lambda: all(log.read_text() for log in logs), told)
    assert [role for role, _ in named(targets)] == ["editor", "editor", "director"]
    assert [address for _, address in named(targets)] == [log.read_text().strip() for log in logs]


def test_a_child_keeps_its_port_over_restarts(told: Supervisor, targets: Path, clock: FakeClock) -> None:
    told.add(python("editor-0", SLEEP))
    told.look()
    before = named(targets)
    killed(told, "editor-0", clock)
    assert named(targets) == before  # it is to be alive: that it is not is what Prometheus should see
    told.look()
    assert told["editor-0"].process is not None
    assert named(targets) == before


def test_a_child_whose_port_was_taken_gets_another(told: Supervisor, targets: Path, clock: FakeClock) -> None:
    told.add(python("editor-0", SLEEP))
    told.look()
    before = told["editor-0"].port
    killed(told, "editor-0", clock)
    with socket.create_server((LOOPBACK, before)):
        told.look()
    assert told["editor-0"].port not in {0, before}
    assert named(targets) == [("editor", f"{LOOPBACK}:{told['editor-0'].port}")]


def test_who_ended_as_asked_is_no_target_any_more(told: Supervisor, targets: Path) -> None:
    told.add(python("prompter-0", "pass", ends=True))
    told.add(python("editor-0", SLEEP))
    told.add(python("editor-1", SLEEP))
    until(lambda: told["prompter-0"].ended, told)
    assert [role for role, _ in named(targets)] == ["editor", "editor"]
    told.remove("editor-1", 5.0)
    assert [role for role, _ in named(targets)] == ["editor"]
    told.stop(5.0)
    assert named(targets) == []
