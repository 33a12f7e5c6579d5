"""One server as a process: started under a guard or let go, known again by pid and start time, ended for sure."""

import json
import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.errors import UserError

NOTE = "process.json"
LOG = "output.log"
KILL_S = 30.0
"""Seconds after which even SIGKILL counts as failed: a process stuck in the kernel."""


@dataclass(frozen=True)
class Identity:
    """A process, told from any later one with the same pid: its start in clock ticks since this boot."""

    pid: int
    started: str
    boot: str


def identity(pid: int) -> Identity | None:
    """Who runs as `pid` now; None where nobody does, or where it has ended and only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else Identity(pid, fields[19], boot)


class Process:
    """A server in a folder, which also holds its output and a note of who it is, so that others can find and end it.

    Several objects, in several processes, may stand for the same server. With `owner` (a pid) it ends when that
    process ends, however that ends; without, it outlives us.
    """

    def __init__(self, folder: Path, owner: int | None) -> None:
        self.folder = folder
        self._owner = owner
        self._child: int | None = None

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        found = self._found()
        return found.pid if found else None

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it, unless it runs, in our environment or another; raises `UserError` when that cannot be done."""
        if self.pid is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._reap()
        with (self.folder / LOG).open("ab") as log:
            try:
                pid = self._started(command, log.fileno(), os.environ if environment is None else environment)
            except OSError as error:
                what = f"{command[0]} cannot be started ({error.strerror})"
                raise UserError(what, "is it installed?") from None
        who = identity(pid)
        if who is not None:
            note = self.folder / f"{NOTE}.new"
            note.write_text(json.dumps(asdict(who)), encoding="ascii")
            note.replace(self.folder / NOTE)

    def kill(self) -> None:
        """End it at once (SIGKILL); returns when it is gone."""
        self._end(signal.SIGKILL, KILL_S)

    def stop(self, within_s: float = 10.0) -> None:
        """Ask it to end (SIGTERM), kill it when that takes longer; returns when it is gone."""
        self._end(signal.SIGTERM, within_s)
        self.kill()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal (SIGSTOP, SIGCONT), if it runs."""
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def last_words(self, lines: int = 5) -> str:
        """The end of its output, in one line."""
        with suppress(OSError):
            text = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").strip()
            return " | ".join(line.strip()[:200] for line in text.splitlines()[-lines:])
        return ""

    def _found(self) -> Identity | None:
        try:
            noted = Identity(**json.loads((self.folder / NOTE).read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError):
            return None
        return noted if identity(noted.pid) == noted else None

    def _end(self, number: signal.Signals, within_s: float) -> None:
        who = self._found()
        if who is not None:
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(who.pid)
                try:
                    if identity(who.pid) == who:  # from here on the handle stays with this very process
                        signal.pidfd_send_signal(handle, number)
                        gone = select.poll()
                        gone.register(handle, select.POLLIN)
                        gone.poll(within_s * 1000)
                finally:
                    os.close(handle)
        self._reap()

    def _reap(self) -> None:
        """Take the exit status of what we started, once the server is gone."""
        if self._child is not None and self.pid is None:
            with suppress(ChildProcessError):
                os.waitpid(self._child, 0)
            self._child = None

    def _started(self, command: Sequence[str], log: int, environment: Mapping[str, str]) -> int:
        if self._owner is None:
            self._child = _spawn(command, log, log, environment)
            return self._child
        who = identity(self._owner)
        if who is None:
            raise UserError(f"process {self._owner}, for which a server was to run, has ended", "start again")
        guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(who.pid), who.started]
        reading, writing = os.pipe()
        with os.fdopen(reading, encoding="ascii") as said:
            try:
                self._child = _spawn([*guard, *command], log, writing, environment)
            finally:
                os.close(writing)
            pid = said.readline().strip()
        if not pid.isdigit():
            os.waitpid(self._child, 0)
            self._child = None
            raise UserError(f"{command[0]} cannot be started: {self.last_words()}", "is it installed?")
        return int(pid)


def _spawn(command: Sequence[str], log: int, output: int, environment: Mapping[str, str]) -> int:
    """Start it in a session of its own, so that no Ctrl-C reaches it, with nothing of ours open; gives its pid."""
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, log, 2),
    ]  # fmt: skip
    return os.posix_spawnp(
        command[0],
        list(command),
        environment,
        file_actions=files,
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGINT],
    )
