"""Orphans go after the grace period, and nothing that is announced, or may still be, ever does."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from streams.dataset import intents, manifests, orphans
from streams.dataset.intents import COLLECTING, GRACE_S, INTENTS, Intents
from streams.dataset.packing import Packer
from tests.contract.clocks import FakeClock
from tests.unit.packing.crashing import Died, Dying
from tests.unit.packing.shelves import OPTIONS, announced, check, filled, pack, packed, put, unannounced


def left_by_the_dead(clock: FakeClock) -> MemoryBlobs:
    """A shelf whose packer died just before its first manifest: intent and three files."""
    blobs = filled(range(4))
    with pytest.raises(Died):
        pack(Dying(blobs, 4, after=False), clock=clock)
    assert len(unannounced(blobs)) == 3
    return blobs


def test_what_the_dead_left_goes_after_the_grace_period_and_not_before() -> None:
    clock = FakeClock()
    blobs = left_by_the_dead(clock)
    clock.advance(GRACE_S - 1)
    assert orphans.collect(blobs, clock).keys == ()
    clock.advance(1)
    assert len(orphans.collect(blobs, clock).keys) == 3
    assert list(blobs.list("packed/")) == []


def test_what_is_dropped_goes_a_grace_period_after_it_was_dropped() -> None:
    clock, blobs = FakeClock(), filled(range(3))
    pack(blobs, clock=clock)
    clock.advance(2 * GRACE_S)
    put(blobs, range(6))
    pack(blobs, clock=clock, rebuild=True)
    assert orphans.collect(blobs, clock).keys == ()
    clock.advance(GRACE_S)
    assert len(orphans.collect(blobs, clock).keys) == 3
    check(blobs)


def test_a_try_says_what_would_go_and_deletes_nothing() -> None:
    clock = FakeClock()
    blobs = left_by_the_dead(clock)
    clock.advance(GRACE_S)
    before = list(blobs.list(""))
    assert len(orphans.collect(blobs, clock, dry_run=True).keys) == 3
    assert list(blobs.list("")) == before


def test_without_grace_all_goes_at_once() -> None:
    clock = FakeClock()
    blobs = left_by_the_dead(clock)
    assert len(orphans.collect(blobs, clock, grace_s=0.0).keys) == 3


def test_what_nobody_told_of_stays() -> None:
    clock, blobs = FakeClock(), filled(range(2))
    blobs.put(f"{manifests.PARQUET}mine.parquet", b"")
    assert orphans.collect(blobs, clock, grace_s=0.0).keys == ()
    assert orphans.why(blobs, clock.now())(f"{manifests.PARQUET}mine.parquet") == orphans.FOREIGN


def test_what_the_dead_left_and_another_wants_again_stays() -> None:
    clock = FakeClock()
    blobs = left_by_the_dead(clock)
    clock.advance(GRACE_S)
    pack(blobs, clock=clock)
    before = announced(blobs)
    assert (orphans.collect(blobs, clock).keys, announced(blobs)) == ((), before)


def test_a_slow_packer_tells_its_intent_anew_before_others_may_collect() -> None:
    clock, blobs = FakeClock(), filled(range(12))

    class Slow(MemoryBlobs):
        """A third of the grace passes with each shard, and somebody collects all the time."""

        def put_file(self, key: str, path: Path) -> bool:
            if key.startswith(manifests.PARQUET):
                clock.advance(GRACE_S / 3)
            orphans.collect(self, clock)
            return super().put_file(key, path)

    slow = Slow()
    for key in blobs.list(""):
        slow.put(key, blobs.get(key))
    pack(slow, clock=clock, rebuild=True)
    assert (len(packed(slow)), len(check(slow).shards)) == (12, 3)


def test_whoever_was_slower_than_the_grace_announces_nothing_that_is_gone() -> None:
    clock, blobs = FakeClock(), MemoryBlobs()
    mine = Intents(blobs, clock, GRACE_S)
    mine.declare(["packed/ids/a"])
    blobs.put("packed/ids/a", b"")
    clock.advance(GRACE_S)
    assert orphans.collect(blobs, clock).keys == ("packed/ids/a",)
    with pytest.raises(UserError, match=r"packed/ids/a was collected before it was announced"):
        mine.confirm()


def test_a_packer_gives_way_to_whoever_is_collecting_its_files() -> None:
    clock, blobs = FakeClock(), filled(range(4))
    first = pack(blobs, clock=clock).added[0]
    other = filled(range(4))
    intents.tell(other, COLLECTING, [first.ids.key], clock.now())
    with pytest.raises(UserError, match="are just being collected; pack again in a minute"):
        pack(other, clock=clock)
    clock.advance(GRACE_S)
    assert pack(other, clock=clock).packed == 4


def test_a_collector_gives_way_to_a_packer_that_told_its_intent_meanwhile() -> None:
    clock = FakeClock()
    left = left_by_the_dead(clock)

    class Meanwhile(MemoryBlobs):
        """A packer tells its intent after the collector has looked, and before it says what it will delete."""

        def put(self, key: str, data: bytes) -> bool:
            if key.startswith(COLLECTING):
                intents.tell(self, INTENTS, orphans.files(self), clock.now())
            return super().put(key, data)

    blobs = Meanwhile()
    for key in left.list(""):
        blobs.put(key, left.get(key))
    clock.advance(GRACE_S)
    assert orphans.collect(blobs, clock).keys == ()
    assert len(unannounced(blobs)) == 3


def test_a_slow_collector_stops_before_packers_no_longer_give_way_to_it() -> None:
    clock = FakeClock()
    left = left_by_the_dead(clock)

    class Slow(MemoryBlobs):
        def delete(self, key: str) -> None:
            super().delete(key)
            clock.advance(GRACE_S * 0.6)

    blobs = Slow()
    for key in left.list(""):
        blobs.put(key, left.get(key))
    clock.advance(GRACE_S)
    assert len(orphans.collect(blobs, clock).keys) == 1
    assert len(unannounced(blobs)) == 2


def test_damaged_intents_are_told_and_nothing_is_deleted() -> None:
    clock = FakeClock()
    blobs = left_by_the_dead(clock)
    blobs.put(f"{INTENTS}0000000001-x.json", b"{")
    clock.advance(GRACE_S)
    with pytest.raises(UserError, match=r"0000000001-x\.json is no intent"):
        orphans.collect(blobs, clock)
    assert len(unannounced(blobs)) == 3


def test_a_run_leaves_its_folder_empty() -> None:
    with TemporaryDirectory() as folder:
        Packer(filled(range(6)), Path(folder), FakeClock(), OPTIONS).pack()
        assert list(Path(folder).iterdir()) == []
