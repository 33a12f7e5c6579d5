"""Ledgers in memory, for tests and the simulator."""

import threading
from collections.abc import Iterator, Sequence
from typing import Literal

from schemas.ports import Change, Saved


class MemoryLedgers:
    """Documents by name, with compare-and-set; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._saved: dict[str, Saved] = {}
        self._names: dict[bool, set[str]] = {False: set(), True: set()}

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        """Those of `names` that exist."""
        with self._lock:
            return {name: self._saved[name] for name in names if name in self._saved}

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        """Apply each change whose `expected` version holds; returns the names of those that lost."""
        with self._lock:
            return frozenset(change.name for change in changes if not self._apply(change))

    def _apply(self, change: Change) -> bool:
        saved = self._saved.get(change.name)
        if change.expected != (saved.version if saved else 0):
            return False
        self._saved[change.name] = Saved(change.data, change.expected + 1)
        self._names[not change.closed].discard(change.name)
        self._names[change.closed].add(change.name)
        return True

    def names(self, state: Literal["open", "closed"]) -> Iterator[str]:
        """Names of open or closed documents, sorted, as of the first one."""
        with self._lock:
            found = sorted(self._names[state == "closed"])
        yield from found

    def count(self, state: Literal["open", "closed"]) -> int:
        """How many documents are open or closed."""
        return len(self._names[state == "closed"])
