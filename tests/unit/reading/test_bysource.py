"""What was recorded and shelved, source by source."""

import sqlite3

import pytest

from infra import bysource
from infra.blobs.memory import MemoryBlobs
from infra.bysource import by_source, shelf_by_source
from schemas import messages as m
from schemas.errors import UserError
from streams import retractions
from streams.records import Event
from tests.unit.reading.making import delivered, failure, gate, put_on_shelf, record, request, screen, subject, triplet


def interleaved(blobs: MemoryBlobs) -> dict[str, list[Event]]:
    """Two sources' events in turns, one of them in another campaign."""
    here, there = subject("here"), subject("there", campaign="other")
    asked = request()
    lives = {of.source_id: [gate(of), screen(of, asked), screen(of, asked, attempt=1)] for of in (here, there)}
    record(blobs, delivered([event for turn in zip(*lives.values(), strict=True) for event in turn]))
    return lives


def test_events_come_source_by_source_in_the_order_recorded() -> None:
    blobs = MemoryBlobs()
    lives = interleaved(blobs)
    assert list(by_source(blobs)) == sorted(lives.items())


def test_another_campaigns_sources_are_left_out() -> None:
    blobs = MemoryBlobs()
    lives = interleaved(blobs)
    (only,) = by_source(blobs, "other")
    assert only == (subject("there").source_id, lives[subject("there").source_id])


def test_a_redrive_which_names_no_campaign_goes_with_its_source() -> None:
    blobs, of = MemoryBlobs(), subject()
    failed = failure(of, "judge")
    lifted = m.Redrive(source_id=of.source_id, job_id=failed.job_id, retry=1)
    record(blobs, delivered([lifted, failed]))
    assert list(by_source(blobs, of.campaign)) == [(of.source_id, [lifted, failed])]


def test_progress_is_told_while_reading_and_then_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bysource, "AT_ONCE", 4)
    blobs, told = MemoryBlobs(), list[tuple[int, int]]()
    interleaved(blobs)
    assert len(list(by_source(blobs, progress=lambda done, total: told.append((done, total))))) == 2
    assert told == [(4, 0), (1, 2), (2, 2)]


def test_nothing_recorded_is_no_source() -> None:
    assert list(by_source(MemoryBlobs())) == []


def test_a_spool_without_room_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = MemoryBlobs()
    interleaved(blobs)
    spool = sqlite3.connect(":memory:")
    spool.execute("PRAGMA max_page_count = 1")
    monkeypatch.setattr("infra.bysource.sqlite3.connect", lambda _path: spool)
    with pytest.raises(UserError, match="the disk is full"):
        list(by_source(blobs))


def test_the_shelf_comes_source_by_source_without_what_was_retracted() -> None:
    blobs, asked = MemoryBlobs(), request()
    kept = [triplet(subject(name), asked, kind=kind) for name in ("a", "b") for kind in ("forward", "inverse")]
    put_on_shelf(blobs, *kept)
    gone = kept[0]
    retractions.retract(blobs, retractions.Retraction(target="triplet", value=gone.triplet_id, reason="no", at=0.0))
    found = [(source_id, [one.triplet_id for one in items]) for source_id, items in shelf_by_source(blobs)]
    wanted: dict[str, list[str]] = {}
    for one in kept[1:]:
        wanted.setdefault(one.subject.source_id, []).append(one.triplet_id)
    assert found == sorted((source_id, sorted(items)) for source_id, items in wanted.items())
