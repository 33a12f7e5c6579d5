"""Watches over processes: starts them, starts again those that die, ends them all in good order.

Each is given a port on which it tells its metrics, the same one over its restarts; a file names them all to Prometheus.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.cluster.targets import LOOPBACK, Target, free_port, is_free, write
from schemas.errors import UserError
from schemas.ports import Clock

SETTLED_S = 30.0
"""A process that lived so long had started well; what ends it later is another matter."""
SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HOPELESS = 5
"""Times in a row that a process gives up soon after its start, after which nobody tries again."""
TAIL_BYTES = 4096


@dataclass
class Child:
    """A process to be kept alive; one that `ends` may end by itself, with status 0. It tells its metrics at `port`."""

    name: str
    command: Sequence[str]
    ends: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    ended: bool = False
    early_ends: int = 0
    started_s: float = 0.0
    due_s: float = 0.0


class Supervisor:
    """Keeps the children alive; `say` is told what people should know. Logs go to one file a child, under `logs`.

    `targets` is the file that names to Prometheus those that are to be alive; without one they tell no metrics.
    """

    def __init__(
        self, logs: Path, environment: Mapping[str, str], clock: Clock, say: Callable[[str], None],
        targets: Path | None = None,
    ) -> None:  # fmt: skip
        self._logs, self._environment, self._clock, self._say = logs, environment, clock, say
        self._targets = targets
        self._children: dict[str, Child] = {}
        self.restarts = 0
        logs.mkdir(parents=True, exist_ok=True)

    def add(self, child: Child) -> None:
        """Watch over one more; it is started at the next look."""
        self._children[child.name] = child

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def names(self) -> list[str]:
        """The children, those too that have ended."""
        return list(self._children)

    def look(self) -> None:
        """Start whoever is due, and see who died; raises `UserError` for one that dies again and again."""
        for child in self._children.values():
            if child.process is not None and (status := child.process.poll()) is not None:
                self._died(child, status)
            if child.process is None and not child.ended and self._clock.monotonic() >= child.due_s:
                self._start(child)

    def remove(self, name: str, grace_s: float) -> None:
        """End one child in good order: what it has in hand is finished."""
        self._end([self._children.pop(name)], grace_s)

    def stop(self, grace_s: float) -> None:
        """End all: a signal to each, `grace_s` seconds to finish what is in hand, then the hard way."""
        self._end(list(self._children.values()), grace_s)

    def _end(self, children: Sequence[Child], grace_s: float) -> None:
        running = [(child, child.process) for child in children if child.process is not None]
        for _, process in running:
            process.send_signal(signal.SIGTERM)
        until = self._clock.monotonic() + grace_s
        for child, process in running:
            try:
                process.wait(max(0.0, until - self._clock.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} did not finish within {grace_s:.0f} s and was killed; nothing is lost")
                process.kill()
                process.wait()
            child.process, child.ended = None, True
        self._tell()

    def _start(self, child: Child) -> None:
        with self._log(child).open("ab") as log:
            child.process = subprocess.Popen(
                [*child.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._own(child),
                start_new_session=True,
            )  # fmt: skip
        child.started_s = self._clock.monotonic()

    def _own(self, child: Child) -> dict[str, str]:
        """The child's environment, with a port of its own in it."""
        if self._targets is None:
            return dict(self._environment)
        if not child.port or not is_free(child.port):
            taken = {other.port for other in self._children.values()}
            child.port = free_port(taken)
            self._tell()
        return {**self._environment, "NHR_METRICS": f"{LOOPBACK}:{child.port}"}

    def _tell(self) -> None:
        if self._targets is not None:
            alive = [child for child in self._children.values() if child.port and not child.ended]
            write(self._targets, [Target(child.name.rpartition("-")[0], child.port) for child in alive])

    def _died(self, child: Child, status: int) -> None:
        child.process = None
        if child.ends and status == 0:
            child.ended = True
            self._tell()
            return
        now = self._clock.monotonic()
        gave_up = status > 0 and now - child.started_s <= SETTLED_S  # a signal is somebody else's doing
        child.early_ends = child.early_ends + 1 if gave_up else 0
        why = self._last_line(child)
        if child.early_ends >= HOPELESS:
            raise UserError(f"{child.name} ended {HOPELESS} times in a row ({why})", f"see {self._log(child)}")
        pause = min(LONGEST_PAUSE_S, SHORTEST_PAUSE_S * 2.0**child.early_ends)
        child.due_s = now + pause
        self.restarts += 1
        self._say(f"{child.name} ended ({_reason(status)}: {why}); starting it again in {pause:g} s")

    def _log(self, child: Child) -> Path:
        return self._logs / f"{child.name}.log"

    def _last_line(self, child: Child) -> str:
        data = b""
        with self._log(child).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            data = file.read()
        lines = data.decode(errors="replace").split("\n")
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "said nothing")


def _reason(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
