"""Two packers at once, and a collector among them: each triplet in one shard, nothing announced that is not there."""

import random

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.ports import Blobs
from streams import retractions
from streams.dataset import manifests, orphans
from streams.dataset.intents import GRACE_S
from streams.retractions import Retraction
from tests.contract.buses import together
from tests.contract.clocks import FakeClock
from tests.unit.packing.interleaving import play
from tests.unit.packing.shelves import OPTIONS, announced, check, filled, name, pack, packed, put, unannounced


def standing(blobs: Blobs) -> None:
    """All that is announced is there, and no triplet twice."""
    state = manifests.read(blobs)
    assert all(blobs.has(file.key) for shard in state.shards for file in shard.files)
    assert len(packed(blobs)) == len(set(packed(blobs)))


def test_many_packers_at_once_pack_each_triplet_once() -> None:
    blobs = filled(range(22))

    def packs() -> None:
        pack(blobs)

    together([packs] * 4)
    standing(blobs)
    assert packed(blobs) == sorted(map(name, range(22)))
    check(blobs)


@pytest.mark.parametrize("seed", range(5))
def test_packers_a_rebuild_and_a_collector_in_any_order_leave_a_whole_data_set(seed: int) -> None:
    rng, clock, blobs = random.Random(seed), FakeClock(), filled(range(7))
    pack(blobs, clock=clock)
    put(blobs, range(12))
    retractions.retract(blobs, Retraction(target="triplet", value=name(2), reason="because", at=0.0))
    pack(blobs, clock=clock, rebuild=True)
    clock.advance(GRACE_S)
    put(blobs, range(17))
    retractions.retract(blobs, Retraction(target="triplet", value=name(9), reason="because", at=0.0))

    def packs(store: Blobs) -> None:
        pack(store, clock=clock)

    def rebuilds(store: Blobs) -> None:
        pack(store, OPTIONS, clock, rebuild=True)

    def collects(store: Blobs) -> None:
        orphans.collect(store, clock)

    play(rng, blobs, [packs, packs, rebuilds if seed % 2 else packs, collects], lambda: standing(blobs))
    pack(blobs, clock=clock)
    check(blobs)
    assert packed(blobs) == sorted(name(number) for number in range(17) if number not in {2, 9})
    clock.advance(GRACE_S)
    before = announced(blobs)
    orphans.collect(blobs, clock)
    assert (announced(blobs), unannounced(blobs)) == (before, [])


def test_a_loser_packs_only_what_the_winner_left() -> None:
    class Beaten(MemoryBlobs):
        """Somebody else announces two of the four just before our manifest."""

        armed = True

        def put(self, key: str, data: bytes) -> bool:
            if self.armed and key == manifests.key(1):
                self.armed = False
                shelf = filled(range(2))
                pack(shelf)
                for one in shelf.list("packed/"):
                    super().put(one, shelf.get(one))
            return super().put(key, data)

    blobs = Beaten()
    put(blobs, range(4))
    outcome = pack(blobs)
    assert ([shard.rows for shard in outcome.state.shards], outcome.packed) == ([2, 2], 2)
    assert (len(unannounced(blobs)), packed(blobs)) == (3, sorted(map(name, range(4))))
