"""The collector: images first, then the record; doing it again changes nothing."""

from collections.abc import Mapping

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from schemas import topics
from schemas.headers import BEGAN
from schemas.ports import Outgoing
from streams import shelf
from streams.collector import Collector
from tests.contract.clocks import FakeClock
from tests.golden import samples
from tests.unit.streams.delivering import deliveries, junk, letters

TRIPLET = samples.TRIPLET
OTHER = TRIPLET.model_copy(update={"triplet_id": "9" * 32, "after": samples.SECOND})


@pytest.fixture(autouse=True)
def _scratch(blobs: MemoryBlobs) -> None:
    """The pictures that generator and editor left."""
    for ref in (samples.DRAWN, samples.EDITED, samples.SECOND):
        blobs.put(ref.key, ref.sha256.encode())


def collect(collector: Collector, *triplets: m.Triplet) -> list[Outgoing]:
    batch = deliveries(*triplets)
    work = collector.begin(batch)
    collector.step(work)
    outputs = collector.finish(work)
    assert list(collector.settle(work)) == batch
    return outputs


def test_a_triplet_is_on_the_shelf_with_its_images(blobs: MemoryBlobs) -> None:
    assert collect(Collector(blobs, FakeClock()), TRIPLET) == []
    assert shelf.read(blobs, TRIPLET.triplet_id) == shelf.shelved(TRIPLET)
    assert blobs.get(shelf.image_key(TRIPLET.before)) == TRIPLET.before.sha256.encode()


def test_collecting_again_changes_nothing(blobs: MemoryBlobs) -> None:
    collect(Collector(blobs, FakeClock()), TRIPLET)
    before = shelf.fingerprint(blobs)
    collector = Collector(blobs, FakeClock())
    for _ in range(2):
        collect(collector, TRIPLET, TRIPLET)
    assert shelf.fingerprint(blobs) == before


def test_each_triplet_that_is_new_is_told_once(blobs: MemoryBlobs) -> None:
    told: list[str] = []
    collector = Collector(blobs, FakeClock(), lambda triplet: told.append(triplet.triplet_id))
    collect(collector, TRIPLET, TRIPLET, OTHER)
    collect(collector, TRIPLET)
    assert told == [TRIPLET.triplet_id, OTHER.triplet_id]


def test_a_triplet_whose_image_is_gone_becomes_a_dead_letter_and_no_record(blobs: MemoryBlobs) -> None:
    blobs.delete(samples.EDITED.key)
    (letter,) = collect(Collector(blobs, FakeClock()), TRIPLET)
    assert letter.headers["nhr-error"] == "Missing"
    assert letter.headers["nhr-reason"] == f"triplet {TRIPLET.triplet_id}: image {samples.EDITED.key} is gone"
    assert list(blobs.list(shelf.TRIPLETS)) == []


def test_the_others_of_its_batch_are_shelved(blobs: MemoryBlobs) -> None:
    blobs.delete(samples.SECOND.key)
    assert len(collect(Collector(blobs, FakeClock()), OTHER, TRIPLET)) == 1
    assert [triplet.triplet_id for triplet in shelf.triplets(blobs)] == [TRIPLET.triplet_id]


def test_images_stand_before_the_record_that_names_them(blobs: MemoryBlobs) -> None:
    class Watching(MemoryBlobs):
        """Checks each record as it is written."""

        def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
            assert all(self.has(key) for _, key in shelf.images(TRIPLET))
            return super().put_all(items)

    watching = Watching()
    for key in blobs.list(""):
        watching.put(key, blobs.get(key))
    collect(Collector(watching, FakeClock()), TRIPLET)
    assert shelf.fingerprint(watching)


def test_bytes_that_are_no_triplet_become_a_dead_letter(blobs: MemoryBlobs) -> None:
    collector = Collector(blobs, FakeClock())
    work = collector.begin([junk(topics.TRIPLETS), *deliveries(TRIPLET)])
    collector.step(work)
    assert [letter.headers["nhr-error"] for letter in letters(collector.finish(work))] == ["Undecodable"]
    assert len(list(shelf.triplets(blobs))) == 1


def test_how_long_after_its_prompt_a_triplet_is_new_on_the_shelf_is_told_once(blobs: MemoryBlobs) -> None:
    clock, took = FakeClock(), list[float]()
    collector = Collector(blobs, clock, took=took.append)
    began = f"{clock.now() - 90:.3f}"
    known, unknown = deliveries(TRIPLET, OTHER)
    for _ in range(2):
        collector.step(collector.begin([known._replace(headers={BEGAN: began}), unknown]))
    assert took == [90.0]


def test_a_clock_that_runs_behind_gives_no_time_below_nothing(blobs: MemoryBlobs) -> None:
    clock, took = FakeClock(), list[float]()
    (ahead,) = deliveries(TRIPLET)
    collector = Collector(blobs, clock, took=took.append)
    collector.step(collector.begin([ahead._replace(headers={BEGAN: f"{clock.now() + 5:.3f}"})]))
    assert took == [0.0]
