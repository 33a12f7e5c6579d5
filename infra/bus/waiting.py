"""How a poll waits: woken by publishers of its own process, looking again now and then for all others."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FIRST_LOOK_S, LAST_LOOK_S = 0.05, 0.25


class Bell:
    """Counts how often something new came, and wakes whoever waits for it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rung = 0

    @property
    def rung(self) -> int:
        """How often it rang; take it before looking, so that no ring between looking and waiting is missed."""
        return self._rung

    def ring(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> bool:
        """Wait until it has rung more than `seen` times; False when `timeout_s` passed first."""
        with self._condition:
            return self._condition.wait_for(lambda: self._rung != seen, timeout_s)


def first_of(look: Callable[[], list[T]], bell: Bell, timeout_s: float) -> list[T]:
    """What `look` finds, waiting at most `timeout_s` for it to find anything.

    Waiting goes by the machine's clock, not by the one passed to the bus: a thread truly sleeps here.
    """
    deadline = time.monotonic() + timeout_s
    pause = FIRST_LOOK_S
    while True:
        seen = bell.rung
        found = look()
        left = deadline - time.monotonic()
        if found or left <= 0:
            return found
        if not bell.wait(seen, min(pause, left)):
            pause = min(2 * pause, LAST_LOOK_S)
