"""A process stopped (SIGSTOP) past its leases finds its jobs done by others when it goes on, and harms nothing."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from infra.runtime.backlog import Backlog
from infra.runtime.clock import SystemClock
from infra.runtime.intake import Intake
from infra.runtime.pictures import Pictures
from infra.wiring import DATABASE
from tests.integration import handler_process
from tests.integration.handler_process import LEASE_S, PROMPTER, stores
from tests.integration.running import (
    PATIENCE_S,
    ended,
    fingerprint,
    images_not_kept,
    mine,
    published,
    recorded,
    started,
    undone,
    until,
)
from workers import roster

SCENES = 12
SLOWLY = ("--scenes", SCENES, "--editor", "null:sleep_ms=300")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same scenes, mined without disturbance."""
    out = tmp_path_factory.mktemp("calm")
    mine(out, "--scenes", SCENES)
    return out


@contextmanager
def process(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own; killed at the end, if it has not come to it."""
    command = [sys.executable, str(handler_process.__file__), str(folder), *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        threading.Event().wait(0.02)


def is_stopped(child: subprocess.Popen[bytes]) -> bool:
    assert child.poll() is None, "it ended"
    return psutil.Process(child.pid).status() == psutil.STATUS_STOPPED


def is_quiet(folder: Path) -> bool:
    """Whether nothing is waiting or in hand."""
    return undone(folder) == {}


def drained(child: subprocess.Popen[bytes]) -> int:
    """Its exit status, after asking it to end."""
    assert child.stdin is not None
    child.stdin.close()
    return child.wait(PATIENCE_S)


def take_in(folder: Path) -> None:
    """Publish the scenes."""
    shared, database = stores(folder)
    pictures = Pictures(shared.blobs, 0)
    prompter = roster.prompter(PROMPTER)
    backlog = Backlog(shared.bus, SystemClock(), 1000)
    Intake(prompter, PROMPTER, shared.bus, pictures, shared.cursors, threading.Event(), backlog, SCENES).run()
    database.close()


SLOW = [pytest.param(point, marks=pytest.mark.slow) for point in ("begin", "publish", "ack")]


@pytest.mark.parametrize("point", [*SLOW, "settle"])
def test_those_who_come_back_late_do_no_harm(tmp_path: Path, calm: Path, point: str) -> None:
    """Each kind stops with jobs in hand; another process of that kind waits out its leases and does them."""
    take_in(tmp_path)
    with ExitStack() as stack:

        def run(groups: str, *stops: object) -> subprocess.Popen[bytes]:
            return stack.enter_context(process(tmp_path, groups, *stops))

        def stop(group: str) -> None:
            zombies.append(run(group, point, 1))
            eventually(partial(is_stopped, zombies[-1]))

        zombies: list[subprocess.Popen[bytes]] = []
        helpers = [run("generator,gate,screen,writer")]
        stop("director")
        zombies.append(run("director", point, 2))  # takes over, opens the ledgers, and stops when it is to change them
        for group in ("recorder", "editor"):
            stop(group)
            helpers.append(run(group))
        eventually(partial(is_stopped, zombies[1]))
        helpers.append(run("director"))
        for group in ("judge", "collector"):
            stop(group)
            helpers.append(run(group))
        eventually(partial(is_quiet, tmp_path))
        done = fingerprint(tmp_path)

        for zombie in zombies:
            zombie.send_signal(signal.SIGCONT)
        assert [drained(zombie) for zombie in zombies] == [0] * len(zombies)
        eventually(partial(is_quiet, tmp_path))
        assert [drained(helper) for helper in helpers] == [0] * len(helpers)

    assert done == fingerprint(tmp_path) == fingerprint(calm)
    assert recorded(tmp_path) == recorded(calm)
    assert images_not_kept(tmp_path) == []
    assert undone(tmp_path) == {}


def test_a_run_that_is_stopped_past_its_leases_goes_on(tmp_path: Path) -> None:
    calm, tmp_path = tmp_path / "calm", tmp_path / "stopped"
    mine(calm, *SLOWLY)
    arguments = (*SLOWLY, "--workers", "editor=2,director=2")
    with started("mine", "--prompts", PROMPTER, "--out", tmp_path, *arguments, NHR_LEASE_S="1") as mining:
        assert until(lambda: published(tmp_path) > 60 and in_hand(tmp_path) > 0, mining)
        mining.send_signal(signal.SIGSTOP)
        held = in_hand(tmp_path)
        eventually(lambda: in_hand(tmp_path) == 0)
        mining.send_signal(signal.SIGCONT)
        result = ended(mining)
    assert held
    assert (result.status, result.err) == (0, "")
    assert fingerprint(tmp_path) == fingerprint(calm)
    assert recorded(tmp_path) == recorded(calm)
    assert undone(tmp_path) == {}


def in_hand(folder: Path) -> int:
    """Messages leased to somebody whose lease is alive; only read, for the stopped one may be about to write."""
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute(
            "SELECT coalesce(sum(last - first + 1), 0) FROM bus_leases WHERE renewed > ?", (time.time() - LEASE_S,)
        ).fetchone()
    return int(count)
