"""Blobs as files of a folder: whole or not there, durable, and created by exactly one of all who try."""

import errno
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.blobs import checked, checked_prefix
from schemas.errors import Missing, UserError

TEMP = ".tmp"
STALE_S = 3600.0
"""Age from which a temporary file belongs to a process that died."""

_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_BLOCK = 1 << 20
_HINTS = {
    errno.ENOSPC: "free some space and run the same command again: it resumes",
    errno.EDQUOT: "free some space and run the same command again: it resumes",
    errno.EACCES: "make it writable or choose another folder",
    errno.EPERM: "make it writable or choose another folder",
    errno.EROFS: "make it writable or choose another folder",
    errno.ENOTSUP: "choose a folder on a file system that has hard links",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away",
    errno.EEXIST: "a file stands where a folder is needed: move it away",
    errno.EISDIR: "a folder stands where a file is needed: move it away",
}


@contextmanager
def explained(path: Path, failed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Around what is done with a file: raises `UserError` for what the disk refuses, with what to do about it."""
    try:
        yield
    except OSError as error:
        failed()
        hint = _HINTS.get(error.errno or 0, "check the disk, then run the same command again")
        raise UserError(f"{path}: {error.strerror or error}", hint) from error


class FolderBlobs:
    """Create-only blobs under `root`, safe for many threads and processes.

    A blob is written to a temporary file, synced and then hard-linked to its key, which fails if the key stands. With
    `fsync=False` a power cut may lose blobs or leave them empty; a killed process never does. `failed` is told of each
    error of the disk.
    """

    def __init__(self, root: Path | str, fsync: bool = True, failed: Callable[[], None] = lambda: None) -> None:
        self._failed = failed
        self._root = Path(root)
        self._temp = self._root / TEMP
        self._fsync = fsync
        self._known: set[Path] = set()
        self._token = f"{os.getpid()}-{os.urandom(6).hex()}"
        self._numbers = itertools.count()
        self._sweep()

    def put(self, key: str, data: bytes) -> bool:
        """Store `data`, durable and whole, unless `key` already stands; says whether this call created it.

        Raises `UserError` when the disk is full or the folder cannot be written.
        """
        return bool(self.put_all({key: data}))

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        """Store each item unless its key stands; gives the keys that this call created, all durable.

        Folders are synced after the last link: on a journalling file system the first sync does most of the work.
        """
        paths = {key: self._path(key) for key in items}
        created = frozenset(key for key, path in paths.items() if self._create(path, items[key]))
        for folder in {path.parent for path in paths.values()}:  # also where a key stood: who put it may not be so far
            with explained(folder, self._failed):
                self._sync(folder)
        return created

    def put_file(self, key: str, path: Path) -> bool:
        """Store the bytes of a local file unless `key` stands; says whether this call created it.

        By a hard link where possible, so nobody may change the file afterwards.
        """
        place = self._path(key)
        with explained(place, self._failed):
            created = not place.is_file() and self._take(path, place)
            self._sync(place.parent)
        return created

    def get(self, key: str) -> bytes:
        """The bytes under `key`; raises `Missing`."""
        path = self._path(key)
        with explained(path, self._failed):
            try:
                return path.read_bytes()
            except _ABSENT:
                raise Missing(key) from None

    def fetch(self, key: str, path: Path) -> None:
        """Write the bytes under `key` (raises `Missing`) to a local file."""
        place = self._path(key)
        with explained(place, self._failed):
            try:
                source = place.open("rb")
            except _ABSENT:
                raise Missing(key) from None
            with source, explained(path), path.open("wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)

    def has(self, key: str) -> bool:
        """Whether `key` stands."""
        path = self._path(key)
        with explained(path, self._failed):
            return path.is_file()

    def copy(self, source: str, key: str) -> bool:
        """Create `key` with the bytes of `source` (raises `Missing`) unless it stands; a hard link where possible."""
        origin, path = self._path(source), self._path(key)
        if not self.has(source):
            raise Missing(source)
        with explained(path, self._failed):
            try:
                created = self._link(origin, path)
            except FileNotFoundError:
                raise Missing(source) from None  # deleted meanwhile
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
            else:
                self._sync(path.parent)
                return created
        return self.put(key, self.get(source))

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted; one folder at a time is held in memory."""
        folder, _, start = checked_prefix(prefix).rpartition("/")
        return self._walk(f"{folder}/" if folder else "", start)

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        path = self._path(key)
        with explained(path, self._failed), suppress(*_ABSENT):
            path.unlink()

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _walk(self, folder: str, start: str = "") -> Iterator[str]:
        place = self._root / folder
        try:
            with explained(place), os.scandir(place) as entries:
                # A folder sorts as its name with the slash that follows it in every key.
                names = [
                    entry.name + "/" * entry.is_dir()
                    for entry in entries
                    if entry.name.startswith(start) and not entry.name.startswith(".")
                ]
        except UserError as error:
            if isinstance(error.__cause__, _ABSENT):
                return
            raise
        for name in sorted(names):
            if name.endswith("/"):
                yield from self._walk(folder + name)
            else:
                yield folder + name

    def _create(self, path: Path, data: bytes) -> bool:
        """Write `data` durably and link it to `path`, unless something stands there."""
        with explained(path, self._failed):
            if path.is_file():
                return False
            temp = self._temp / f"{self._token}-{next(self._numbers)}"
            try:
                self._write(temp, data)
                return self._link(temp, path)
            finally:
                temp.unlink(missing_ok=True)

    def _take(self, path: Path, place: Path) -> bool:
        """Link a file that somebody wrote to `place`, durably; copy it where it lies on another disk."""
        self._flush(path)
        try:
            return self._link(path, place)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        temp = self._temp / f"{self._token}-{next(self._numbers)}"
        self._make(temp.parent)
        try:
            shutil.copyfile(path, temp)
            self._flush(temp)
            return self._link(temp, place)
        finally:
            temp.unlink(missing_ok=True)

    def _write(self, temp: Path, data: bytes) -> None:
        self._make(temp.parent)
        with temp.open("xb", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            if self._fsync:
                os.fsync(file.fileno())

    def _link(self, source: Path, path: Path) -> bool:
        try:
            return self._try_link(source, path)
        except FileNotFoundError:  # somebody removed a folder that we had made
            self._known.clear()
            return self._try_link(source, path)

    def _try_link(self, source: Path, path: Path) -> bool:
        self._make(path.parent)
        try:
            path.hardlink_to(source)
        except FileExistsError:
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder stands where a blob should go") from None
            return False
        return True

    def _make(self, folder: Path) -> None:
        """Create a folder and its parents, and make their names durable, once."""
        if folder in self._known:
            return
        if folder != self._root:
            self._make(folder.parent)
        folder.mkdir(parents=folder == self._root, exist_ok=True)
        self._known.add(folder)
        self._sync(folder.parent)

    def _sync(self, folder: Path) -> None:
        """Make durable what a folder lists."""
        self._flush(folder)

    def _flush(self, path: Path) -> None:
        """Make a file, or what a folder lists, durable."""
        if not self._fsync:
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _sweep(self) -> None:
        """Remove temporary files that dead processes left, by the file system's own dates."""
        oldest = time.time() - STALE_S
        with suppress(OSError):  # a folder that cannot be swept may still be read; writing will say what is wrong
            for temp in self._temp.iterdir():
                if temp.stat().st_mtime < oldest:
                    temp.unlink(missing_ok=True)
