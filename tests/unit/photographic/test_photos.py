"""The photos prompter reads what it can, says of the rest why not, and asks for edits that fit."""

import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags, ImageCms
from PIL.PngImagePlugin import PngInfo

from schemas.errors import UserError
from schemas.taxonomy import taxonomy
from tests.unit.photographic.scenes import photograph
from workers.photographic.effect import parse
from workers.pixelwise.arrays import Pixels
from workers.plugin import Intake, Photo, Skipped
from workers.prompters.photos import PhotosOptions, Prompter
from workers.roster import parse as plugin


def intake(path: Path, start: int = 0, **options: float | str) -> list[Intake]:
    return list(Prompter(PhotosOptions.model_validate({"path": str(path), **options})).intake("c", start))


def only_photo(path: Path, **options: float | str) -> Photo:
    (found,) = intake(path, 0, **options)
    assert isinstance(found, Photo), found
    return found


def only_skip(path: Path) -> str:
    (found,) = intake(path)
    assert isinstance(found, Skipped), found
    assert found.what == str(path)
    assert "\n" not in found.reason
    return found.reason


def save(pixels: Pixels, path: Path, **how: object) -> Path:
    PIL.Image.fromarray(pixels).save(path, **how)  # type: ignore[arg-type]
    return path


def alike(found: Pixels, wanted: Pixels, tolerance: float = 3.0) -> bool:
    return found.shape == wanted.shape and float(np.abs(found.astype(int) - wanted).mean()) < tolerance


UNDONE: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: p.swapaxes(0, 1)[::-1, ::-1],
    8: lambda p: np.rot90(p, 1),
}
"""How a viewer turns stored pixels for each EXIF orientation."""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("scale", [1.0, 0.02])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, scale: float) -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = save(photograph(), tmp_path / "a.jpg", quality=95, exif=exif)
    found = only_photo(path, max_megapixels=scale).image.pixels
    wanted = UNDONE[orientation](photograph())
    height, width = found.shape[:2]
    assert (height > width) == (wanted.shape[0] > wanted.shape[1])
    small = PIL.Image.fromarray(np.ascontiguousarray(wanted)).resize((width, height), PIL.Image.Resampling.BOX)
    assert alike(found, np.asarray(small))


def test_only_licence_and_author_are_taken_from_exif(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Copyright] = "CC BY 4.0"
    exif[ExifTags.Base.Artist] = "A. Nyman\0"
    exif[ExifTags.Base.Model] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    found = only_photo(save(photograph(), tmp_path / "a.jpg", exif=exif))
    assert (found.licence, found.words, found.author) == ("CC-BY-4.0", "CC BY 4.0", "A. Nyman")
    assert "SecretCam" not in repr(found)
    assert found.image.note == ""
    assert "52" not in f"{found.licence}{found.author}{found.caption}{found.image.note}"


def test_rights_come_from_sidecar_then_file_then_option_then_licence_file(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "LICENSE").write_text("\nCC0 1.0\nlong text")
    text = PngInfo()
    text.add_text("Copyright", "in the file")
    path = save(photograph(), folder / "a.png", pnginfo=text)
    bare = save(photograph(seed=2), folder / "b.png")
    (folder / "a.json").write_text(json.dumps({"author": "beside", "caption": "A field."}))
    first, second = intake(tmp_path)
    assert isinstance(first, Photo)
    assert isinstance(second, Photo)
    assert (first.licence, first.author, first.caption) == ("in the file", "beside", "A field.")
    assert (second.licence, second.words, second.author) == ("CC0-1.0", "CC0 1.0", "")
    assert only_photo(bare, licence="by option", author="me").licence == "by option"
    assert only_photo(path, author="me").author == "beside"


def test_a_broken_sidecar_skips_its_picture(tmp_path: Path) -> None:
    path = save(photograph(), tmp_path / "a.png")
    (tmp_path / "a.json").write_text("{")
    assert "sidecar a.json" in only_skip(path)


