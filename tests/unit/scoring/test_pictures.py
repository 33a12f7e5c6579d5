"""The pictures in hand: decoded upright whatever their format, kept once, on disk where memory is short."""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pictures

from infra import images
from infra.blobs.memory import MemoryBlobs
from infra.scoring.pictures import FOLDER, Desk, claimed, decoded
from schemas.errors import Reject
from schemas.ports import Image
from tests.unit.scoring.making import picture

RAMP = np.ascontiguousarray(np.broadcast_to(np.arange(0, 240, 3, dtype=np.uint8)[:, None, None], (80, 64, 3)))


def saved(kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    Pictures.fromarray(RAMP).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pictures_of_any_usual_format_are_decoded(kind: str) -> None:
    assert np.array_equal(decoded(saved(kind)).pixels, RAMP)


def test_a_picture_in_jpeg_xl_is_decoded() -> None:
    data = bytes(imagecodecs.jpegxl_encode(RAMP, lossless=True))
    assert np.array_equal(decoded(data).pixels, RAMP)
    claim = claimed("0" * 64, data)
    assert (claim.format, claim.width, claim.height) == ("jxl", 64, 80)


def test_a_picture_is_turned_upright_as_trainers_see_it() -> None:
    exif = Pictures.Exif()
    exif[0x0112] = 6
    assert decoded(saved("JPEG", exif=exif)).pixels.shape == (64, 80, 3)


def test_the_note_of_a_picture_of_ours_comes_along() -> None:
    for kind in ("webp", "png"):
        found = decoded(images.encode(Image(RAMP, "the planted flaw"), kind))
        assert found.note == "the planted flaw"
        assert np.array_equal(found.pixels, RAMP)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\x0a broken"])
def test_what_is_no_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Reject, match="picture"):
        claimed("0" * 64, data)


def test_a_picture_that_two_rows_share_stays_until_both_are_done(tmp_path: Path) -> None:
    desk = Desk(MemoryBlobs(), tmp_path)
    name = "a" * 64
    claims = [desk.lay(name, picture(1)) for _ in range(2)]
    desk.clear(name)
    assert desk.fetch(claims[0]).pixels.shape == (64, 64, 3)
    desk.clear(name)
    with pytest.raises(KeyError):
        desk.fetch(claims[1])


def test_what_memory_is_too_short_for_lies_on_disk_and_leaves_nothing(tmp_path: Path) -> None:
    size = len(picture(1))
    desk = Desk(MemoryBlobs(), tmp_path, in_memory=size)
    claims = {n: desk.lay(f"{n:064x}", picture(n)) for n in (1, 2, 3)}
    assert len(list((tmp_path / FOLDER).iterdir())) == 2
    assert np.array_equal(desk.fetch(claims[3]).pixels, images.decode(picture(3)).pixels)
    for n in (1, 2):
        desk.clear(f"{n:064x}")
    assert len(list((tmp_path / FOLDER).iterdir())) == 1
    desk.close()
    assert not (tmp_path / FOLDER).exists()


def test_what_a_killed_run_left_on_disk_is_removed(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "old").write_bytes(b"1")
    Desk(MemoryBlobs(), tmp_path)
    assert not (tmp_path / FOLDER).exists()
