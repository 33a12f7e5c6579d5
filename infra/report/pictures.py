"""Thumbnails as data URIs, each picture once."""

import base64
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from PIL import Image as Pictures

from schemas.errors import Missing
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams import records, shelf

MOST_PIXELS = 64_000_000
"""Larger pictures are shown as missing rather than unpacked."""


class Thumbnails:
    """WebP thumbnails of at most `side` pixels; found on the shelf, in the records or where they were made."""

    def __init__(self, blobs: Blobs, side: int, quality: int = 80) -> None:
        self._blobs = blobs
        self._side = side
        self._quality = quality
        self._places: dict[str, int] = {}
        self.uris: list[str] = []

    def make(self, refs: Iterable[ImageRef], progress: Callable[[int, int], None] | None = None) -> None:
        """Make the thumbnails of all distinct pictures, in threads, in the order given."""
        distinct = list({ref.sha256: ref for ref in refs}.values())
        with ThreadPoolExecutor() as pool:
            for done, (ref, uri) in enumerate(zip(distinct, pool.map(self._uri, distinct), strict=True), 1):
                if uri:
                    self._places[ref.sha256] = len(self.uris)
                    self.uris.append(uri)
                if progress:
                    progress(done, len(distinct))

    def place(self, ref: ImageRef) -> int | None:
        """Index of the picture in `uris`; None when it is no longer kept or cannot be read."""
        return self._places.get(ref.sha256)

    def _uri(self, ref: ImageRef) -> str:
        if ref.width * ref.height > MOST_PIXELS:
            return ""
        for key in (shelf.image_key(ref), records.record_image_key(ref), ref.key):
            try:
                return _thumbnail(self._blobs.get(key), self._side, self._quality)
            except Missing:
                continue
            except (OSError, ValueError):  # Pillow's words for bytes that are no picture
                return ""
        return ""


def _thumbnail(data: bytes, side: int, quality: int) -> str:
    with Pictures.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side), Pictures.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode("ascii")
