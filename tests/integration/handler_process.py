"""Some handlers of the pipeline in a process of their own, on a shared folder; it may stop itself where that hurts.

python handler_process.py FOLDER GROUP,GROUP,... [POINT NUMBER]

At POINT of its NUMBER-th batch the process stops itself (SIGSTOP): after "begin" (jobs in hand), before "publish",
before "settle" (messages out, ledgers not saved), before "ack". It drains when its standard input ends. It is never
stopped within a transaction, for then nobody else can write: the others end after a minute, saying so.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.blobs.folder import FolderBlobs
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.inhand import InHand
from infra.runtime.loop import Loop
from infra.runtime.spending import Till
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE, Stores, Watch, crew, handlers
from schemas.ports import Delivery, Handler, Outgoing
from streams.rules import policy

LEASE_S = 1.0
PROMPTER = "null"


class Stopping:
    """Stops the process at a point of a batch, once."""

    def __init__(self, point: str, number: int) -> None:
        self._point, self._left = point, number

    def at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if not self._left:
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # this very thread goes no further


class Stopped:
    """A handler within a process that may stop."""

    def __init__(self, inner: Handler[Any], stopping: Stopping) -> None:
        self._inner, self._stopping = inner, stopping
        self.topic, self.group = inner.topic, inner.group
        self.linger_s, self.overlaps = inner.linger_s, inner.overlaps

    @property
    def batch(self) -> int:
        return self._inner.batch

    @property
    def due_s(self) -> float | None:
        return self._inner.due_s

    def start(self) -> None:
        self._inner.start()

    def begin(self, deliveries: Sequence[Delivery]) -> Any:
        work = self._inner.begin(deliveries)
        self._stopping.at("begin")
        return work

    def step(self, work: Any) -> None:
        self._inner.step(work)

    def finish(self, work: Any) -> list[Outgoing]:
        outputs = self._inner.finish(work)
        self._stopping.at("publish")
        return outputs

    def settle(self, work: Any) -> Sequence[Delivery]:
        self._stopping.at("settle")
        done = self._inner.settle(work)
        self._stopping.at("ack")
        return done


def stores(folder: Path) -> tuple[Stores, Database]:
    """The stores of a folder, without its lock."""
    database = Database(folder / DATABASE)
    bus = SqliteBus(database, SystemClock(), lease_s=LEASE_S)
    blobs = FolderBlobs(folder, fsync=False)
    return Stores(bus, blobs, SqliteLedgers(database), SqliteLedgers(database, "cursors")), database


def main(folder: Path, groups: Sequence[str], stopping: Stopping) -> None:
    """Run the handlers of the groups until standard input ends."""
    shared, database = stores(folder)
    in_hand = InHand(shared.cursors, f"/in-hand/{os.getpid()}")
    made = handlers(
        shared, crew(PROMPTER, {}, {}), policy.read("paper"), Metrics(), SystemClock(), in_hand,
        Watch(lambda _event: None, lambda _triplet: None), Settings(fsync=False), Till(shared.cursors, SystemClock()),
    )  # fmt: skip
    stop = threading.Event()
    threads = [
        threading.Thread(target=Loop(Stopped(one, stopping), shared.bus, Metrics(), SystemClock(), stop).run)
        for one in made
        if one.group in groups
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    database.close()


if __name__ == "__main__":
    where, which, *rest = sys.argv[1:]
    point, number = rest or ("", "0")
    main(Path(where), which.split(","), Stopping(point, int(number)))
