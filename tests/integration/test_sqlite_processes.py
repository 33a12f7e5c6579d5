"""Real processes on one database file, some of them killed in the middle of things."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from schemas.ports import Lag
from schemas.topics import TRIPLETS
from tests.integration import bus_process
from tests.integration.bus_process import BATCH, GROUP, WallClock


class Child:
    """A process whose lines are collected; it is killed with SIGKILL once it has said `kill_after` of them."""

    def __init__(self, path: Path, *arguments: str | int, kill_after: int = 1 << 30) -> None:
        command = [sys.executable, str(bus_process.__file__), str(path), *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._kill_after = kill_after
        self.lines: list[list[str]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.split())
            if len(self.lines) == self._kill_after:
                self._process.kill()

    def ended(self) -> int:
        """Its exit status, after asking it to end by closing its standard input."""
        with self._process:  # closes the pipes and waits
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._reader.join(60)
        return self._process.returncode

    def said(self, word: str) -> list[int]:
        return [int(number) for first, *numbers in self.lines if first == word for number in numbers]


def end(children: Sequence[Child]) -> list[int]:
    return [child.ended() for child in children]


def drain_later(path: Path) -> list[int]:
    """Everything not acknowledged, an hour later, when all leases of the dead have expired."""
    bus = SqliteBus(path, WallClock(ahead=3600.0))
    member = bus.subscribe(TRIPLETS.name, GROUP)
    got: list[int] = []
    while batch := member.poll(100, 0.0):
        got += [int(one.value) for one in batch]
        member.ack(batch)
    assert bus.lag()[TRIPLETS.name, GROUP] == Lag(0, 0)
    bus.close()
    return got


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_or_given_again_after_its_acknowledgement_when_processes_are_killed(
    tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "nhr.sqlite"
    producers = [
        Child(path, "produce", 0, 1000),
        Child(path, "produce", 1000, 1000),
        Child(path, "produce", 2000, 1000, kill_after=3 + seed),
    ]
    doomed = [Child(path, "consume", kill_after=lines + seed) for lines in (1, 6, 11)]
    assert end(producers)[:2] == [0, 0]
    end(doomed)
    survivors = [Child(path, "consume") for _ in range(2)]
    assert end(survivors) == [0, 0]

    consumers = [*doomed, *survivors]
    took = Counter(number for child in consumers for number in child.said("took"))
    acked = Counter(number for child in consumers for number in child.said("acked"))
    rest = drain_later(path)
    started = {start for child in producers for start in child.said("published")}
    seen = took.keys() | set(rest)
    assert seen >= {number for start in started for number in range(start, start + BATCH)}
    assert all({start + i for i in range(BATCH)} <= seen for start in {number - number % BATCH for number in seen})
    assert [number for number in acked if took[number] > 1 or number in rest] == []
    assert max(acked.values()) == 1
    assert len(rest) == len(set(rest)) <= len(doomed) * bus_process.POLL


def test_processes_that_create_and_change_one_file_at_once_lose_no_change(tmp_path: Path) -> None:
    path = tmp_path / "nhr.sqlite"
    assert end([Child(path, "add", 60) for _ in range(3)]) == [0, 0, 0]
    ledgers = SqliteLedgers(path)
    assert ledgers.load(["sum"])["sum"].data == b"180"
    ledgers.close()
