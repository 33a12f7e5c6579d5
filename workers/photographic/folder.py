"""Photographs of a folder, in the order of their relative paths: pixels and rights, or why one is not used."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

from pydantic import Field

from schemas.errors import UserError
from schemas.messages import Request
from schemas.ports import Image
from workers.photographic import rights
from workers.photographic.licensing import admits
from workers.photographic.reading import MAX_BYTES, Unusable, read
from workers.photographic.reserved import Folders
from workers.pixelwise.arrays import Pixels
from workers.plugin import Cause, Options, Photo, Skipped


class FolderOptions(Options):
    """`path`: a folder (searched in depth) or one file; `match`: patterns of relative paths, separated by ";".

    `licence`, `author`: what holds for pictures that say nothing themselves ("own": they are yours). Sidecar
    `NAME.json` goes before EXIF, IPTC, PNG text and XMP of the file, that before these options, and these before a
    LICENSE file's first line. `licences`: the only ones admitted, as "CC0-1.0|CC-BY-*" (SPDX; empty: all).
    `max_megapixels`: larger pictures are scaled down to this. Pictures whose owner does not want them used for training
    are left out, whatever is said here.
    """

    path: str = ""
    match: str = "*"
    licence: str = ""
    author: str = ""
    licences: str = ""
    max_megapixels: Annotated[float, Field(ge=0.01, le=64.0)] = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """A usable photograph; `path` is its file, `name` that below the folder."""

    path: str
    name: str
    sha256: str
    pixels: Pixels
    caption: str
    licence: str
    author: str
    words: str = ""
    leave: str = ""
    web: str = ""

    def photo(self, requests: tuple[Request, ...], caption: str) -> Photo:
        """The photograph, with what is asked of it."""
        return Photo(
            name=self.name, sha256=self.sha256, image=Image(self.pixels), requests=requests, caption=caption,
            licence=self.licence, author=self.author, words=self.words, leave=self.leave, web=self.web,
        )  # fmt: skip

    def skipped(self, reason: str) -> Skipped:
        """Why it is not used after all."""
        return Skipped(self.path, reason)


class Unwanted(Unusable):
    """A photograph that could be used, and must not be: what keeps it out, and by what exactly."""

    def __init__(self, reason: str, cause: Cause, by: str) -> None:
        super().__init__(reason)
        self.cause: Cause = cause
        self.by = by


def photographs(
    options: FolderOptions, start: int, prompter: str, known: dict[Path, str] | None = None
) -> Iterator[Found | Skipped]:
    """Files from number `start` on; raises `UserError` at once when there is nothing to read.

    `prompter` is who wants them, for messages. `known` holds the SHA-256 of files by path from one call to the next,
    so that those before `start` are not read again.
    """
    top, hashes = Path(options.path), {} if known is None else known
    files = _files(top, options, prompter)
    return _photographs(top if top.is_dir() else top.parent, files, start, options, hashes)


def _photographs(
    top: Path, files: list[Path], start: int, options: FolderOptions, known: dict[Path, str]
) -> Iterator[Found | Skipped]:
    seen: dict[str, str] = {}
    folders = Folders(top)
    for number, path in enumerate(files):
        name = path.relative_to(top).as_posix()
        if number < start and path in known:
            seen.setdefault(known[path], name)
            continue
        try:
            data = _bytes(path)
            sha256 = hashlib.sha256(data).hexdigest()
            first = seen.setdefault(sha256, name) if data else name
            if data:
                known[path] = sha256
            if number >= start:
                yield _found(name, path, top, data, sha256, first, options, folders)
        except Unwanted as error:
            if number >= start:
                yield Skipped(str(path), str(error), error.cause, error.by)
        except (Unusable, ValueError) as error:
            if number >= start:
                yield Skipped(str(path), str(error))


def _found(
    name: str, path: Path, top: Path, data: bytes, sha256: str, first: str, options: FolderOptions, folders: Folders
) -> Found:
    if first != name:
        raise Unusable(f"the same file as {first}; remove one of them")
    above = folders.leave(path)
    _must_not_be_forbidden(above.forbids)
    opened = read(data, options.max_megapixels)
    told = {"licence": options.licence or rights.folder_licence(path.parent, top), "author": options.author}
    found = rights.rights(path, data, opened, told)
    _must_not_be_forbidden(found.leave.forbids)
    licence = found.licence
    if not admits(options.licences, licence):
        says = f"its licence is {licence.name!r}" if licence.name else "nothing says its licence"
        raise Unwanted(f"{says}, and only {options.licences} are admitted", "licence", licence.name or "none said")
    return Found(
        path=str(path), name=name, sha256=sha256, pixels=opened.pixels, caption=found.caption, licence=licence.name,
        author=found.author, words=licence.words if licence.name != licence.words else "",
        leave=(found.leave | above).lets, web=found.web,
    )  # fmt: skip


def _must_not_be_forbidden(mark: str) -> None:
    if mark:
        raise Unwanted(f"its owner does not want it used for training ({mark})", "marker", mark)


def _files(top: Path, options: FolderOptions, prompter: str) -> list[Path]:
    if not options.path:
        raise UserError(f"{prompter}: no folder given", f"say which, as in `--prompts {prompter}:DIR`")
    if not top.exists():
        raise UserError(f"{prompter}: {top} does not exist", "give a folder of pictures, or one picture")
    if top.is_file():
        return [top]
    patterns = [pattern.strip() for pattern in options.match.split(";")]

    def cannot(error: OSError) -> None:
        raise UserError(
            f"{prompter}: {error.filename} cannot be read: {error.strerror}", "make it readable or move it away"
        )

    found = [Path(folder, name) for folder, _, names in os.walk(top, onerror=cannot) for name in names]
    kept = [path for path in found if not rights.accompanies(path) and _matches(path.relative_to(top), patterns)]
    if not kept:
        raise UserError(f"{prompter}: no file in {top} matches {options.match!r}", "give a folder of pictures")
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
