"""One server as a process: started under a guard or let go, known again by pid and start time, ended for sure."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
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

    With `owner` (a pid) it ends when that process ends, however that ends; without, it outlives us.
    """

    def __init__(self, command: Sequence[str], folder: Path, owner: int | None) -> None:
        self.folder = folder
        self._command, self._owner = list(command), owner
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        found = self._found()
        return found.pid if found else None

    def start(self) -> None:
        """Start it, unless it runs; raises `UserError` when the command cannot be started."""
        if self.pid is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._reap()
        with (self.folder / LOG).open("ab") as log:
            try:
                pid = self._guarded(self._owner, log.fileno()) if self._owner else self._free(log.fileno())
            except OSError as error:
                what = f"{self._command[0]} cannot be started ({error.strerror})"
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
        if self._child is not None and self.pid is None:
            self._child.wait()
            self._child = None

    def _guarded(self, owner: int, log: int) -> int:
        who = identity(owner)
        if who is None:
            raise UserError(f"process {owner}, for which a server was to run, has ended", "start again")
        guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(owner), who.started]
        self._child = self._popen([*guard, *self._command], log, True)
        stdout = self._child.stdout
        said = stdout.readline() if stdout else b""
        if stdout:
            stdout.close()
        if not said.strip().isdigit():
            self._child.wait()
            self._child = None
            raise UserError(f"{self._command[0]} cannot be started: {self.last_words()}", "is it installed?")
        return int(said)

    def _free(self, log: int) -> int:
        self._child = self._popen(self._command, log, False)
        return self._child.pid

    def _popen(self, command: Sequence[str], log: int, talks: bool) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if talks else log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
