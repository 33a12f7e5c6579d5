"""The packer: what is on the shelf and not taken back is in exactly one shard; nothing announced is ever touched."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from streams import calibrations, retractions, shelf
from streams.calibrations import Calibration
from streams.dataset import manifests
from streams.dataset.packing import HELD_BACK, RETRACTED, TAKEN_OUT, UNREADABLE, Options, Packer
from streams.retractions import Retraction
from tests.contract.clocks import FakeClock
from tests.unit.packing.shelves import (
    LARGE,
    OPTIONS,
    PER_SHARD,
    TWO,
    announced,
    check,
    filled,
    name,
    names,
    pack,
    packed,
    put,
)  # fmt: skip


def retract(blobs: MemoryBlobs, target: retractions.Target, value: str) -> None:
    retractions.retract(blobs, Retraction(target=target, value=value, reason="because", at=0.0))


def test_everything_on_the_shelf_is_packed_into_shards_of_that_size() -> None:
    blobs = filled(range(10))
    outcome = pack(blobs)
    assert [shard.rows for shard in outcome.added] == [PER_SHARD, PER_SHARD, 2]
    assert packed(blobs) == sorted(map(name, range(10)))
    assert check(blobs) == outcome.state
    assert outcome.state.tally.bytes == 10 * TWO
    assert outcome.bytes == sum(map(len, announced(blobs).values()))


def test_an_empty_shelf_is_packed_in_no_time_and_no_manifest() -> None:
    blobs = MemoryBlobs()
    assert (pack(blobs).added, pack(blobs, rebuild=True).added, list(blobs.list("packed/"))) == ([], [], [])


def test_what_is_packed_is_not_packed_again() -> None:
    blobs = filled(range(10))
    pack(blobs)
    before = list(blobs.list(""))
    assert pack(blobs).added == []
    assert list(blobs.list("")) == before


def test_late_records_are_found_wherever_they_sort() -> None:
    blobs = filled(range(1, 12, 2))
    pack(blobs)
    put(blobs, range(12))
    assert pack(blobs).packed == 6
    assert packed(blobs) == sorted(map(name, range(12)))
    check(blobs)


def test_what_was_taken_back_is_not_packed() -> None:
    blobs = filled(range(4))
    retract(blobs, "triplet", name(1))
    assert pack(blobs).counts == {RETRACTED: 1}
    assert packed(blobs) == [name(0), name(2), name(3)]


def test_a_shard_with_what_was_taken_back_is_replaced_and_the_others_stay() -> None:
    blobs = filled(range(10))
    first = pack(blobs)
    retract(blobs, "triplet", name(5))
    outcome = pack(blobs)
    assert (outcome.dropped, outcome.counts[TAKEN_OUT]) == ([first.added[1].name], 1)
    assert packed(blobs) == sorted(name(number) for number in range(10) if number != 5)
    assert set(names(first.added)) - set(names(check(blobs).shards)) == {first.added[1].name}


@pytest.mark.parametrize("target", ["source", "sha256"])
def test_a_source_or_a_picture_that_is_taken_back_goes_from_every_shard(target: retractions.Target) -> None:
    blobs = filled(range(40))
    pack(blobs)
    of = LARGE.triplet(3).subject
    retract(blobs, target, of.source_id if target == "source" else of.image.sha256)
    mine = [number for number in range(40) if LARGE.triplet(number).subject == of]
    assert len(mine) == 5
    assert pack(blobs).counts[TAKEN_OUT] == 5
    assert packed(blobs) == sorted(name(number) for number in range(40) if number not in mine)
    check(blobs)


def test_a_shard_of_which_all_was_taken_back_is_dropped() -> None:
    blobs = filled(range(4))
    pack(blobs)
    for number in range(4):
        retract(blobs, "triplet", name(number))
    assert (pack(blobs).added, manifests.read(blobs).shards) == ([], ())


def test_a_retraction_that_is_undone_brings_the_triplet_back() -> None:
    blobs = filled(range(4))
    pack(blobs)
    retract(blobs, "triplet", name(2))
    pack(blobs)
    blobs.delete(f"retractions/triplet/{name(2)}.json")
    assert pack(blobs).packed == 1
    assert packed(blobs) == sorted(map(name, range(4)))


def test_packed_records_are_read_again_only_once_for_the_sources_taken_back() -> None:
    class Counting(MemoryBlobs):
        read = 0

        def get(self, key: str) -> bytes:
            self.read += key.startswith(shelf.TRIPLETS)
            return super().get(key)

    blobs = Counting()
    put(blobs, range(8))
    pack(blobs)
    retract(blobs, "source", "f" * 32)
    counts = []
    for _ in range(3):
        blobs.read = 0
        pack(blobs)
        counts.append(blobs.read)
    assert counts == [8, 0, 0]


def test_another_packers_older_knowledge_of_what_was_taken_back_is_not_trusted() -> None:
    blobs = filled(range(8))
    pack(blobs)
    state = manifests.read(blobs)
    retract(blobs, "source", LARGE.triplet(3).subject.source_id)
    manifests.commit(blobs, state, [], [], 0.0, state.obeys)
    assert pack(blobs).counts[TAKEN_OUT] > 0


def test_a_last_shard_may_be_held_back() -> None:
    blobs = filled(range(10))
    outcome = pack(blobs, replace(OPTIONS, whole=True))
    assert ([shard.rows for shard in outcome.added], outcome.counts) == ([4, 4], {HELD_BACK: 2})
    assert pack(blobs, replace(OPTIONS, least=3)).added == []
    assert pack(blobs, replace(OPTIONS, least=2)).packed == 2


def test_one_format_can_be_asked_for() -> None:
    blobs = filled(range(2))
    pack(blobs, replace(OPTIONS, formats=("webdataset",)))
    (shard,) = check(blobs).shards
    assert (shard.formats, list(blobs.list(manifests.PARQUET))) == (("webdataset",), [])


def test_a_triplet_that_cannot_be_read_is_told_and_holds_up_no_other() -> None:
    blobs = filled(range(6))
    broken, lacking = LARGE.triplet(1), LARGE.triplet(4)
    blobs.delete(shelf.image_key(lacking.after))
    blobs.delete(shelf.image_key(broken.after))
    blobs.put(shelf.image_key(broken.after), b"damaged")
    blobs.delete(LARGE.key(2))
    blobs.put(LARGE.key(2), b"{}")
    outcome = pack(blobs)
    assert outcome.counts == {UNREADABLE: 3}
    assert [" ".join(line.split()[1:3]) for line in outcome.troubles] == ["is damaged:", "is no", "is missing"]
    assert packed(blobs) == [name(0), name(3), name(5)]


def test_what_is_packed_is_never_lost_because_the_shelf_is_damaged() -> None:
    blobs = filled(range(4))
    pack(blobs)
    before = announced(blobs)
    retract(blobs, "triplet", name(0))
    blobs.delete(shelf.image_key(LARGE.triplet(2).after))
    for rebuild in (False, True):
        with pytest.raises(UserError, match=r"is missing, and it is packed; mend the shelf first"):
            pack(blobs, rebuild=rebuild)
    assert announced(blobs) == before


def test_a_shard_tells_whether_its_judge_was_calibrated_and_a_rebuild_mends_it() -> None:
    blobs = filled(range(2))
    pack(blobs)
    calibrations.keep(blobs, Calibration(judge="critic@1", pairs=1, labels=1, raters=1, figures={}, at=0.0))
    assert manifests.read(blobs).tally.axes["judge_calibrated"] == {"false": 2}
    pack(blobs, rebuild=True)
    assert check(blobs).tally.axes["judge_calibrated"] == {"true": 2}


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told = list[tuple[int, int]]()
    Packer(filled(range(5)), tmp_path, FakeClock(), Options(), lambda *at: told.append(at)).pack()
    assert told == [(number, 5) for number in range(6)]
