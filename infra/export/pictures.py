"""Pictures on their way into an export: read, checked, and encoded anew where a format is asked for."""

import io
from collections.abc import Callable, Mapping
from hashlib import sha256

import numpy as np
from PIL import Image as Pictures

from infra.export.order import Encoding, Format
from infra.wiring import packages_of_the_dataset
from schemas.errors import Missing, UserError
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams.dataset.columns import Picture
from streams.shelf import SUFFIXES

JPEG_QUALITY = 95
_JXL_LOSSLESS, _JXL_LOSSY = 1, 3
"""Efforts of JPEG XL: lossless, more effort takes several times as long and saves a few per cent."""


def read(blobs: Blobs, ref: ImageRef) -> bytes:
    """The bytes of a kept picture; raises `UserError` where it is missing."""
    try:
        return blobs.get(ref.key)
    except Missing:
        raise UserError(f"image {ref.key} is missing", "restore it from a copy") from None


def ending(ref: ImageRef, encoding: Encoding) -> str:
    """How the name of the exported file ends."""
    return SUFFIXES[ref.format if encoding.format == "keep" else encoding.format]


def exported(blobs: Blobs, ref: ImageRef, encoding: Encoding) -> Picture:
    """The picture as it is exported, named by the SHA-256 of the kept file; raises `UserError` naming a bad one."""
    data = read(blobs, ref)
    if encoding.format != "keep":
        data = _encoded(ref, data, encoding)
    elif sha256(data).hexdigest() != ref.sha256:
        raise UserError(
            f"image {ref.key} is damaged: its bytes are others than its name says", "restore it from a copy"
        )
    return Picture(data, f"{ref.sha256}.{ending(ref, encoding)}")


def need(encoding: Encoding) -> None:
    """Raise `UserError` where the package that encodes so is not installed."""
    if encoding.format == "jxl":
        with packages_of_the_dataset():
            import imagecodecs  # noqa: F401 - only whether it is there


def _encoded(ref: ImageRef, data: bytes, encoding: Encoding) -> bytes:
    try:
        with Pictures.open(io.BytesIO(data)) as picture:
            return _ENCODERS[encoding.format](picture.convert("RGB"), encoding.quality)
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"image {ref.key} cannot be read ({error})", "restore it from a copy") from None


def _jpeg(picture: Pictures.Image, quality: int | None) -> bytes:
    """Full colour resolution, since fine colour edges are what an edit changes."""
    return _saved(picture, "JPEG", quality=quality or JPEG_QUALITY, subsampling=0)


def _webp(picture: Pictures.Image, quality: int | None) -> bytes:
    if quality is None:
        return _saved(picture, "WEBP", lossless=True, quality=0, method=0)
    return _saved(picture, "WEBP", quality=quality)


def _png(picture: Pictures.Image, _quality: int | None) -> bytes:
    return _saved(picture, "PNG")


def _jxl(picture: Pictures.Image, quality: int | None) -> bytes:
    import imagecodecs

    pixels = np.asarray(picture)
    if quality is None:
        return bytes(imagecodecs.jpegxl_encode(pixels, effort=_JXL_LOSSLESS, lossless=True, numthreads=1))
    return bytes(imagecodecs.jpegxl_encode(pixels, effort=_JXL_LOSSY, distance=distance(quality), numthreads=1))


def distance(quality: int) -> float:
    """The distance that JPEG XL's encoder is told for a quality from 1 to 100, as `cjxl -q` takes it."""
    if quality >= 100:
        return 0.0
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53.0 / 3000.0 * quality * quality - 23.0 / 20.0 * quality + 25.0


def _saved(picture: Pictures.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


_ENCODERS: Mapping[Format, Callable[[Pictures.Image, int | None], bytes]] = {
    "jpeg": _jpeg, "webp": _webp, "png": _png, "jxl": _jxl,
}  # fmt: skip
