"""Packers that share a store, one write at a time in a seeded order; some die on the way."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from schemas.ports import Blobs

STUCK_S = 20.0
DEADLY = 0.02


class Killed(BaseException):
    """A process ended at once."""


class Process:
    """A thread that works over the store, and waits for its turn before every write and every look at a folder."""

    def __init__(self, inner: Blobs, work: Callable[[Blobs], object]) -> None:
        self._inner, self._dies = inner, False
        self._go, self.parked = threading.Semaphore(0), threading.Semaphore(0)
        self.done, self.errors = False, list[BaseException]()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self.settle()

    def step(self, dies: bool) -> None:
        """Let it go on to its next turn, or end it here."""
        self._dies = dies
        self._go.release()
        self.settle()

    def settle(self) -> None:
        assert self.parked.acquire(timeout=STUCK_S)

    def _run(self, work: Callable[[Blobs], object]) -> None:
        try:
            work(self)
        except Killed:
            pass
        except BaseException as error:
            self.errors.append(error)
        finally:
            self.done = True
            self.parked.release()

    def _turn(self) -> None:
        if threading.current_thread() is not self._thread:  # one that reads ahead
            return
        self.parked.release()
        assert self._go.acquire(timeout=STUCK_S)
        if self._dies:
            raise Killed

    # --- the store ----------------------------------------------------------------------------------------------------

    def put(self, key: str, data: bytes) -> bool:
        self._turn()
        return self._inner.put(key, data)

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def put_file(self, key: str, path: Path) -> bool:
        self._turn()
        return self._inner.put_file(key, path)

    def delete(self, key: str) -> None:
        self._turn()
        self._inner.delete(key)

    def list(self, prefix: str) -> Iterator[str]:
        self._turn()
        return self._inner.list(prefix)

    def get(self, key: str) -> bytes:
        return self._inner.get(key)

    def fetch(self, key: str, path: Path) -> None:
        self._inner.fetch(key, path)

    def has(self, key: str) -> bool:
        return self._inner.has(key)

    def copy(self, source: str, key: str) -> bool:
        return self._inner.copy(source, key)


def play(rng: random.Random, blobs: Blobs, works: list[Callable[[Blobs], object]], check: Callable[[], None]) -> None:
    """Run all to their ends in a random order; `check` is called after every step. Raises what one of them raised."""
    processes = [Process(blobs, work) for work in works]
    while waiting := [process for process in processes if not process.done]:
        rng.choice(waiting).step(rng.random() < DEADLY)
        check()
    for error in (error for process in processes for error in process.errors):
        raise error
