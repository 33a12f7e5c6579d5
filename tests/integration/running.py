"""Runs the command `nhr` as users do: in processes of its own, watched, interrupted and killed."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from infra.blobs.folder import FolderBlobs
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from infra.sqlite import Database
from infra.wiring import DATABASE
from schemas import messages as m
from schemas import topics
from schemas.deadletters import Letter, read_letter
from streams import records, shelf

COMMAND = (sys.executable, "-m", "infra.cli")
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.002


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    def json(self, event: str) -> list[dict[str, Any]]:
        """The JSON lines of that event."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        return [line for line in lines if line["event"] == event]

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of a run with --json."""
        (line,) = self.json("summary")
        return line


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with exactly these NHR_* settings; files are not synced, for no power will fail."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NHR_")}
    return kept | {"NHR_FSYNC": "false", "NHR_MIN_FREE_GB": "0"} | settings


@contextmanager
def started(*arguments: object, command: Sequence[str] = COMMAND, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The command, running as the leader of a session of its own; killed with all its children at the end."""
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(**settings), start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def ended(process: subprocess.Popen[str], patience_s: float = PATIENCE_S) -> Result:
    """Wait for its end."""
    out, err = process.communicate(timeout=patience_s)
    return Result(process.returncode, out, err)


def nhr(
    *arguments: object, patience_s: float = PATIENCE_S, command: Sequence[str] = COMMAND, **settings: str
) -> Result:
    """Run the command to its end."""
    with started(*arguments, command=command, **settings) as process:
        return ended(process, patience_s)


def mine(out: Path, *arguments: object, prompts: str = "null", patience_s: float = PATIENCE_S) -> Result:
    """`nhr mine --json` into `out`; it must succeed."""
    result = nhr("mine", "--prompts", prompts, "--out", out, "--json", *arguments, patience_s=patience_s)
    assert (result.status, result.err) == (0, ""), result
    return result


def until(
    holds: Callable[[], bool], process: subprocess.Popen[str], patience_s: float = PATIENCE_S,
    every_s: float = LOOK_EVERY_S,
) -> bool:  # fmt: skip
    """Wait until a condition holds; False when the process ended first."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        if holds():
            return True
        if time.monotonic() > deadline:
            raise TimeoutError("the condition never held")
        time.sleep(every_s)
    return False


def published(out: Path) -> int:
    """How many messages were ever published into a folder, while somebody works there: the measure of progress."""
    path = out / DATABASE
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            (count,) = connection.execute("SELECT coalesce(sum(next), 0) FROM bus_topics").fetchone()
        except sqlite3.OperationalError:  # not yet created
            return 0
    return int(count)


def mine_killed(
    out: Path, moments: Sequence[int], *arguments: object, prompts: str = "null", patience_s: float = PATIENCE_S
) -> int:
    """Start the run again and again, each time killed once so many messages are out, then let it finish.

    Each run publishes something before it is killed. Returns how often a running process was killed.
    """
    kills = 0
    for drawn in sorted(moments):
        moment = max(drawn, published(out) + 1)
        with started("mine", "--prompts", prompts, "--out", out, "--json", *arguments) as process:
            if until(partial(_reached, out, moment), process, patience_s):
                os.killpg(process.pid, signal.SIGKILL)
                kills += process.wait() == -signal.SIGKILL
    mine(out, *arguments, prompts=prompts, patience_s=patience_s)
    return kills


def _reached(out: Path, moment: int) -> bool:
    return published(out) >= moment


def random_moments(seed: int, count: int, total: int) -> list[int]:
    """Numbers of messages, one at random in each of `count` equal parts of a run that publishes `total`."""
    chance = random.Random(seed)
    part = 0.9 * total / count
    return [round((number + chance.random()) * part) for number in range(count)]


# --- what is there afterwards -----------------------------------------------------------------------------------------


def fingerprint(out: Path) -> list[tuple[str, str]]:
    """The shelf's (key, SHA-256) pairs."""
    return shelf.fingerprint(FolderBlobs(out))


def recorded(out: Path) -> list[tuple[str, str]]:
    """(type, job id) of every recorded event, sorted."""
    return sorted((event.type, event.job_id) for event in records.events(FolderBlobs(out)))


def images_not_kept(out: Path) -> list[str]:
    """Images of judged attempts that the records lack."""
    blobs = FolderBlobs(out)
    judged = [event for event in records.events(blobs) if isinstance(event, m.JudgeVerdict)]
    keys = {records.record_image_key(ref) for event in judged for ref in (event.job.before, event.job.after)}
    return sorted(key for key in keys if not blobs.has(key))


def failures(out: Path) -> list[str]:
    """Ids of the jobs that have a recorded `Failure`, sorted."""
    return sorted(event.job_id for event in records.events(FolderBlobs(out)) if isinstance(event, m.Failure))


def letters(out: Path) -> list[Letter]:
    """The dead letters of a folder where nobody is at work."""
    database = Database(out / DATABASE)
    delivered = SqliteBus(database, SystemClock()).read(topics.DEAD_LETTERS.name)
    database.close()
    return [read_letter(delivery) for delivery in delivered]


def undone(out: Path) -> dict[str, int]:
    """What is left to do in a folder: messages by group, open ledgers, dead letters; only what is not zero."""
    database = Database(out / DATABASE)
    bus = SqliteBus(database, SystemClock())
    left = {group: lag.waiting + lag.in_flight for (_, group), lag in bus.lag().items()}
    left["open ledgers"] = SqliteLedgers(database).count("open")
    left["dead letters"] = len(bus.read(topics.DEAD_LETTERS.name))
    database.close()
    return {name: count for name, count in left.items() if count}
