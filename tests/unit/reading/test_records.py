"""The records' format: segments, repetitions, what stands beside them."""

import zlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from schemas.errors import UserError
from streams import policies, records
from streams.records import Event
from streams.rules import policy
from tests.unit.reading.making import delivered, gate, judge, record, ref, request, screen, subject

EVENTS: list[Event] = [gate(subject(f"s{n}")) for n in range(12)]


def test_a_segment_is_named_by_partition_and_offsets() -> None:
    assert records.segment_key(3, 5, 120) == f"records/verdicts/3/{'5'.zfill(20)}-{'120'.zfill(20)}.seg"


def test_a_segment_holds_the_original_bytes() -> None:
    deliveries = delivered(EVENTS[:2], first=7)
    raw = msgpack.unpackb(zlib.decompress(records.segment(deliveries[::-1])))
    assert raw == {"format": 1, "events": [[7, deliveries[0].value], [8, deliveries[1].value]]}


def test_a_segment_of_two_partitions_is_refused() -> None:
    with pytest.raises(ValueError, match="one partition"):
        records.segment([*delivered(EVENTS[:1], partition=0), *delivered(EVENTS[:1], partition=1)])


def test_events_come_back_from_all_partitions() -> None:
    blobs = MemoryBlobs()
    for partition in (0, 1, 10):
        record(blobs, delivered([EVENTS[partition]], partition))
    assert list(records.events(blobs)) == [EVENTS[0], EVENTS[1], EVENTS[10]]


@given(st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=6))
def test_overlapping_and_interleaved_segments_give_each_event_once_in_offset_order(pieces: list[set[int]]) -> None:
    blobs = MemoryBlobs()
    whole = delivered(EVENTS)
    kept: set[int] = set()
    for piece in pieces:
        records.keep(blobs, [whole[offset] for offset in sorted(piece)])
        kept |= piece
    assert list(records.events(blobs)) == [EVENTS[offset] for offset in sorted(kept)]


def test_keeping_the_same_deliveries_twice_makes_one_segment() -> None:
    blobs = MemoryBlobs()
    keys = {records.keep(blobs, delivered(EVENTS[:3])) for _ in range(2)}
    assert list(blobs.list("records")) == list(keys) == [records.segment_key(0, 0, 2)]


def test_a_bus_that_began_anew_hides_nothing_of_what_the_first_one_told() -> None:
    """Its offsets count from 0 again, in the same folder."""
    blobs = MemoryBlobs()
    records.keep(blobs, delivered(EVENTS[:3]))
    records.keep(blobs, delivered([EVENTS[3], EVENTS[0], EVENTS[4]]))
    records.keep(blobs, delivered(EVENTS[5:], first=3))
    assert sorted(records.events(blobs), key=str) == sorted(EVENTS, key=str)


def test_of_two_answers_to_one_job_the_first_stands() -> None:
    blobs = MemoryBlobs()
    first, second = (judge(subject(), request(), scores) for scores in ((4.9, 4.9), (1.0, 1.0)))
    whole = delivered([first, EVENTS[1], second])
    record(blobs, [whole[0], whole[2]])
    record(blobs, [whole[1]])
    assert list(records.events(blobs)) == [first, EVENTS[1]]


def test_answers_of_different_kinds_to_jobs_of_one_name_both_stand() -> None:
    blobs = MemoryBlobs()
    answer = screen(subject(), request())
    lost = m.Failure(job_id=answer.job_id, stage="screen", source_id=subject().source_id, reason="no picture")
    record(blobs, delivered([answer, lost]))
    assert list(records.events(blobs)) == [answer, lost]


def test_every_redrive_of_a_job_is_read() -> None:
    blobs = MemoryBlobs()
    again: list[Event] = [m.Redrive(source_id="s", job_id="j", retry=retry) for retry in (1, 2)]
    record(blobs, delivered(again))
    assert list(records.events(blobs)) == again


def test_events_about_one_source_can_be_read_alone() -> None:
    blobs = MemoryBlobs()
    record(blobs, delivered(EVENTS))
    assert list(records.events(blobs, about=subject("s4").source_id)) == [EVENTS[4]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"junk", "is no segment"),
        (zlib.compress(msgpack.packb({"format": 1})), "is no segment"),
        (zlib.compress(msgpack.packb({"format": 2, "events": []})), "has format 2, this NHR knows 1; upgrade nhr"),
    ],
)
def test_a_segment_that_cannot_be_read_is_named_in_one_line(data: bytes, says: str) -> None:
    blobs = MemoryBlobs()
    blobs.put(records.segment_key(0, 0, 0), data)
    with pytest.raises(UserError, match=says) as caught:
        list(records.events(blobs))
    assert "records/verdicts/0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_event_are_passed_over() -> None:
    blobs = MemoryBlobs()
    blobs.put(records.segment_key(0, 0, 0), zlib.compress(msgpack.packb({"format": 1, "events": [[0, b"junk"]]})))
    assert list(records.events(blobs)) == []


def test_images_of_judged_attempts_are_named_by_content() -> None:
    image = ref(b"x")
    assert records.record_image_key(image) == f"records/images/{image.sha256[:2]}/{image.sha256}.webp"


def test_campaigns_and_policies_are_read_where_they_are_noted() -> None:
    blobs = MemoryBlobs()
    paper = policy.read("paper")
    blobs.put("campaigns/a.json", b'{"format":1,"campaign":"a","prompts":"grammar","new":"ignored"}')
    blobs.put(f"policies/{paper.policy_id}.json", paper.model_dump_json().encode())
    assert records.campaigns(blobs) == {"a": records.Campaign(campaign="a", prompts="grammar")}
    assert policies.kept(blobs) == {paper.policy_id: paper}


def test_nothing_noted_reads_as_nothing() -> None:
    assert (records.campaigns(MemoryBlobs()), policies.kept(MemoryBlobs())) == ({}, {})


def test_a_broken_note_is_named_in_one_line() -> None:
    blobs = MemoryBlobs()
    blobs.put("campaigns/a.json", b"{")
    with pytest.raises(UserError, match=r"campaigns/a\.json"):
        records.campaigns(blobs)
