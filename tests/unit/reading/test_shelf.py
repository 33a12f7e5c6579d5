"""The shelf's format: names, bytes, reading back."""

import hashlib
import json
from collections.abc import Callable

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import Missing, UserError
from schemas.messages import Triplet
from streams import shelf
from tests.unit.reading.making import put_on_shelf, ref, request, subject, triplet

OTHER = request("paint the door blue", "recolor")


def composite() -> Triplet:
    image = ref(b"other edited")
    return triplet(subject(), request(), kind="composite", operation="composite", second=(OTHER, image))


def test_a_record_is_canonical_json_with_its_format() -> None:
    one = triplet(subject(), request("把红球去掉"))
    data = shelf.record_bytes(one)
    parsed = json.loads(data)
    assert parsed["format"] == 1
    assert data == json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert "把红球去掉".encode() in data


def test_a_record_depends_neither_on_the_order_of_measures_nor_on_being_shelved_before() -> None:
    one = triplet(subject(), request())
    forth = one.model_copy(update={"measures": {"a": 1.0, "b": 0.1}})
    back = one.model_copy(update={"measures": {"b": 0.1, "a": 1.0}})
    assert shelf.record_bytes(forth) == shelf.record_bytes(back) == shelf.record_bytes(shelf.shelved(forth))


def test_a_measure_that_is_no_number_is_left_out() -> None:
    one = triplet(subject(), request()).model_copy(update={"measures": {"ssim": float("nan"), "area": 0.25}})
    assert json.loads(shelf.record_bytes(one))["measures"] == {"area": 0.25}


@pytest.mark.parametrize("kind", ["forward", "inverse"])
def test_a_record_names_two_images_on_the_shelf(kind: str) -> None:
    one = triplet(subject(), request(), kind="inverse" if kind == "inverse" else "forward")
    assert len(shelf.images(one)) == 2
    assert b"scratch/" not in shelf.record_bytes(one)


def test_a_composite_names_its_source_image_too() -> None:
    one = composite()
    assert dict(shelf.images(one))[one.subject.image.key] == shelf.image_key(one.subject.image)
    assert len(shelf.images(one)) == 3
    assert b"scratch/" not in shelf.record_bytes(one)


def test_images_are_named_by_content_and_format() -> None:
    image = ref(b"x", kind="png")
    assert shelf.image_key(image) == f"shelf/images/{image.sha256[:2]}/{image.sha256}.png"


def test_what_was_shelved_reads_back_sorted_by_id() -> None:
    blobs = MemoryBlobs()
    kept = [triplet(subject(f"s{n}"), request()) for n in range(5)]
    put_on_shelf(blobs, *kept)
    expected = [shelf.shelved(one) for one in sorted(kept, key=lambda one: one.triplet_id)]
    assert list(shelf.triplets(blobs)) == expected
    assert shelf.read(blobs, kept[2].triplet_id) == shelf.shelved(kept[2])


def test_an_id_that_is_not_there_is_missing() -> None:
    with pytest.raises(Missing):
        shelf.read(MemoryBlobs(), "ab" * 16)


@pytest.mark.parametrize("length", [0, 1, 2, 9, 32])
def test_ids_are_found_by_prefixes_of_any_length(length: int) -> None:
    blobs = MemoryBlobs()
    one = triplet(subject(), request())
    put_on_shelf(blobs, one)
    assert list(shelf.matching(blobs, one.triplet_id[:length])) == [one.triplet_id]
    assert list(shelf.matching(blobs, "z")) == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[:40], "is no triplet record"),
        (lambda data: b"[]", "is no triplet record"),
        (lambda data: data.replace(b'"format":1', b'"format":2'), "has format 2, this NHR knows 1; upgrade nhr"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_in_one_line(spoil: Callable[[bytes], bytes], says: str) -> None:
    blobs = MemoryBlobs()
    one = triplet(subject(), request())
    key = shelf.triplet_key(one.triplet_id)
    blobs.put(key, spoil(shelf.record_bytes(one)))
    with pytest.raises(UserError) as caught:
        list(shelf.triplets(blobs))
    assert says in str(caught.value)
    assert key in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fingerprint_lists_records_and_the_images_they_name() -> None:
    blobs = MemoryBlobs()
    one = composite()
    put_on_shelf(blobs, one)
    blobs.put("shelf/images/zz/orphan.webp", b"nobody names it")
    key = shelf.triplet_key(one.triplet_id)
    expected = {key: hashlib.sha256(shelf.record_bytes(one)).hexdigest()}
    expected |= {image: hashlib.sha256(b"image").hexdigest() for _, image in shelf.images(one)}
    assert shelf.fingerprint(blobs) == sorted(expected.items())


def test_a_fingerprint_tells_changed_images_apart() -> None:
    ours, theirs = MemoryBlobs(), MemoryBlobs()
    one = triplet(subject(), request())
    put_on_shelf(ours, one)
    put_on_shelf(theirs, one, data={one.after.sha256: b"other pixels"})
    assert shelf.fingerprint(ours) != shelf.fingerprint(theirs)
