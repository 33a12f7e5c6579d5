"""Pictures in and out of the store: create-only, the latest in memory."""

import numpy as np
import pytest

from infra import images
from infra.blobs.memory import MemoryBlobs
from infra.runtime.pictures import Pictures
from schemas.errors import Missing, Reject
from schemas.ports import Image
from tests.unit.runtime.fakes import MISSING, picture

SIZE = 4 * 6 * 3
"""Bytes of the pixels of `picture()`."""


class Counting(MemoryBlobs):
    """Notes every key read or written."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []
        self.writes: list[str] = []

    def get(self, key: str) -> bytes:
        self.reads.append(key)
        return super().get(key)

    def put(self, key: str, data: bytes) -> bool:
        self.writes.append(key)
        return super().put(key, data)


@pytest.fixture
def blobs() -> Counting:
    return Counting()


def level(image: Image) -> int:
    return int(image.pixels[0, 0, 0])


def test_a_stored_picture_comes_back_to_the_pixel_with_its_note(blobs: Counting) -> None:
    noted = Image(np.arange(SIZE, dtype=np.uint8).reshape(4, 6, 3), note='{"truth": 1}')
    ref = Pictures(blobs).store("scratch/a", noted)
    found = Pictures(blobs).fetch(ref)
    assert np.array_equal(found.pixels, noted.pixels)
    assert found.note == noted.note


def test_the_claim_check_is_about_the_stored_file(blobs: Counting) -> None:
    ref = Pictures(blobs).store("scratch/a", picture())
    assert ref == images.stored("scratch/a.webp", blobs.get("scratch/a.webp"))


def test_what_stands_under_the_name_is_the_answer(blobs: Counting) -> None:
    first = Pictures(blobs).store("scratch/a", picture(1))
    late = Pictures(blobs)
    assert late.store("scratch/a", picture(2)) == first
    assert level(late.fetch(first)) == 1


def test_a_constant_is_stored_once_whatever_it_answers(blobs: Counting) -> None:
    pictures = Pictures(blobs)
    refs = {pictures.store(f"scratch/{n}", picture(name="grey")).key for n in range(3)}
    assert (refs, blobs.writes) == ({"scratch/grey.webp"}, ["scratch/grey.webp"])


def test_a_picture_just_stored_is_not_read_from_the_store(blobs: Counting) -> None:
    pictures = Pictures(blobs)
    pictures.fetch(pictures.store("scratch/a", picture()))
    assert blobs.reads == []


def test_a_picture_is_read_once_for_several_attempts(blobs: Counting) -> None:
    ref = Pictures(blobs).store("scratch/a", picture())
    pictures = Pictures(blobs)
    for _ in range(3):
        pictures.fetch(ref)
    assert blobs.reads == ["scratch/a.webp"]


def test_the_oldest_pictures_make_room_for_the_latest(blobs: Counting) -> None:
    pictures = Pictures(blobs, cache_bytes=2 * SIZE)
    a, b, c = (pictures.store(f"scratch/{n}", picture(n)) for n in range(3))
    for ref in (b, c, a):
        pictures.fetch(ref)
    assert blobs.reads == ["scratch/0.webp"]


def test_a_picture_in_use_stays_longer_than_one_that_is_not(blobs: Counting) -> None:
    pictures = Pictures(blobs, cache_bytes=2 * SIZE)
    a, b = (pictures.store(f"scratch/{n}", picture(n)) for n in range(2))
    pictures.fetch(a)
    pictures.store("scratch/2", picture(2))
    pictures.fetch(a)
    pictures.fetch(b)
    assert blobs.reads == ["scratch/1.webp"]


def test_without_room_every_picture_is_read_anew(blobs: Counting) -> None:
    pictures = Pictures(blobs, cache_bytes=0)
    ref = pictures.store("scratch/a", picture())
    assert level(pictures.fetch(ref)) == level(pictures.fetch(ref)) == 100
    assert len(blobs.reads) == 2


def test_a_picture_that_is_gone_rejects_the_job(blobs: Counting) -> None:
    with pytest.raises(Reject, match=r"^image scratch/missing\.webp is gone$"):
        Pictures(blobs).fetch(MISSING)


def test_a_picture_whose_bytes_changed_rejects_the_job(blobs: Counting) -> None:
    blobs.put(MISSING.key, images.encode(picture()))
    with pytest.raises(Reject, match="damaged: its SHA-256 is not what the message says"):
        Pictures(blobs).fetch(MISSING)


def test_a_picture_that_cannot_be_encoded_is_not_stored(blobs: Counting) -> None:
    with pytest.raises(ValueError, match="want uint8"):
        Pictures(blobs).store("scratch/a", Image(np.zeros((0, 0, 3), np.uint8)))
    with pytest.raises(Missing):
        blobs.get("scratch/a.webp")
