"""The photos prompter: real photographs from a folder, each with edits that suit it."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.errors import UserError
from schemas.messages import MAX_REQUESTS
from schemas.ports import Image, Info
from workers.photographic import rights
from workers.photographic.choosing import requests
from workers.photographic.reading import MAX_BYTES, Unusable, read
from workers.plugin import Intake, Options, Photo, Skipped
from workers.plugin import Prompter as Base


class PhotosOptions(Options):
    """`path`: a folder (searched in depth) or one file; `match`: patterns of relative paths, separated by ";".

    `licence`, `author`: what holds for pictures that say nothing themselves. Sidecar `NAME.json` goes before EXIF,
    IPTC or PNG text in the file, that before these options, and these before a LICENSE file's first line.
    `max_megapixels`: larger pictures are scaled down to this.
    """

    path: str = ""
    match: str = "*"
    licence: str = ""
    author: str = ""
    edits: Annotated[int, Field(ge=1, le=MAX_REQUESTS)] = 4
    max_megapixels: Annotated[float, Field(ge=0.01, le=64.0)] = 1.0


class Prompter(Base[PhotosOptions]):
    """Yields one `Photo` or one `Skipped` a file, in the order of relative paths."""

    INFO = Info(summary="Real photographs from a folder, with edits that suit each picture")
    OPTIONS = PhotosOptions
    REREAD: ClassVar[bool] = True

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:  # noqa: ARG002 - photographs serve any campaign
        """Files from number `start` on; raises `UserError` at once when there is nothing to read."""
        top = Path(self.options.path)
        files = _files(top, self.options)
        return self._intake(top if top.is_dir() else top.parent, files, start)

    def _intake(self, top: Path, files: list[Path], start: int) -> Iterator[Intake]:
        seen: dict[str, str] = {}
        for number, path in enumerate(files):
            name = path.relative_to(top).as_posix()
            try:
                data = _bytes(path)
                sha256 = hashlib.sha256(data).hexdigest()
                first = seen.setdefault(sha256, name) if data else name
                if number >= start:
                    yield self._photo(name, path, top, data, sha256, first)
            except (Unusable, ValueError) as error:
                if number >= start:
                    yield Skipped(str(path), str(error))

    def _photo(self, name: str, path: Path, top: Path, data: bytes, sha256: str, first: str) -> Photo:
        if first != name:
            raise Unusable(f"the same file as {first}; remove one of them")
        beside: Mapping[str, str] = rights.sidecar(path)
        opened = read(data, self.options.max_megapixels)
        asked = requests(opened.pixels, sha256, self.options.edits)
        if not asked:
            raise Unusable("no edit suits it: it is almost blank; leave it out")
        licence = beside.get("licence") or opened.licence or self.options.licence
        return Photo(
            name=name,
            sha256=sha256,
            image=Image(opened.pixels),
            requests=asked,
            caption=beside.get("caption", ""),
            licence=licence or rights.folder_licence(path.parent, top),
            author=beside.get("author") or opened.author or self.options.author,
        )


def _files(top: Path, options: PhotosOptions) -> list[Path]:
    if not options.path:
        raise UserError("photos: no folder given", "say which, as in `--prompts photos:DIR`")
    if not top.exists():
        raise UserError(f"photos: {top} does not exist", "give a folder of pictures, or one picture")
    if top.is_file():
        return [top]
    patterns = [pattern.strip() for pattern in options.match.split(";")]

    def cannot(error: OSError) -> None:
        raise UserError(
            f"photos: {error.filename} cannot be read: {error.strerror}", "make it readable or move it away"
        )

    found = [Path(folder, name) for folder, _, names in os.walk(top, onerror=cannot) for name in names]
    kept = [path for path in found if not rights.accompanies(path) and _matches(path.relative_to(top), patterns)]
    if not kept:
        raise UserError(f"photos: no file in {top} matches {options.match!r}", "give a folder of pictures")
    return sorted(kept, key=lambda path: path.relative_to(top).as_posix())


def _matches(relative: Path, patterns: list[str]) -> bool:
    return any(fnmatch(relative.as_posix(), pattern) for pattern in patterns)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unusable(f"more than {MAX_BYTES // 2**20} MiB; scale it down first")
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}; make it readable or move it away") from None
