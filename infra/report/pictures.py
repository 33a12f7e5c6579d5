"""Thumbnails, each picture once: inside the page, or as files in a folder beside it that later runs use again."""

import base64
import io
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from PIL import Image as Pictures

from schemas.errors import Missing
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams import records, shelf

MOST_PIXELS = 64_000_000
"""Larger pictures are shown as missing rather than unpacked."""
QUALITY = 80
_OURS = re.compile(r"\.?[0-9a-f]{32}-\d+\.webp(\.partial)?")


class Place(Protocol):
    """Where thumbnails go."""

    def keep(self, name: str, make: Callable[[], bytes | None], /) -> str:
        """The address of the thumbnail for the page, made unless it is there; "" when it cannot be made."""


class Inside:
    """Thumbnails as data URIs."""

    def keep(self, _name: str, make: Callable[[], bytes | None]) -> str:
        """A data URI."""
        data = make()
        return "data:image/webp;base64," + base64.b64encode(data).decode("ascii") if data else ""


class Beside:
    """Thumbnails as files of a folder, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, make: Callable[[], bytes | None]) -> str:
        """The file's name."""
        path = self._folder / name
        if path.exists():
            return name
        data = make()
        if not data:
            return ""
        partial = path.with_name(f".{name}.partial")
        partial.write_bytes(data)
        partial.replace(path)
        return name

    def open(self) -> "Beside":
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def tidy(self, names: Iterable[str]) -> None:
        """Remove other thumbnails, and the folder once it is empty; files that are none are left alone."""
        if not self._folder.is_dir():
            return
        wanted = set(names)
        for path in list(self._folder.iterdir()):
            if path.name not in wanted and _OURS.fullmatch(path.name):
                path.unlink(missing_ok=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()


class Thumbnails:
    """WebP thumbnails of at most `side` pixels; found on the shelf, in the records or where they were made."""

    def __init__(self, blobs: Blobs, side: int, place: Place) -> None:
        self._blobs = blobs
        self._side = side
        self._place = place
        self._indexes: dict[str, int] = {}
        self.addresses: list[str] = []

    def make(self, refs: Iterable[ImageRef], progress: Callable[[int, int], None] | None = None) -> None:
        """Make the thumbnails of all distinct pictures, in threads, in the order given."""
        distinct = list({ref.sha256: ref for ref in refs}.values())
        with ThreadPoolExecutor() as pool:
            for done, (ref, address) in enumerate(zip(distinct, pool.map(self._kept, distinct), strict=True), 1):
                if address:
                    self._indexes[ref.sha256] = len(self.addresses)
                    self.addresses.append(address)
                if progress:
                    progress(done, len(distinct))

    def index(self, ref: ImageRef | None) -> int | None:
        """Where `addresses` names the picture; None when it is no longer kept or cannot be read."""
        return None if ref is None else self._indexes.get(ref.sha256)

    def _kept(self, ref: ImageRef) -> str:
        return self._place.keep(f"{ref.sha256[:32]}-{self._side}.webp", lambda: self._thumbnail(ref))

    def _thumbnail(self, ref: ImageRef) -> bytes | None:
        if ref.width * ref.height > MOST_PIXELS:
            return None
        for key in (shelf.image_key(ref), records.record_image_key(ref), ref.key):
            try:
                return shrunk(self._blobs.get(key), self._side)
            except Missing:
                continue
            except (OSError, ValueError):  # Pillow's words for bytes that are no picture
                return None
        return None


def shrunk(data: bytes, side: int) -> bytes:
    """A picture file as WebP whose longer side is at most `side`, without the note it may carry."""
    with Pictures.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side), Pictures.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
