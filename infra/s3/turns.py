"""Turns at something of which there are only so many: first come, first served."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """At most `count` hold one at a time; whoever has waited longest is next, so nobody waits while others go round."""

    def __init__(self, count: int) -> None:
        self._count, self._free = count, count
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def one(self, timeout_s: float) -> Iterator[None]:
        """Hold a turn; raises `TimeoutError` when none comes in time."""
        if not self._taken(timeout_s):
            raise TimeoutError(f"{self._count} requests are under way and none ends")
        try:
            yield
        finally:
            self._given_back()

    def _taken(self, timeout_s: float) -> bool:
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        if ticket.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if ticket not in self._waiting:
                return True  # it came in this very moment
            self._waiting.remove(ticket)
        return False

    def _given_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
