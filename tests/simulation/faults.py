"""What can go wrong in the simulator, how often, and stores that crash their caller.

Transient faults come by a seeded generator; a calm run has none of them. Lasting ones (a job that is rejected, brings
out a bug, kills its process, or is judged wrongly) hang on the job's name, so that a calm run has the same.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.ledgers.memory import MemoryLedgers
from infra.runtime.inhand import InHand
from schemas.ports import Blobs, Change, Ledgers, Saved


class Crash(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Lasting:
    """Shares of jobs that go wrong whenever they are done, by their names."""

    reject: float = 0.0
    bug: float = 0.0
    deadly: float = 0.0
    wrong: float = 0.0


@dataclass
class Faults:
    """Shares of store operations, turns, calls or messages at which something goes wrong; `counts` says how often.

    `outages` maps a worker kind to the times (Unix seconds) between which its service answers nothing.
    """

    rng: random.Random
    lasting: Lasting = Lasting()
    crash: float = 0.0
    duplicates: float = 0.0
    stall: float = 0.0
    flaky: float = 0.0
    glitch: float = 0.0
    junk: float = 0.0
    outages: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    armed: bool = True
    dying: bool = False
    sheltered: bool = False
    glitched: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def maybe(self) -> None:
        """Crash the caller, sometimes."""
        if self.armed and not self.sheltered and self.rng.random() < self.crash:
            self.die("crash")

    def die(self, why: str) -> None:
        """End the process of whoever calls: nothing of it acts any more."""
        self.counts[why] += 1
        self.dying = True
        raise Crash

    def happens(self, what: str, share: float) -> bool:
        """Whether a transient fault comes now."""
        if not self.armed or self.rng.random() >= share:
            return False
        self.counts[what] += 1
        return True


class Fragile:
    """Blobs that crash their caller before or after they act."""

    def __init__(self, inner: Blobs, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def put(self, key: str, data: bytes) -> bool:
        self._faults.maybe()
        created = self._inner.put(key, data)
        self._faults.maybe()
        return created

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def put_file(self, key: str, path: Path) -> bool:
        return self.put(key, path.read_bytes())

    def get(self, key: str) -> bytes:
        self._faults.maybe()
        return self._inner.get(key)

    def fetch(self, key: str, path: Path) -> None:
        path.write_bytes(self.get(key))

    def has(self, key: str) -> bool:
        return self._inner.has(key)

    def copy(self, source: str, key: str) -> bool:
        self._faults.maybe()
        created = self._inner.copy(source, key)
        self._faults.maybe()
        return created

    def list(self, prefix: str) -> Iterator[str]:
        return self._inner.list(prefix)

    def delete(self, key: str) -> None:
        self._inner.delete(key)


class FragileLedgers:
    """Ledgers that crash their caller before or after they act, and save only some of a batch before that."""

    def __init__(self, inner: MemoryLedgers, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        return self._inner.load(names)

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        lost: set[str] = set()
        for change in changes:
            self._faults.maybe()
            lost |= self._inner.save([change])
        self._faults.maybe()
        return frozenset(lost)

    def names(self, state: Any) -> Iterator[str]:
        return self._inner.names(state)

    def count(self, state: Any) -> int:
        return self._inner.count(state)


class Notes:
    """Notes of jobs in hand that a dying process can no longer tidy up."""

    def __init__(self, inner: MemoryLedgers, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        return self._inner.load(names)

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        if self._faults.dying:
            return frozenset()
        note = changes[0]
        self._faults.sheltered = b"\xa5alone\xa0" not in note.data
        return self._inner.save(changes)

    def names(self, state: Any) -> Iterator[str]:
        return self._inner.names(state)

    def count(self, state: Any) -> int:
        return self._inner.count(state)


def in_hand(notes: Ledgers, slot: str) -> InHand:
    """The note of the process in `slot`. A job that runs alone is spared the crashes that come from outside."""
    return InHand(notes, f"/in-hand/{slot}")
