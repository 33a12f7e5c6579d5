"""A small file that unpacks into something huge is refused before that is made."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import msgpack
import numpy as np
import pytest

from infra import images
from infra.blobs.memory import MemoryBlobs
from schemas import codec, topics
from schemas.errors import NhrError, Reject, Undecodable, UserError
from schemas.messages import MAX_MESSAGE_BYTES
from schemas.ports import Image
from streams import records, shelf
from streams.policies import Policies
from streams.recorder import Recorder
from streams.rules import facts, policy
from tests.fuzz.world import delivered, take
from workers.photographic.reading import Unusable, read

MEGABYTE = 1 << 20


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *others: bytes) -> bytes:
    """A PNG file that claims a size, with a few bytes of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(others) + pixels + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    """A WebP file that claims a size and holds nothing else."""
    body = b"VP8L" + struct.pack("<I", 8) + b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 3
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def jpeg(width: int, height: int) -> bytes:
    """A JPEG file that claims a size and holds no pixels."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes((1, 17, 0, 2, 17, 0, 3, 17, 0))
    return b"\xff\xd8" + frame + b"\xff\xd9"


HUGE = {
    "png": png(60_000, 60_000), "webp": webp(16_384, 16_384), "jpeg": jpeg(65_535, 65_535),
    "png of no height": png(60_000, 0),
    "png with a long note": png(60_000, 60_000, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(64 * MEGABYTE)))),
}  # fmt: skip


def peak(do: Callable[[], object]) -> int:
    """Bytes of Python's own memory at most held meanwhile; what is refused is refused."""
    tracemalloc.start()
    try:
        with pytest.raises((NhrError, Unusable)):
            do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE)
def test_a_picture_that_claims_to_be_huge(data: bytes) -> None:
    assert peak(lambda: images.decode(data)) < MEGABYTE
    assert peak(lambda: read(data, 1.0)) < 3 * MEGABYTE


def test_a_note_that_is_cut_short_is_none() -> None:
    good = images.encode(Image(np.full((4, 4, 3), 9, np.uint8), note="x"), "png")
    at = good.index(b"iTXt") - 4
    size = int.from_bytes(good[at : at + 4], "big")
    cut = good[:at] + chunk(b"iTXt", b"nhr:note\0\0\0") + good[at + 12 + size :]
    assert images.decode(cut).note == ""


def test_a_segment_that_inflates_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_BYTES", MEGABYTE)
    blobs = MemoryBlobs()
    blobs.put(records.segment_key(0, 0, 1), zlib.compress(bytes(256 * MEGABYTE), 9))
    assert peak(lambda: list(records.events(blobs))) < 4 * MEGABYTE


def test_a_segment_may_be_as_large_as_a_batch_of_the_largest_messages() -> None:
    assert Recorder.batch * (MAX_MESSAGE_BYTES + 64) <= records.MAX_BYTES


LENGTHS = (b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff")


@pytest.mark.parametrize("lie", LENGTHS, ids=("text", "bytes", "list", "map"))
def test_a_length_of_four_thousand_million(lie: bytes) -> None:
    assert peak(lambda: codec.decode(topics.VERDICTS, lie)) < MEGABYTE
    assert peak(lambda: facts.decode(b"\x81\xa6format" + lie)) < MEGABYTE


DEEP = {"list": (b"\x91", b"["), "map": (b"\x81\xa1a", b'{"a":')}


@pytest.mark.parametrize("depth", [500, 1000, 1023, 1024, 10_000, 1_000_000])
@pytest.mark.parametrize("kind", DEEP)
def test_nesting_without_end(tmp_path: Path, kind: str, depth: int) -> None:
    packed, text = DEEP[kind]
    with pytest.raises(Undecodable):
        codec.decode(topics.VERDICTS, packed * depth + b"\xc0")
    with pytest.raises(UserError):
        facts.decode(packed * depth + b"\xc0")
    with pytest.raises(UserError):
        shelf.parse("shelf/triplets/aa/aa.json", text * depth)
    (tmp_path / "mine.toml").write_bytes(b"a = " + b"[" * depth)
    (tmp_path / "mine.json").write_bytes(text * depth)
    for name in ("mine.toml", "mine.json"):
        with pytest.raises(UserError):
            policy.read(str(tmp_path / name))


def test_a_type_nested_without_end_is_no_event() -> None:
    blobs = MemoryBlobs()
    values = [b"\x82\xa1a\xc0\xa4type" + b"\x91" * depth + b"\xc0" for depth in range(900, 1030, 4)]
    recorder = Recorder(blobs, Policies(blobs))
    batch = delivered(topics.VERDICTS, values)
    assert take(recorder, batch) == []
    assert list(records.events(blobs)) == []


DIGITS = "9" * 100_000


def test_a_number_of_a_hundred_thousand_digits() -> None:
    with pytest.raises(UserError):
        policy.parse(f'name = "x"\nwaves = [{DIGITS}]\n', "mine.toml")
    with pytest.raises(UserError):
        shelf.parse("shelf/triplets/aa/aa.json", b'{"format": ' + DIGITS.encode() + b"}")
    text = msgpack.packb({"type": "redrive", "source_id": "s", "job_id": "j", "retry": DIGITS})
    with pytest.raises(Undecodable):
        codec.decode(topics.VERDICTS, text)


def test_what_is_refused_is_told_in_a_line_that_can_be_read() -> None:
    with pytest.raises(UserError) as told:
        policy.parse(f'name = "{"x" * 100_000}"\nwaves = [1]\n{"y" * 100_000} = 1\n', "mine.toml")
    assert len(str(told.value)) < 1200
    with pytest.raises(Reject) as refused:
        images.decode(b"\n" * 100)
    assert len(str(refused.value).splitlines()) == 1
