"""Pictures to bytes and back."""

import hashlib
import struct
import zlib
from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.images import Format, decode, encode, stored
from schemas.errors import Reject
from schemas.ports import Image

LOSSLESS: tuple[Format, ...] = ("webp", "png")


def picture(width: int = 37, height: int = 23, note: str = "", seed: int = 1) -> Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image(pixels, note)


@pytest.mark.parametrize("kind", LOSSLESS)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    note=st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=200),
)
def test_lossless_files_give_back_pixels_and_note(kind: Format, width: int, height: int, note: str) -> None:
    image = picture(width, height, note)
    again = decode(encode(image, kind))
    assert np.array_equal(again.pixels, image.pixels)
    assert again.note == note


@pytest.mark.parametrize("kind", LOSSLESS)
def test_equal_pictures_are_equal_files(kind: Format) -> None:
    assert encode(picture(note="n"), kind) == encode(picture(note="n"), kind)


def test_decoded_pixels_are_contiguous_rgb() -> None:
    red = Image(np.full((5, 4, 3), (255, 0, 0), np.uint8))
    again = decode(encode(red)).pixels
    assert again.flags.c_contiguous
    assert tuple(again[0, 0]) == (255, 0, 0)


def test_jpeg_for_export_keeps_full_colour_resolution_and_drops_the_note() -> None:
    smooth = Image(np.asarray(PIL.Image.linear_gradient("L").convert("RGB"), np.uint8), "secret")
    data = encode(smooth, "jpeg")
    assert PIL.Image.open(BytesIO(data)).layer[0][1:3] == (1, 1)  # type: ignore[attr-defined]
    assert b"secret" not in data
    assert np.abs(decode(data).pixels.astype(int) - smooth.pixels).max() < 8


@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
def test_the_claim_check_names_hash_size_and_format(kind: Format) -> None:
    data = encode(picture(), kind)
    ref = stored("scratch/x", data)
    assert (ref.key, ref.width, ref.height, ref.format) == ("scratch/x", 37, 23, kind)
    assert ref.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
def test_a_file_cut_anywhere_is_refused(kind: Format) -> None:
    data = encode(picture(note="n" * 50), kind)
    for length in range(len(data)):
        with pytest.raises(Reject):
            decode(data[:length])


def test_a_png_with_a_flipped_bit_is_refused() -> None:
    data = bytearray(encode(picture(), "png"))
    data[len(data) // 2] ^= 1
    with pytest.raises(Reject, match="damaged"):
        decode(bytes(data))


@pytest.mark.parametrize(("data", "message"), [(b"", "0 bytes"), (b"hello there", "no WebP, PNG or JPEG")])
def test_what_is_no_image_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(Reject, match=message) as refused:
        decode(data)
    assert "\n" not in str(refused.value)


def test_too_large_a_picture_is_refused_from_its_header() -> None:
    bomb = bytearray(encode(picture(1, 1), "png"))
    bomb[16:24] = struct.pack(">II", 20_000, 20_000)
    header = bytes(bomb[12:29])
    bomb[29:33] = struct.pack(">I", zlib.crc32(header))
    with pytest.raises(Reject, match="20000 x 20000"):
        decode(bytes(bomb))
