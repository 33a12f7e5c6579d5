"""The packer as a stream: full or late, it packs what stands, and acknowledges nothing before that is announced."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.metrics import Metrics
from infra.packing import Packing
from infra.runtime.loop import Loop
from schemas import codec, topics
from schemas.ports import Delivery
from streams.packer import Gathered, Packer
from tests.contract.clocks import FakeClock
from tests.large_shelf import SIDE
from tests.unit.packing.crashing import Died, Dying
from tests.unit.packing.shelves import LARGE, check, filled, name, packed, put
from tests.unit.streams.delivering import deliveries, junk

WAIT_S = 3600.0
FULL = 10 * 2 * SIDE * SIDE
"""Bytes that ten triplets fill, as a packer thinks before it has packed any."""


class Stream:
    """A packer's handler over a shelf."""

    def __init__(self, blobs: MemoryBlobs | Dying, folder: Path, clock: FakeClock, size: int = FULL) -> None:
        packing = Packing(blobs, folder, clock, 1)
        self.clock, self.handler = clock, Packer(blobs, packing.pack, clock, size, WAIT_S)

    def takes(self, *given: Delivery) -> list[int]:
        """Take a batch; gives the offsets that are done."""
        work = self.handler.begin(given)
        self.handler.step(work)
        assert self.handler.finish(work) == []
        return sorted(one.offset for one in self.handler.settle(work))


def sent(numbers: Iterable[int]) -> list[Delivery]:
    """These triplets, each at the offset of its number."""
    return [deliveries(LARGE.triplet(number), first=number)[0] for number in numbers]


def test_nothing_is_acknowledged_or_packed_before_a_shard_is_full(tmp_path: Path) -> None:
    blobs = filled(range(12))
    stream = Stream(blobs, tmp_path, FakeClock())
    assert (stream.takes(*sent(range(9))), packed(blobs)) == ([], [])
    assert stream.takes(*sent([9])) == list(range(10))
    assert packed(blobs) == [name(number) for number in range(10)]
    assert stream.handler.due_s is None
    check(blobs)


def test_what_fills_no_shard_is_packed_in_time(tmp_path: Path) -> None:
    blobs, clock = filled(range(3)), FakeClock()
    stream = Stream(blobs, tmp_path, clock)
    stream.takes(*sent(range(3)))
    assert stream.handler.due_s == clock.monotonic() + WAIT_S
    clock.advance(WAIT_S)
    assert stream.takes() == [0, 1, 2]
    assert packed(blobs) == [name(0), name(1), name(2)]


def test_what_the_collector_has_not_shelved_yet_is_held_until_it_has(tmp_path: Path) -> None:
    blobs, clock = filled(range(2)), FakeClock()
    stream = Stream(blobs, tmp_path, clock)
    stream.takes(*sent(range(3)))
    clock.advance(WAIT_S)
    assert stream.takes() == [0, 1]
    assert stream.handler.due_s is not None
    put(blobs, [2])
    clock.time = stream.handler.due_s
    assert stream.takes() == [2]
    assert packed(blobs) == [name(0), name(1), name(2)]


def test_what_is_delivered_again_is_acknowledged_and_packed_once(tmp_path: Path) -> None:
    blobs, clock = filled(range(2)), FakeClock()
    stream = Stream(blobs, tmp_path, clock)
    for _ in range(2):
        stream.takes(*sent(range(2)), *sent(range(1)))
        clock.advance(WAIT_S)
        assert stream.takes() == [0, 0, 1]
    assert packed(blobs) == [name(0), name(1)]


def test_bytes_that_are_no_triplet_hold_up_nothing(tmp_path: Path) -> None:
    assert Stream(MemoryBlobs(), tmp_path, FakeClock()).takes(junk(topics.TRIPLETS, 7)) == [7]


def test_it_learns_how_large_pictures_are(tmp_path: Path) -> None:
    blobs, clock = filled(range(30)), FakeClock()
    stream = Stream(blobs, tmp_path, clock)
    stream.takes(*sent(range(10)))
    assert len(packed(blobs)) == 10
    assert stream.takes(*sent(range(10, 14))) == [10, 11, 12, 13]  # four of them fill it, not ten


@pytest.mark.parametrize("at", range(5))
def test_whoever_is_killed_at_any_write_loses_nothing_and_packs_nothing_twice(tmp_path: Path, at: int) -> None:
    blobs, clock = filled(range(10)), FakeClock()
    with pytest.raises(Died):
        Stream(Dying(blobs, at, after=at % 2 == 1), tmp_path, clock).takes(*sent(range(10)))
    after = Stream(blobs, tmp_path, clock)
    assert after.takes(*sent(range(10))) == list(range(10))
    assert packed(blobs) == [name(number) for number in range(10)]
    check(blobs)


def test_in_the_loop_it_acknowledges_what_it_packed(tmp_path: Path) -> None:
    blobs, clock, stop = filled(range(10)), FakeClock(), threading.Event()
    bus = MemoryBus(clock)
    bus.publish([codec.outgoing(LARGE.triplet(number)) for number in range(10)])

    class Stopping(Packer):
        """Stops once all is packed."""

        def settle(self, work: Gathered) -> Sequence[Delivery]:
            done = super().settle(work)
            if len(packed(blobs)) == 10:
                stop.set()
            return done

    handler = Stopping(blobs, Packing(blobs, tmp_path, clock, 1).pack, clock, FULL, WAIT_S)
    Loop(handler, bus, Metrics(), clock, stop).run()
    assert packed(blobs) == [name(number) for number in range(10)]
    assert bus.subscribe(topics.TRIPLETS.name, "packer").poll(10, 0.0) == []
