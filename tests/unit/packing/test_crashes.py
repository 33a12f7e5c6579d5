"""A packer that dies at any write leaves a whole data set, and the next one makes it what it would have been."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest

from infra.blobs.folder import FolderBlobs
from infra.blobs.memory import MemoryBlobs
from schemas.ports import Blobs
from streams import retractions
from streams.dataset import manifests, orphans
from streams.dataset.intents import COLLECTING, GRACE_S, INTENTS
from streams.retractions import Retraction
from tests.contract.clocks import FakeClock
from tests.unit.packing.crashing import Died, Dying
from tests.unit.packing.shelves import announced, check, name, pack, packed, put, unannounced

Work = Callable[[Blobs, FakeClock], object]
WANTED = sorted(name(number) for number in range(11) if number not in {1, 6})


def begun(blobs: Blobs) -> None:
    """Two shards are packed, one triplet of each is taken back, others came."""
    put(blobs, range(8))
    pack(blobs)
    for number in (1, 6):
        retractions.retract(blobs, Retraction(target="triplet", value=name(number), reason="because", at=0.0))
    put(blobs, range(11))


def new_ones(blobs: Blobs, clock: FakeClock) -> None:
    pack(blobs, clock=clock)


def anew(blobs: Blobs, clock: FakeClock) -> None:
    pack(blobs, clock=clock, rebuild=True)


def copied(blobs: MemoryBlobs) -> MemoryBlobs:
    other = MemoryBlobs()
    for key in blobs.list(""):
        other.put(key, blobs.get(key))
    return other


def settled(blobs: Blobs, work: Work, clock: FakeClock) -> None:
    """Whatever was left by the dead is mended by those who come after, and collected in time."""
    check(blobs)
    work(blobs, clock)
    check(blobs)
    assert packed(blobs) == WANTED
    clock.advance(GRACE_S)
    before = announced(blobs)
    orphans.collect(blobs, clock)
    assert announced(blobs) == before
    check(blobs)
    assert (unannounced(blobs), list(blobs.list(INTENTS)), list(blobs.list(COLLECTING))) == ([], [], [])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("work", [new_ones, anew])
def test_whoever_dies_at_any_write_leaves_nothing_half(work: Work, after: bool) -> None:
    start = MemoryBlobs()
    begun(start)
    calm = copied(start)
    work(calm, FakeClock())
    for at in count():
        blobs, clock = copied(start), FakeClock()
        try:
            work(Dying(blobs, at, after), clock)
        except Died:
            settled(blobs, work, clock)
        else:
            break
        if work is anew:
            assert announced(blobs) == announced(calm)
    assert at > 10


def test_whoever_dies_at_any_write_into_a_folder_leaves_nothing_half(tmp_path: Path) -> None:
    begun(FolderBlobs(tmp_path / "start", fsync=False))
    for at in count():
        copytree(tmp_path / "start", tmp_path / f"at {at}")
        blobs, clock = FolderBlobs(tmp_path / f"at {at}", fsync=False), FakeClock()
        try:
            new_ones(Dying(blobs, at, at % 2 == 1), clock)
        except Died:
            settled(blobs, new_ones, clock)
        else:
            break
    assert at > 10


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whoever_dies_while_collecting_leaves_what_stands(after: bool) -> None:
    start, clock = MemoryBlobs(), FakeClock()
    begun(start)
    new_ones(start, clock)
    anew(start, clock)
    clock.advance(GRACE_S)
    for at in count():
        blobs = copied(start)
        try:
            orphans.collect(Dying(blobs, at, after), clock)
        except Died:
            check(blobs)
            later = FakeClock()
            later.time = clock.time + GRACE_S
            orphans.collect(blobs, later)
            assert (unannounced(blobs), list(blobs.list(INTENTS)), list(blobs.list(COLLECTING))) == ([], [], [])
            assert manifests.read(blobs) == manifests.read(start)
        else:
            break
    assert at > 10
