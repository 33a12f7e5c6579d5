"""The index keeps up: what is new appears, what was taken back goes, what cannot be read is told and left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from schemas.messages import Meter
from streams import records, retractions, shelf
from streams.records import Event
from streams.retractions import Retraction, Target
from tests.unit.gallery.site import Site, site
from tests.unit.reading.making import delivered, judge, put_on_shelf, record, request, screen, subject, triplet
from tests.unit.report.scenes import Campaign

OF, ASKED = subject(), request()


@pytest.fixture
def own() -> Campaign:
    return Campaign(2, ("remove", "recolor"), smaller=8)


@pytest.fixture
def growing(own: Campaign, tmp_path: Path) -> Iterator[Site]:
    with site(own.blobs, tmp_path) as found:
        yield found


def retract(blobs: MemoryBlobs, target: Target, value: str) -> Retraction:
    one = Retraction(target=target, value=value, reason="a watermark", at=1.0)
    retractions.retract(blobs, one)
    return one


def dated(event: Event, at: float) -> Event:
    return event.model_copy(update={"meter": Meter(at=at)})


def test_a_new_triplet_appears(growing: Site, own: Campaign) -> None:
    new = triplet(OF, ASKED)
    put_on_shelf(own.blobs, new)
    assert new.triplet_id not in growing.ids("/")
    growing.look()
    assert new.triplet_id in growing.ids("/")
    assert "11 triplets." in growing.page("/").text
    assert growing.ids("/?q=red+ball") == [new.triplet_id]


def test_a_new_segment_is_taken_in(growing: Site, own: Campaign) -> None:
    events = [screen(OF, ASKED), judge(OF, ASKED, (2.0, 4.9), reason="it is still there")]
    record(own.blobs, delivered(events, first=5000))
    growing.look()
    (found,) = growing.ids("/rejected?q=still+there")
    assert "it is still there" in growing.page(f"/rejected/{found}").text
    assert "13 rejected attempts" in growing.page("/rejected").text


def test_an_event_that_is_recorded_twice_counts_once(growing: Site, own: Campaign) -> None:
    before = growing.page("/live").text
    record(own.blobs, delivered(own.events, first=9000))
    growing.look()
    after = growing.page("/live").text
    assert "edit attempts 16" in before
    assert after == before


@pytest.mark.parametrize(("target", "gone"), [("triplet", 1), ("source", 5), ("sha256", 3)])
def test_what_is_taken_back_vanishes_and_comes_again_when_that_is_undone(
    growing: Site, own: Campaign, target: Target, gone: int
) -> None:
    one = next(one for one in own.triplets if one.kind == "forward")
    value = {"triplet": one.triplet_id, "source": one.subject.source_id, "sha256": one.after.sha256}[target]
    made = retract(own.blobs, target, value)
    growing.look()
    assert one.triplet_id not in growing.ids("/")
    assert f"{10 - gone} triplets." in growing.page("/").text
    assert "was taken back" in growing.page(f"/triplet/{one.triplet_id}", 404).text
    own.blobs.delete(made.key)
    growing.look()
    assert one.triplet_id in growing.ids("/")
    assert "10 triplets." in growing.page("/").text


def test_what_comes_after_its_retraction_is_never_shown(growing: Site, own: Campaign) -> None:
    new = triplet(OF, ASKED)
    retract(own.blobs, "source", OF.source_id)
    put_on_shelf(own.blobs, new)
    record(own.blobs, delivered([judge(OF, ASKED, (2.0, 4.9), reason="it is still there")], first=5000))
    growing.look()
    assert new.triplet_id not in growing.ids("/")
    assert growing.ids("/rejected?q=still+there") == []


def test_rejected_attempts_of_a_source_that_was_taken_back_vanish(growing: Site, own: Campaign) -> None:
    source = own.triplets[0].subject.source_id
    lost = growing.ids(f"/rejected?q={source}")
    assert len(lost) == 6
    retract(own.blobs, "source", source)
    growing.look()
    assert growing.ids(f"/rejected?q={source}") == []
    growing.page(f"/rejected/{lost[0]}", 404)


def test_a_record_that_was_deleted_goes(growing: Site, own: Campaign) -> None:
    one = own.triplets[0]
    own.blobs.delete(shelf.triplet_key(one.triplet_id))
    growing.look()
    assert one.triplet_id not in growing.ids("/")
    assert "9 triplets." in growing.page("/").text


def test_what_cannot_be_read_is_told_and_left_out(growing: Site, own: Campaign) -> None:
    own.blobs.put("shelf/triplets/ab/abcd.json", b"{}")
    own.blobs.put(records.segment_key(0, 7000, 7001), b"no segment")
    growing.look()
    assert "2 files cannot be read and are left out" in growing.page("/").text
    assert "10 triplets." in growing.page("/").text


def test_a_retraction_that_cannot_be_read_stops_everything_new(growing: Site, own: Campaign) -> None:
    own.blobs.put("retractions/triplet/x.json", b"{}")
    with pytest.raises(UserError, match="no retraction"):
        growing.look()


def test_the_newest_come_first_by_when_they_were_judged(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    made = [triplet(OF, request(f"remove ball {number}"), attempt=1) for number in range(3)]
    put_on_shelf(blobs, *made)
    moments = enumerate((300.0, 100.0, 200.0))
    events = [dated(judge(OF, request(f"remove ball {number}"), (4.9, 4.9), 1), at) for number, at in moments]
    with site(blobs, tmp_path) as found:
        record(blobs, delivered(events))
        found.look()
        assert found.ids("/") == [made[number].triplet_id for number in (0, 2, 1)]
        assert found.ids("/?sort=oldest") == [made[number].triplet_id for number in (1, 2, 0)]


def test_a_judgement_that_is_recorded_before_its_triplet_is_shelved_dates_it(tmp_path: Path) -> None:
    blobs, made = MemoryBlobs(), triplet(OF, ASKED, attempt=1)
    record(blobs, delivered([dated(judge(OF, ASKED, (4.9, 4.9), 1), 86_400.0)]))
    with site(blobs, tmp_path) as found:
        put_on_shelf(blobs, made)
        found.look()
        assert "judged 1970-01-02 00:00 UTC" in found.page(f"/triplet/{made.triplet_id}").text
