"""A process of its own on a shared database, that says on standard output what it did, for tests that kill it.

python bus_process.py FILE produce FIRST COUNT | consume | add TIMES
"""

import os
import sys
import threading
import time
from collections.abc import Callable

from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from schemas.ports import Change, Outgoing
from schemas.topics import TRIPLETS

BATCH = 50
POLL = 16
GROUP = TRIPLETS.groups[0]


class WallClock:
    """Real time, `ahead` seconds in the future."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead

    def now(self) -> float:
        return time.time() + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead


def tell(word: str, *numbers: int) -> None:
    """One line, written at once: a killed process leaves whole lines only."""
    os.write(1, f"{' '.join((word, *map(str, numbers)))}\n".encode())


def produce(path: str, first: int, count: int) -> None:
    bus = SqliteBus(path, WallClock())
    for start in range(first, first + count, BATCH):
        bus.publish([Outgoing(TRIPLETS.name, str(n % 7), b"%d" % n) for n in range(start, start + BATCH)])
        tell("published", start)
    bus.close()


def consume(path: str) -> None:
    """Take and acknowledge until standard input ends and nothing waits."""
    stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    bus = SqliteBus(path, WallClock())
    member = bus.subscribe(TRIPLETS.name, GROUP)
    while True:
        ending = stop.is_set()
        batch = member.poll(POLL, 0.05)
        if batch:
            tell("took", *(int(one.value) for one in batch))
            member.ack(batch[::2])
            member.ack(batch[1::2])
            tell("acked", *(int(one.value) for one in batch))
        elif ending:
            break
    member.close()
    bus.close()


def add(path: str, times: int) -> None:
    """Add 1 to one shared document, `times` times, by compare-and-set."""
    ledgers = SqliteLedgers(path)
    while times:
        saved = ledgers.load(["sum"]).get("sum")
        number, version = (int(saved.data), saved.version) if saved else (0, 0)
        times -= not ledgers.save([Change("sum", b"%d" % (number + 1), version)])
    ledgers.close()


if __name__ == "__main__":
    file, what, *rest = sys.argv[1:]
    steps: dict[str, Callable[..., None]] = {"produce": produce, "consume": consume, "add": add}
    steps[what](file, *map(int, rest))
