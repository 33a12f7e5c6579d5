"""Files sent to a model and read from its answers."""

import struct
import warnings
import zlib

import numpy as np
import PIL.Image
import pytest

from schemas.errors import Reject
from tests.unit.imaging.services import EDITED, SOURCE, file
from workers.imaging.files import seen, sent
from workers.language.asking import Unreadable

PIXELS = SOURCE.pixels


@pytest.mark.parametrize("how", ["png", "webp"])
def test_what_is_sent_without_loss_is_the_same_to_the_pixel(how: str) -> None:
    picture = sent(PIXELS, how, 10**6)
    assert picture.mime == f"image/{how}"
    assert np.array_equal(seen(picture.data), PIXELS)


def test_jpeg_is_sent_with_little_loss_and_full_colour() -> None:
    found = seen(sent(PIXELS, "jpeg", 10**6).data)
    assert np.abs(found.astype(int) - PIXELS).mean() < 3
    red = np.zeros((8, 8, 3), np.uint8)
    red[:, ::2] = (255, 0, 0)
    assert np.abs(seen(sent(red, "jpeg", 10**6).data).astype(int) - red).max() < 40


def test_a_file_over_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(Reject, match=r"a source of 96 x 64 is \d+ bytes as png, over the 100"):
        sent(PIXELS, "png", 100)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read(kind: str) -> None:
    found = seen(file(EDITED, kind))
    assert found.shape == EDITED.shape
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>no</html>", file(EDITED)[:400], file(EDITED, "JPEG")[:400], file(EDITED, "WEBP")[:400],
     file(EDITED, "GIF"), file(EDITED, "BMP"), b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["nothing", "html", "cut png", "cut jpeg", "cut webp", "gif", "bmp", "svg"],
)  # fmt: skip
def test_what_is_no_whole_picture_is_told_in_one_line(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^\d+ bytes beginning '[0-9a-f ]*' are no whole PNG, JPEG or WebP$"):
        seen(data)


def png_of(width: int, height: int) -> bytes:
    """A small file that says it holds so many pixels."""
    whole = bytearray(file(np.zeros((1, 1, 3), np.uint8)))
    whole[16:24] = struct.pack(">II", width, height)
    whole[29:33] = struct.pack(">I", zlib.crc32(whole[12:29]))
    return bytes(whole)


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (12_000, 12_000), (50_000, 50_000), (16_400, 10)])
def test_a_picture_that_is_too_large_is_never_unpacked(width: int, height: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)  # as in production: told, not raised
        with pytest.raises(Unreadable, match="too large"):
            seen(png_of(width, height))


def test_a_large_picture_is_refused_also_where_warnings_are_errors() -> None:
    with pytest.raises(Unreadable, match="too large"):
        seen(png_of(12_000, 12_000))


def test_pictures_are_turned_upright() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    assert np.array_equal(seen(file(EDITED, exif=exif)), np.rot90(EDITED, -1))


def test_grey_becomes_rgb_and_what_is_transparent_lies_on_white() -> None:
    grey = seen(file(np.full((4, 4), 90, np.uint8)))
    assert grey.tolist() == [[[90, 90, 90]] * 4] * 4
    layer = np.zeros((2, 2, 4), np.uint8)
    layer[0, 0] = (10, 20, 30, 255)
    found = seen(file(layer))
    assert found[0, 0].tolist() == [10, 20, 30]
    assert found[1, 1].tolist() == [255, 255, 255]


def test_sixteen_bits_a_channel_are_refused_rather_than_cut_off() -> None:
    with pytest.raises(Unreadable, match="mode I;16"):
        seen(file(np.full((4, 4), 40_000, np.uint16)))