def test_files_come_in_the_order_of_their_paths_and_always_the_same(tmp_path: Path) -> None:
    for number, name in enumerate(("b.png", "a/z.png", "c.webp", "a/b/x.png")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        save(photograph(seed=number + 2), tmp_path / name)
    names = [item.name for item in intake(tmp_path) if isinstance(item, Photo)]
    assert names == ["a/b/x.png", "a/z.png", "b.png", "c.webp"]
    assert [item.name for item in intake(tmp_path, start=2) if isinstance(item, Photo)] == names[2:]


def test_the_same_picture_gets_the_same_requests_under_any_name(tmp_path: Path) -> None:
    first = only_photo(save(photograph(), tmp_path / "a.png"))
    second = only_photo(save(photograph(), tmp_path / "b.png"))
    assert first.sha256 == second.sha256
    assert first.requests == second.requests


def test_a_copy_of_a_file_is_skipped_also_after_a_restart(tmp_path: Path) -> None:
    data = save(photograph(), tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(data)
    for start in (0, 1):
        last = intake(tmp_path, start)[-1]
        assert isinstance(last, Skipped)
        assert "same file as a.png" in last.reason


@pytest.mark.parametrize("edits", [1, 4, 9])
def test_requests_are_of_different_operations_and_at_most_as_many_as_asked(tmp_path: Path, edits: int) -> None:
    found = only_photo(save(photograph(), tmp_path / "a.png"), edits=edits)
    operations = [request.operation for request in found.requests]
    assert len(set(operations)) == len(operations) == edits
    assert set(operations) <= set(taxonomy().operations)
    assert all(parse(request.effect).operation == request.operation for request in found.requests)
    assert len({request.instruction for request in found.requests}) == edits


def test_a_grey_picture_is_not_asked_to_lose_or_strengthen_colour(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    PIL.Image.fromarray(photograph()).convert("L").save(path)
    found = only_photo(path, edits=32)
    asked = {request.operation for request in found.requests}
    assert not asked & {"monochrome", "saturation", "color_temperature", "season", "degrade"}
    assert asked


def test_a_bright_picture_is_not_asked_to_be_brighter(tmp_path: Path) -> None:
    bright = np.clip(photograph().astype(int) + 90, 0, 255).astype(np.uint8)
    found = only_photo(save(bright, tmp_path / "a.png"), edits=32)
    assert not [request for request in found.requests if '"variant":"brighter"' in request.effect]


def test_larger_pictures_are_scaled_down_by_area(tmp_path: Path) -> None:
    found = only_photo(save(photograph(640, 480), tmp_path / "a.png"), max_megapixels=0.0768).image.pixels
    assert found.shape == (240, 320, 3)
    wanted = photograph(640, 480).astype(np.float32).reshape(240, 2, 320, 2, 3).mean(axis=(1, 3))
    assert alike(found, np.round(wanted).astype(np.uint8), 1.5)


def stored(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        picture = PIL.Image.fromarray(photograph())
        if name == "CMYK":
            picture.convert("CMYK").save(path.with_suffix(".jpg"), quality=95)
        elif name == "palette":
            picture.quantize(256).save(path.with_suffix(".png"))
        elif name == "grey":
            picture.convert("L").save(path.with_suffix(".png"))
        elif name == "16-bit grey":
            deep = np.asarray(picture.convert("L")).astype(np.uint16) * 257
            PIL.Image.fromarray(deep).save(path.with_suffix(".png"))
        elif name == "16-bit colour":
            path.with_suffix(".png").write_bytes(png16(photograph()))
        elif name == "alpha":
            picture.putalpha(PIL.Image.new("L", picture.size, 255))
            picture.save(path.with_suffix(".png"))
        elif name == "LAB":
            lab = ImageCms.createProfile("LAB")
            ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), lab, outputMode="LAB").save(  # type: ignore[union-attr]
                path.with_suffix(".tif")
            )
        else:
            picture.save(path.with_suffix(name))

    return write


def png16(pixels: Pixels) -> bytes:
    """A 16-bit colour PNG, which Pillow cannot write."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in (pixels.astype(">u2") * 257).astype(">u2"))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("CMYK", 4), ("palette", 9), ("16-bit colour", 1), ("alpha", 1), (".tif", 1), (".bmp", 1), (".webp", 6)],
)
def test_every_kind_of_colour_file_becomes_the_same_picture(tmp_path: Path, name: str, tolerance: float) -> None:
    stored(name)(tmp_path / "a")
    assert alike(only_photo(next(tmp_path.iterdir())).image.pixels, photograph(), tolerance)


@pytest.mark.parametrize("name", ["grey", "16-bit grey"])
def test_every_kind_of_grey_file_becomes_the_same_picture(tmp_path: Path, name: str) -> None:
    stored(name)(tmp_path / "a")
    found = only_photo(next(tmp_path.iterdir())).image.pixels
    luma = np.asarray(PIL.Image.fromarray(photograph()).convert("L"))
    assert alike(found, np.repeat(luma[:, :, None], 3, axis=2), 1)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(photograph())
    alpha = np.full((240, 320), 255, np.uint8)
    alpha[:60] = 0
    picture.putalpha(PIL.Image.fromarray(alpha))
    picture.save(tmp_path / "a.png")
    found = only_photo(tmp_path / "a.png").image.pixels
    assert (found[:60] == 255).all()
    assert np.array_equal(found[60:], photograph()[60:])


def test_an_embedded_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain = save(
        photograph(),
        tmp_path / "plain.png",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert alike(only_photo(plain).image.pixels, photograph(), 1)
    assert isinstance(intake(save(photograph(), tmp_path / "odd.png", icc_profile=profile))[0], Photo)
    assert isinstance(intake(save(photograph(), tmp_path / "bad.png", icc_profile=b"nonsense"))[0], Photo)


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes whose header claims side x side pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def encoded(pixels: Pixels, kind: str) -> bytes:
    out = BytesIO()
    PIL.Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes"),
        (b"just some words that are no picture", "not an image"),
        (encoded(photograph(), "PNG")[:20000], "cut short or damaged"),
        (encoded(photograph(), "JPEG")[:6000], "cut short or damaged"),
        (encoded(photograph(), "WEBP")[:3000], "damaged"),
        (encoded(photograph(), "TIFF")[:5000], "damaged"),
        (encoded(photograph(40, 200), "PNG"), "40 x 200 pixels, less than 64"),
        (encoded(np.full((200, 200, 3), 128, np.uint8), "PNG"), "almost blank"),
    ],
    ids=["empty", "words", "half a png", "half a jpeg", "half a webp", "half a tiff", "tiny", "blank"],
)
def test_an_unusable_file_is_one_skip_with_its_reason(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    assert message in only_skip(path)


@pytest.mark.parametrize("side", [9_000, 17_000, 20_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_unfolds(tmp_path: Path, side: int) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(bomb(side))
    tracemalloc.start()
    assert "megapixels" in only_skip(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animated_picture_is_skipped(tmp_path: Path, kind: str) -> None:
    frames = [PIL.Image.fromarray(photograph(seed=seed)) for seed in (1, 2)]
    path = tmp_path / f"x.{kind.lower()}"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    assert "animated or of several pages" in only_skip(path)


def test_a_bad_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    save(photograph(), tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes(b"words")
    (tmp_path / "notes.txt").write_text("no picture, and none is expected")
    (tmp_path / ".hidden.jpg").write_bytes(b"")
    assert [type(item) for item in intake(tmp_path)] == [Skipped, Photo, Skipped]


def test_files_can_be_chosen_by_pattern(tmp_path: Path) -> None:
    for number, name in enumerate(("cat.png", "dog.png", "cow.jpg")):
        save(photograph(seed=number + 1), tmp_path / name)
    found = intake(tmp_path, match="cat.*; *.jpg")
    assert [item.name for item in found if isinstance(item, Photo)] == ["cat.png", "cow.jpg"]


@pytest.mark.parametrize(
    ("given", "message"), [("", "no folder given"), ("nowhere", "does not exist"), (".", "no file in")]
)
def test_a_folder_that_cannot_be_read_is_the_users_to_mend(tmp_path: Path, given: str, message: str) -> None:
    path = str(tmp_path / given) if given else ""
    with pytest.raises(UserError, match=message):
        Prompter(PhotosOptions(path=path)).intake("c", 0)


def test_an_unreadable_folder_inside_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0)
    real = __import__("os").scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr("os.scandir", refusing)
    with pytest.raises(UserError, match="locked cannot be read: Permission denied"):
        Prompter(PhotosOptions(path=str(tmp_path))).intake("c", 0)


def test_the_roster_finds_it_with_its_folder_after_the_colon(tmp_path: Path) -> None:
    found = plugin("prompter", f"photos:{tmp_path}")
    assert found.options.path == str(tmp_path)
    with pytest.raises(UserError, match="edits"):
        plugin("prompter", "photos:path=x,edits=0")
