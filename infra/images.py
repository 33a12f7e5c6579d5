"""Pictures to bytes and back: lossless WebP or PNG with a picture's note inside, and JPEG for export."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Literal
from xml.sax.saxutils import escape, unescape

import cv2
import numpy as np
import PIL.Image
from PIL.PngImagePlugin import PngInfo

from schemas.errors import Reject
from schemas.messages import ImageRef
from schemas.ports import Image

Format = Literal["webp", "png", "jpeg"]
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
_KEYWORD = "nhr:note"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:nhr="https://nhr.invalid/ns/"><nhr:note>{}</nhr:note></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def check(image: Image) -> None:
    """Raise `ValueError` for what is no picture."""
    shape = image.pixels.shape
    if image.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or not image.pixels.size:
        raise ValueError(f"pixels are {image.pixels.dtype} of shape {shape}; want uint8 of (height, width, 3)")


def encode(image: Image, format: Format = "webp") -> bytes:  # noqa: A002 - the field's name in `ImageRef`
    """The picture as a file: lossless for WebP and PNG; JPEG at quality 95, 4:4:4, without the note.

    The note travels as an XMP chunk (WebP) or an iTXt chunk (PNG). Raises `ValueError` for what is no picture.
    """
    check(image)
    picture, out = PIL.Image.fromarray(image.pixels), BytesIO()
    if format == "webp":
        xmp = _XMP.format(escape(image.note)).encode() if image.note else b""
        picture.save(out, "WEBP", lossless=True, quality=0, method=0, xmp=xmp)
    elif format == "png":
        info = PngInfo()
        if image.note:
            info.add_itxt(_KEYWORD, image.note)
        picture.save(out, "PNG", compress_level=1, pnginfo=info)
    else:
        picture.save(out, "JPEG", quality=95, subsampling=0)
    return out.getvalue()


def decode(data: bytes) -> Image:
    """The picture in a file's bytes, its note with it; raises `Reject` for anything damaged, foreign or too large."""
    kind, width, height = _header(data)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        limits = f"{MAX_SIDE} a side or {MAX_PIXELS // 10**6} megapixels"
        raise Reject(f"image of {width} x {height} pixels is over {limits}")
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if found is None or found.shape[:2] != (height, width):
        raise Reject(f"{kind} image of {len(data)} bytes cannot be decoded; the file is damaged")
    return Image(np.asarray(found, np.uint8), _note(kind, data))


def note(data: bytes) -> str:
    """The note inside a file's bytes; "" where there is none. No pixel is decoded."""
    kind: Format | None = "webp" if data[8:12] == b"WEBP" else "png" if data[:8] == b"\x89PNG\r\n\x1a\n" else None
    try:
        return _note(kind, data) if kind else ""
    except (struct.error, IndexError):
        return ""


def stored(key: str, data: bytes) -> ImageRef:
    """The claim check for image bytes that are stored under `key`; raises `Reject` when they are no image."""
    kind, width, height = _header(data)
    return ImageRef(key=key, sha256=hashlib.sha256(data).hexdigest(), width=width, height=height, format=kind)


def _header(data: bytes) -> tuple[Format, int, int]:
    """Format, width and height; also checks that the file is whole (PNG: every checksum)."""
    if not data:
        raise Reject("image of 0 bytes")
    try:
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return ("webp", *_webp_size(data))
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            return ("png", *_png_size(data))
        if data[:2] == b"\xff\xd8":
            return ("jpeg", *_jpeg_size(data))
    except (struct.error, IndexError):
        raise Reject(f"image of {len(data)} bytes is cut short") from None
    raise Reject(f"{len(data)} bytes beginning {data[:8].hex(' ')} are no WebP, PNG or JPEG image")


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _webp_size(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        raise Reject(f"WebP image of {len(data)} bytes is cut short")
    for name, body in _webp_chunks(data):
        if name == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if name == b"VP8L":
            bits = struct.unpack_from("<I", body, 1)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if name == b"VP8 ":
            width, height = struct.unpack_from("<HH", body, 6)
            return width & 0x3FFF, height & 0x3FFF
    raise Reject("WebP file holds no picture")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + 12 + size]
        at += 12 + size


def _png_size(data: bytes) -> tuple[int, int]:
    size, name = (0, 0), b""
    for name, body in _png_chunks(data):
        if struct.unpack_from(">I", body, len(body) - 4)[0] != zlib.crc32(body[:-4], zlib.crc32(name)):
            raise Reject(f"PNG image of {len(data)} bytes is damaged in its {name!r} chunk")
        if name == b"IHDR":
            size = struct.unpack_from(">II", body)
    if name != b"IEND":
        raise Reject(f"PNG image of {len(data)} bytes is cut short")
    return size


def _jpeg_size(data: bytes) -> tuple[int, int]:
    if b"\xff\xd9" not in data[-64:]:
        raise Reject(f"JPEG image of {len(data)} bytes is cut short")
    at = 2
    while True:
        marker, size = struct.unpack_from(">HH", data, at)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + size


def _note(kind: Format, data: bytes) -> str:
    if kind == "webp" and data[12:16] == b"VP8X":
        for name, body in _webp_chunks(data):
            if name == b"XMP ":
                text = body.decode(errors="replace")
                start, end = text.find("<nhr:note>"), text.rfind("</nhr:note>")
                return unescape(text[start + len("<nhr:note>") : end]) if start >= 0 else ""
    if kind == "png":
        for name, body in _png_chunks(data):
            if name == b"iTXt" and body.startswith(_KEYWORD.encode() + b"\0\0"):
                parts = body[:-4].split(b"\0", 5)
                return parts[5].decode(errors="replace") if len(parts) == 6 else ""
    return ""
