"""Prints what the embedded bus and stores cost; run `python -m tests.bench.bench_bus`."""

import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.blobs.folder import FolderBlobs
from infra.bus.memory import MemoryBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from schemas.ports import Bus, Change, Outgoing
from schemas.topics import TRIPLETS

Row = tuple[str, str]

MESSAGE_BYTES = 1024
LEDGER_BYTES = 2048
LEDGER_BATCH = 64


class Watch:
    """Wall and CPU seconds (user and system, all threads) of the blocks run under it."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.cpu = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu


def through(bus: Bus, batch: int, count: int) -> str:
    """Publish `count` messages and acknowledge them, `batch` at a time, on one thread."""
    member = bus.subscribe(TRIPLETS.name, TRIPLETS.groups[0])
    messages = [Outgoing(TRIPLETS.name, f"{i:032x}", os.urandom(MESSAGE_BYTES)) for i in range(batch)]
    publish, consume = Watch(), Watch()
    for _ in range(count // batch):
        with publish():
            bus.publish(messages)
        with consume():
            member.ack(member.poll(batch, 1.0))
    count -= count % batch
    rate = count / (publish.wall + consume.wall)
    cpu = f"CPU {1e6 * publish.cpu / count:.1f} + {1e6 * consume.cpu / count:.1f} µs each"
    return f"{rate:,.0f} messages/s ({cpu})"


def buses(folder: Path) -> Iterator[Row]:
    """Publish to acknowledge, 1 KiB messages."""
    clock = SystemClock()
    for batch, count in ((256, 51_200), (16, 16_000), (1, 2_000)):
        bus = SqliteBus(folder / f"bus-{batch}.sqlite", clock)
        yield f"SQLite bus, {MESSAGE_BYTES} bytes, batches of {batch}", through(bus, batch, count)
        bus.close()
    yield f"memory bus, {MESSAGE_BYTES} bytes, batches of 256", through(MemoryBus(clock), 256, 256_000)


def _name(number: int) -> str:
    return f"{number * 2654435761 % (1 << 32):032x}"  # scattered, as hashes are


def saves(store: SqliteLedgers, versions: list[int], among: Sequence[int], rounds: int = 100) -> str:
    """Saves per second of existing ledgers, random ones `among` those given."""
    watch, data, rng = Watch(), os.urandom(LEDGER_BYTES), random.Random(7)
    for _ in range(rounds):
        drawn = rng.sample(among, LEDGER_BATCH)
        changes = [Change(_name(number), data, versions[number]) for number in drawn]
        with watch():
            lost = store.save(changes)
        assert not lost
        for number in drawn:
            versions[number] += 1
    count = rounds * LEDGER_BATCH
    return f"{count / watch.wall:,.0f} saves/s (CPU {1e6 * watch.cpu / count:.1f} µs each)"


def ledgers(folder: Path) -> Iterator[Row]:
    """Saves in batches of 64, among the newest 1,000 (as the director does) and among all."""
    store, versions, data = SqliteLedgers(folder / "ledgers.sqlite"), list[int](), os.urandom(LEDGER_BYTES)
    for size in (100, 10_000, 100_000):
        for start in range(len(versions), size, 1000):
            store.save([Change(_name(number), data, 0) for number in range(start, min(size, start + 1000))])
        versions += [1] * (size - len(versions))
        newest = range(max(0, size - 1000), size)
        for which, among in (("the newest 1,000", newest), ("all", range(size))):
            what = f"SQLite ledgers, {LEDGER_BYTES} bytes, batches of {LEDGER_BATCH} of {which} among {size:,}"
            yield what, saves(store, versions, among)
    store.close()


def blobs(folder: Path) -> Iterator[Row]:
    """Create-only puts and copies of 256 KiB."""
    data, count = os.urandom(256 * 1024), 100
    for fsync in (True, False):
        store, put, copy = FolderBlobs(folder / f"blobs-{fsync}", fsync=fsync), Watch(), Watch()
        for i in range(count):
            with put():
                store.put(f"a/{i % 16:02x}/{i}", data)
            with copy():
                store.copy(f"a/{i % 16:02x}/{i}", f"b/{i % 16:02x}/{i}")
        times = f"put {1e3 * put.wall / count:.2f} ms, copy {1e3 * copy.wall / count:.2f} ms"
        yield f"folder blobs, 256 KiB, {'synced' if fsync else 'not synced'}, one thread", times


def rows() -> list[Row]:
    """What was measured, and the outcome."""
    with tempfile.TemporaryDirectory() as folder:
        return [row for part in (buses, ledgers, blobs) for row in part(Path(folder))]


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:76} {measured}")


if __name__ == "__main__":
    main()
