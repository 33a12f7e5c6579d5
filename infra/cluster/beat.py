"""What a process of the cluster says of itself every few seconds, for `nhr status`; and what it is told is paused."""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.metrics import Metrics
from infra.runtime.control import LOOK_EVERY_S, Control
from schemas import metrics
from schemas.errors import NhrError
from schemas.ports import Change, Clock, Ledgers

FORMAT = 1
BEAT_EVERY_S = 10.0
SILENT_S = 6 * BEAT_EVERY_S
"""A process that was not heard of for so long is gone."""

log = logging.getLogger(__name__)


class Beat(BaseModel):
    """A process: who and where it is, since when (Unix seconds), what it did, what troubles it.

    `steps` holds the seconds of its latest steps at the median and the 95th percentile, `jobs` its jobs by outcome,
    `metrics` is where it tells its metrics (HOST:PORT), if anywhere.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    role: str
    name: str
    host: str
    pid: int
    started: float
    at: float
    model: str = ""
    trouble: str = ""
    jobs: Mapping[str, int] = {}
    p50_s: float | None = None
    p95_s: float | None = None
    busy_s: float = 0.0
    metrics: str = ""


class Beating:
    """Writes this process's beat, and looks at what is paused, on a thread of its own; an outage only delays it."""

    def __init__(
        self, notes: Ledgers, control: Control, meters: Metrics, clock: Clock, role: str, name: str,
        model: str = "", trouble: Callable[[], str] = lambda: "", each: Callable[[], None] = lambda: None,
        address: str = "",
    ) -> None:  # fmt: skip
        """`each` is called every time it looks at what is paused; `address` is where metrics are told."""
        self._notes, self._control, self._meters, self._clock = notes, control, meters, clock
        self._role, self._model, self._trouble, self._each = role, model, trouble, each
        self._host, self._address = socket.gethostname(), address
        self._name = f"{role}/{self._host}/{name}"  # other machines number their processes, too
        self._started = clock.now()
        self._version = 0
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Beat until the end of the block."""
        thread = threading.Thread(target=self._run, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(BEAT_EVERY_S)
            with suppress(NhrError):
                self.say(closed=True)

    def say(self, closed: bool = False) -> None:
        """Write the beat now; `closed`: the last one."""
        data = self._beat().model_dump_json().encode()
        for _ in range(2):
            if not self._notes.save([Change(self._name, data, self._version, closed)]):
                self._version += 1
                return
            saved = self._notes.load([self._name]).get(self._name)  # a predecessor's, of the same name
            self._version = saved.version if saved else 0

    def _run(self) -> None:
        beat_at = 0.0
        while not self._over.wait(LOOK_EVERY_S):
            try:
                self._each()
                self._control.look()
                if self._clock.monotonic() >= beat_at:
                    self.say()
                    beat_at = self._clock.monotonic() + BEAT_EVERY_S
            except NhrError as error:
                log.warning("cannot tell how this process is: %s", error)

    def _beat(self) -> Beat:
        jobs = {outcome: int(n) for (_, outcome), n in self._meters.totals(metrics.JOBS).items()}
        middle, late = self._meters.quantiles(metrics.STEP, (0.5, 0.95))
        return Beat(
            role=self._role, name=self._name, host=self._host, pid=os.getpid(), started=self._started,
            at=self._clock.now(), model=self._model, trouble=self._trouble(), jobs=jobs, p50_s=middle, p95_s=late,
            busy_s=sum(self._meters.totals(metrics.BUSY).values()), metrics=self._address,
        )  # fmt: skip


def beats(notes: Ledgers, now: float) -> list[Beat]:
    """The processes heard of lately, by name; those silent for an hour are put out of the way."""
    names = list(notes.names("open"))
    found = []
    for name, saved in sorted(notes.load(names).items()):
        try:
            beat = Beat.model_validate(json.loads(saved.data))
        except (ValidationError, ValueError):
            continue  # of a newer NHR
        if now - beat.at > 3600:
            notes.save([Change(name, saved.data, saved.version, closed=True)])
        elif now - beat.at <= SILENT_S:
            found.append(beat)
    return found
