"""The pictures of the rows that are being judged: their files' bytes, in memory and beyond a limit on disk."""

import shutil
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np

from infra import images
from infra.blobs.folder import explained
from infra.runtime.pictures import Pictures
from schemas.errors import Reject
from schemas.messages import ImageRef
from schemas.ports import Blobs, Image
from workers.photographic import reading
from workers.pixelwise.arrays import Pixels

IN_MEMORY = 128 << 20
"""Bytes of files in memory; a service that answers after hours may have a thousand rows in hand."""
FOLDER = ".pictures"
KEY = "scratch/score/"
MOST_MEGAPIXELS = 64.0
JXL = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a")
_FORMATS = {"WEBP": "webp", "JPEG": "jpeg", "PNG": "png"}


class Desk(Pictures):
    """What is on the desk just now, by the SHA-256 of its bytes; for many threads. `overflow` is a folder of its own.

    A picture that two rows share lies there once, until both are done.
    """

    def __init__(self, blobs: Blobs, overflow: Path, in_memory: int = IN_MEMORY) -> None:
        super().__init__(blobs, 0)
        self._folder, self._left = overflow / FOLDER, in_memory
        self._files: dict[str, bytes | None] = {}
        self._wanted: Counter[str] = Counter()
        self._turn = threading.Lock()
        shutil.rmtree(self._folder, ignore_errors=True)  # of a process that was killed

    def lay(self, name: str, data: bytes) -> ImageRef:
        """Put a picture's file there for one row; raises `Reject` for what is none."""
        claim = claimed(name, data)
        with self._turn:
            self._wanted[name] += 1
            if name not in self._files:
                inside = len(data) <= self._left
                if inside:
                    self._left -= len(data)
                else:
                    with explained(self._folder):
                        self._folder.mkdir(exist_ok=True)
                        (self._folder / name).write_bytes(data)
                self._files[name] = data if inside else None
        return claim

    def clear(self, name: str) -> None:
        """One row is done with it."""
        with self._turn:
            self._wanted[name] -= 1
            if self._wanted[name] <= 0:
                del self._wanted[name]
                data = self._files.pop(name)
                if data is None:
                    (self._folder / name).unlink(missing_ok=True)
                else:
                    self._left += len(data)

    def fetch(self, ref: ImageRef) -> Image:
        """The picture, upright; raises `Reject` for one that cannot be decoded."""
        with self._turn:
            data = self._files[ref.sha256]
        if data is None:
            with explained(self._folder):
                data = (self._folder / ref.sha256).read_bytes()
        return decoded(data)

    def close(self) -> None:
        """Nothing is needed any more."""
        shutil.rmtree(self._folder, ignore_errors=True)


def claimed(name: str, data: bytes) -> ImageRef:
    """The claim check for a picture's file, from its header; raises `Reject` when it is no picture.

    A file of a format that messages have no word for goes as "png": nobody reads it by its name.
    """
    if data.startswith(JXL):
        height, width = _jxl(data).shape[:2]
        return ImageRef(key=f"{KEY}{name}", sha256=name, width=width, height=height, format="jxl")
    try:
        kind, width, height = reading.header(data)
    except reading.Unusable as error:
        raise Reject(f"a picture {error}") from None
    claim = {"key": f"{KEY}{name}", "sha256": name, "width": width, "height": height}
    return ImageRef.model_validate(claim | {"format": _FORMATS.get(kind, "png")})


def decoded(data: bytes) -> Image:
    """The picture in a file's bytes, upright sRGB; with the note of one that NHR stored. Raises `Reject`."""
    with suppress(Reject):
        if images.note(data):
            return images.decode(data)
    if data.startswith(JXL):
        return Image(_jxl(data))
    try:
        return Image(reading.read(data, MOST_MEGAPIXELS).pixels)
    except reading.Unusable as error:
        raise Reject(f"a picture {error}") from None


def _jxl(data: bytes) -> Pixels:
    try:
        from imagecodecs import jpegxl_decode
    except ModuleNotFoundError:
        raise Reject('a JPEG XL picture needs package imagecodecs (pip install "nhr[dataset]")') from None
    try:
        found = np.asarray(jpegxl_decode(data))
    except (RuntimeError, ValueError) as error:
        raise Reject(f"a JPEG XL picture cannot be decoded ({' '.join(str(error).split())[:80]})") from None
    if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] < 3:
        raise Reject(f"a JPEG XL picture of {found.dtype} and shape {found.shape}; save it as 8-bit RGB")
    return np.ascontiguousarray(found[..., :3])
