"""Whether a process is alive and at work, as its own threads tell it.

Alive means that no thread is stuck: each turned lately, or is inside something that may take long (a step of the model,
a wait for brokers). A service that is away is no reason to be restarted, for the next life would only wait for it too.
Ready means that every thread has what it needs: the model is loaded, the group was joined.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from schemas.ports import Clock

LATELY_S = 360.0
"""Seconds within which a thread turns, be it that its stores answer slowly; in a cluster `Settings.busy_s` says."""
STEP_S = 7200.0
"""A step of a model that takes longer hangs."""


class Pulse:
    """One thread, which says that it goes on; `lacks` is what it still waits for, in words, "" once it is ready."""

    def __init__(self, name: str, clock: Clock, lately_s: float, lacks: str) -> None:
        self.name, self.lacks = name, lacks
        self._clock, self._lately_s = clock, lately_s
        self.turned()

    def turned(self, rests_s: float = 0.0) -> None:
        """It went on; it may rest for so long before it does again."""
        self._last = self._clock.monotonic()
        self._due = self._last + self._lately_s + rests_s

    @contextmanager
    def within(self, most_s: float = inf) -> Iterator[None]:
        """Around what may take up to `most_s` seconds."""
        self._due = self._clock.monotonic() + most_s
        yield
        self.turned()

    @property
    def trouble(self) -> str:
        """Why this thread seems stuck; "" when it does not."""
        now = self._clock.monotonic()
        return f"{self.name} has not gone on for {now - self._last:.0f} s" if now > self._due else ""


class Health:
    """The threads of a process; asked by whoever serves HTTP. Once `stop` is set, it takes no more work."""

    def __init__(self, clock: Clock, stop: threading.Event, lately_s: float = LATELY_S) -> None:
        self._clock, self._stop, self._lately_s = clock, stop, lately_s
        self._pulses: tuple[Pulse, ...] = ()
        self._lock = threading.Lock()

    def pulse(self, name: str, lacks: str = "") -> Pulse:
        """One more thread to be heard of until it is `over`."""
        made = Pulse(name, self._clock, self._lately_s, lacks)
        with self._lock:
            self._pulses += (made,)
        return made

    def over(self, *pulses: Pulse) -> None:
        """These threads have ended, as they should."""
        with self._lock:
            self._pulses = tuple(one for one in self._pulses if one not in pulses)

    @property
    def trouble(self) -> str:
        """Why this process had better be ended; "" while it is alive."""
        return next((one.trouble for one in self._pulses if one.trouble), "")

    @property
    def unready(self) -> str:
        """Why it is not at work; "" while it is."""
        if self._stop.is_set():
            return "stopping"
        if not self._pulses:
            return "starting"
        return next((f"{one.name}: {one.lacks}" for one in self._pulses if one.lacks), "") or self.trouble
