"""A rebuild is a function of the shelf alone: the same names and bytes, however its triplets came to be packed."""

from dataclasses import replace

import pytest

from infra.blobs.memory import MemoryBlobs
from streams import retractions
from streams.dataset import manifests
from streams.retractions import Retraction
from tests.unit.packing.shelves import OPTIONS, announced, check, name, names, pack, packed, put


def arrived(*batches: range) -> MemoryBlobs:
    """A shelf that was packed after each batch."""
    blobs = MemoryBlobs()
    for batch in batches:
        put(blobs, batch)
        pack(blobs)
    return blobs


def test_two_shelves_that_came_to_be_differently_are_rebuilt_to_the_same_bytes() -> None:
    one, other = arrived(range(14)), arrived(range(9, 14), range(3), range(0, 14, 2), range(14))
    assert announced(one) != announced(other)
    for blobs in (one, other):
        pack(blobs, rebuild=True)
    assert announced(one) == announced(other)
    assert names(check(one).shards) == names(check(other).shards)


def test_a_rebuild_has_whole_shards_in_the_order_of_the_ids_and_drops_all_others() -> None:
    blobs = arrived(range(3), range(3, 5), range(5, 14))
    before = manifests.read(blobs)
    outcome = pack(blobs, rebuild=True)
    assert [shard.rows for shard in outcome.state.shards] == [4, 4, 4, 2]
    assert outcome.dropped == names(before.shards)
    assert packed(blobs) == [name(number) for number in range(14)]
    assert outcome.state.number == before.number + 1


def test_nothing_is_done_where_it_stands_so_already() -> None:
    blobs = arrived(range(3), range(14))
    pack(blobs, rebuild=True)
    before = list(blobs.list(""))
    assert pack(blobs, rebuild=True).added == []
    assert list(blobs.list("")) == before


def test_a_first_pack_of_all_is_what_a_rebuild_gives() -> None:
    blobs = arrived(range(14))
    assert pack(blobs, rebuild=True).added == []


@pytest.mark.parametrize("change", ["late", "size", "formats", "retracted"])
def test_it_is_rebuilt_where_it_would_be_another(change: str) -> None:
    blobs, options = arrived(range(3, 14)), OPTIONS
    match change:
        case "late":
            put(blobs, range(1))
        case "size":
            options = replace(OPTIONS, size=OPTIONS.size + 1)
        case "formats":
            options = replace(OPTIONS, formats=("parquet",))
        case _:
            retractions.retract(blobs, Retraction(target="triplet", value=name(13), reason="because", at=0.0))
    assert pack(blobs, options, rebuild=True).added
    assert pack(blobs, options, rebuild=True).added == []
    check(blobs)


def test_a_format_that_is_no_longer_asked_for_is_dropped_and_may_come_back() -> None:
    blobs = arrived(range(5))
    whole = announced(blobs)
    pack(blobs, replace(OPTIONS, formats=("parquet",)), rebuild=True)
    state = check(blobs)
    assert {key for key in state.dropped if "webdataset" in key} == {key for key in whole if "webdataset" in key}
    pack(blobs, rebuild=True)
    assert (announced(blobs), manifests.read(blobs).dropped) == (whole, {})


def test_a_rebuilt_shelf_of_which_all_is_gone_is_an_empty_data_set() -> None:
    blobs = arrived(range(3), range(5))
    for number in range(5):
        retractions.retract(blobs, Retraction(target="triplet", value=name(number), reason="because", at=0.0))
    pack(blobs, rebuild=True)
    assert manifests.read(blobs).shards == ()


def test_shards_that_come_while_it_is_rebuilt_stay_unless_they_hold_the_same() -> None:
    class Late(MemoryBlobs):
        """Another packer announces one shard of what is new, another of what is old, just before our manifest."""

        armed = False

        def put(self, key: str, data: bytes) -> bool:
            if self.armed and key.startswith(manifests.MANIFESTS):
                self.armed = False
                put(self, range(20, 22))
                pack(self)
            return super().put(key, data)

    blobs = Late()
    put(blobs, range(3))
    pack(blobs)
    put(blobs, range(12))
    blobs.armed = True
    pack(blobs, rebuild=True)
    check(blobs)
    assert [one for one in packed(blobs) if packed(blobs).count(one) > 1] == []
    assert set(packed(blobs)) >= {name(number) for number in range(12)}
    pack(blobs)
    assert packed(blobs) == sorted(map(name, (*range(12), 20, 21)))
