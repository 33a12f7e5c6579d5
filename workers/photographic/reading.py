"""Opens any photograph safely: upright 8-bit sRGB pixels without metadata, and what its file says of its rights."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from PIL import ExifTags, ImageCms, ImageOps, IptcImagePlugin, UnidentifiedImageError
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from workers.pixelwise.arrays import Pixels

MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
MIN_SIDE = 64
MAX_BYTES = 512 * 1024 * 1024
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
           zlib.error)  # fmt: skip
"""All that Pillow's readers raise on damaged files."""


class Unusable(Exception):
    """A file that is no usable photograph; the message says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Pixels, and what EXIF, IPTC or PNG text inside the file say; `xmp` are packets that Pillow finds."""

    pixels: Pixels
    licence: str = ""
    author: str = ""
    keywords: tuple[str, ...] = ()
    xmp: tuple[bytes, ...] = field(default=(), repr=False)


def read(data: bytes, max_megapixels: float) -> Opened:
    """The photograph in a file's bytes, scaled down by area to `max_megapixels`; raises `Unusable`.

    The size is read from the header before any pixel is decoded, so a decompression bomb costs nothing. EXIF
    orientation is applied; embedded colour profiles are converted to sRGB; transparency is laid on white; 16-bit
    levels are scaled to 8. Animated pictures are refused: which frame was meant, nobody can tell.
    """
    if not data:
        raise Unusable("0 bytes; copy the file again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = _opened(data)
        with picture:
            _check(picture)
            exif, iptc = _written(picture)
            licence, author = _rights(picture, exif, iptc)
            words, packets = _keywords(picture, exif, iptc), _packets(picture)
            try:
                upright = _upright(picture, max_megapixels)
            except _BROKEN as error:
                raise Unusable(f"cannot be decoded ({_line(error)}); the file is cut short or damaged") from None
    return Opened(np.ascontiguousarray(upright), licence, author, words, packets)


def header(data: bytes) -> tuple[str, int, int]:
    """Pillow's name of the format, width and height in pixels, before it is turned upright; raises `Unusable`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _opened(data) as picture:
            return picture.format or "", picture.width, picture.height


def _opened(data: bytes) -> ImageFile:
    try:
        return Pillow.open(BytesIO(data))
    except UnidentifiedImageError:
        raise Unusable("not an image of a known format; remove it from the folder") from None
    except Pillow.DecompressionBombError:
        raise Unusable(f"has more than {MAX_PIXELS // 10**6} megapixels; scale it down first") from None
    except _BROKEN as error:
        raise Unusable(f"its header cannot be read ({_line(error)}); the file is damaged") from None


def _check(picture: Pillow.Image) -> None:
    width, height = picture.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        limits = f"{MAX_SIDE} pixels a side or {MAX_PIXELS // 10**6} megapixels"
        raise Unusable(f"{width} x {height} pixels, more than {limits}; scale it down first")
    if min(width, height) < MIN_SIDE:
        raise Unusable(f"{width} x {height} pixels, less than {MIN_SIDE} a side; leave it out")
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise Unusable("animated or of several pages; save the one frame you want as a file")


def _upright(picture: Pillow.Image, max_megapixels: float) -> Pixels:
    scale = min(1.0, (max_megapixels * 1e6 / (picture.width * picture.height)) ** 0.5)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture.draft(None, (2 * size[0], 2 * size[1]))
    picture.load()
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    eight = _eight_bit(picture)
    if eight.size != size and scale < 1.0:
        eight = eight.resize(size, Pillow.Resampling.BOX if scale < 0.5 else Pillow.Resampling.HAMMING)
    plain = _srgb(eight, picture.info.get("icc_profile"))
    plain.getexif()[ExifTags.Base.Orientation] = orientation
    return np.asarray(ImageOps.exif_transpose(plain), np.uint8)


def _eight_bit(picture: Pillow.Image) -> Pillow.Image:
    """L, RGB, CMYK or LAB, with transparency laid on white."""
    mode = picture.mode
    if mode == "F":
        raise Unusable("floating-point pixels have no known white; save it as 8 or 16 bits")
    if mode.startswith("I"):
        deep = np.asarray(picture).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise Unusable("32-bit pixels have no known white; save it as 8 or 16 bits")
        return Pillow.fromarray(((deep + 128) // 257).astype(np.uint8))
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return picture if mode in ("L", "RGB", "CMYK", "LAB") else picture.convert("L" if mode == "1" else "RGB")


def _srgb(picture: Pillow.Image, profile: object) -> Pillow.Image:
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            sharp = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if sharp is not None:
                return sharp
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken or foreign profile: the plain conversion is what other programs show, too
    return picture.convert("RGB")


Written = Mapping[object, object]


def _written(picture: ImageFile) -> tuple[Written, Written]:
    """EXIF and IPTC; nothing of either where it is broken."""
    exif: dict[object, object] = {}
    iptc: dict[object, object] = {}
    with suppress(*_BROKEN):
        exif.update(picture.getexif().items())
    with suppress(*_BROKEN):
        iptc.update((IptcImagePlugin.getiptcinfo(picture) or {}).items())
    return exif, iptc


def _rights(picture: ImageFile, exif: Written, iptc: Written) -> Iterator[str]:
    """Licence and author from EXIF (Copyright, Artist), else IPTC (116, 80), else PNG text."""
    for tag, record, text in (
        (ExifTags.Base.Copyright, (2, 116), "Copyright"),
        (ExifTags.Base.Artist, (2, 80), "Author"),
    ):
        values = (exif.get(tag), iptc.get(record), picture.info.get(text))
        yield next((clean for value in values if (clean := cleaned(value))), "")


def _keywords(picture: ImageFile, exif: Written, iptc: Written) -> tuple[str, ...]:
    """Keywords from IPTC (25), EXIF (XPKeywords, UTF-16) and PNG text."""
    listed = iptc.get((2, 25))
    values = [*listed] if isinstance(listed, list) else [listed]
    wide = exif.get(ExifTags.Base.XPKeywords)
    values += [bytes(wide).decode("utf-16-le", "replace")] if isinstance(wide, bytes | tuple) else [wide]
    values += [picture.info.get(name) for name in ("Keywords", "keywords", "robots")]
    return tuple(clean for value in values if (clean := cleaned(value, 4096)))


def _packets(picture: ImageFile) -> tuple[bytes, ...]:
    """Packets of XMP as Pillow gives them: a PNG's may be compressed, a TIFF's is a tag."""
    values = (picture.info.get("xmp"), picture.info.get("XML:com.adobe.xmp"))
    return tuple(value.encode() if isinstance(value, str) else value for value in values
                 if isinstance(value, str | bytes))  # fmt: skip


def cleaned(value: object, limit: int = 256) -> str:
    """A metadata value as one line of at most `limit` bytes of UTF-8; "" for anything that is no text."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    line = " ".join(value.replace("\0", " ").split())
    return line.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
