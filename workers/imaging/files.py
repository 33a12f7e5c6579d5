"""Pictures as files: sent to a model without their notes, and read from an answer that may be anything."""

import struct
import zlib
from io import BytesIO

import numpy as np
import PIL.Image
import PIL.ImageOps

from schemas.errors import Reject
from workers.language.asking import Picture, Unreadable
from workers.pixelwise.arrays import Pixels

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_SIDE = 16_384
MOST_PIXELS = 64_000_000
MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"})
"""Those with 8 bits a channel: others would be cut off at 255, not scaled."""
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
"""What Pillow raises over files that are none."""
TOO_LARGE = (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning)


def sent(pixels: Pixels, how: str, most: int) -> Picture:
    """The picture as a file of at most `most` bytes, made of pixels alone; raises `Reject` for one that is larger.

    `how`: "png" and "webp" are lossless, "jpeg" is of quality 95 with full colour. A picture's note is ground truth and
    no part of the file.
    """
    out, picture = BytesIO(), PIL.Image.fromarray(pixels)
    if how == "png":
        picture.save(out, "PNG", compress_level=1)
    elif how == "webp":
        picture.save(out, "WEBP", lossless=True, quality=0, method=0)
    else:
        picture.save(out, "JPEG", quality=95, subsampling=0)
    data = out.getvalue()
    if len(data) > most:
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        raise Reject(f"a source of {size} is {len(data)} bytes as {how}, over the {most} that are sent")
    return Picture(data, f"image/{how}")


def seen(data: bytes) -> Pixels:
    """The pixels of a file: upright, RGB, what is transparent on white; raises `Unreadable`.

    The size is looked at before anything is unpacked.
    """
    try:
        with PIL.Image.open(BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
                raise Unreadable(f"the picture drawn is of {width} x {height} pixels, which is too large")
            if picture.mode not in MODES:
                raise Unreadable(f"the picture drawn has pixels of mode {picture.mode}")
            return np.ascontiguousarray(_opaque(PIL.ImageOps.exif_transpose(picture)), np.uint8)
    except TOO_LARGE as error:
        raise Unreadable(f"the picture drawn is too large: {error}") from None
    except DAMAGED:
        start = data[:8].hex(" ")
        raise Unreadable(f"{len(data)} bytes beginning {start!r} are no whole PNG, JPEG or WebP") from None


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    return PIL.Image.alpha_composite(PIL.Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
