"""Thumbnails made when they are asked for, kept in one file of bounded size; and the whole pictures."""

import logging
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from infra.images import MAX_PIXELS
from infra.report.pictures import shrunk
from schemas.errors import Missing
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams import records, shelf

log = logging.getLogger(__name__)
SIDE = 448
MOST_BYTES = 512 << 20
TYPES = {b"RIFF": "image/webp", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Thumbs:
    """WebP thumbnails of at most `side` pixels; the oldest give way to new ones once they take `most` bytes."""

    def __init__(self, blobs: Blobs, path: Path, side: int = SIDE, most: int = MOST_BYTES) -> None:
        self._blobs, self._path, self._side, self._most = blobs, path, side, most
        self._making = threading.Semaphore(os.cpu_count() or 1)
        self._using = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self.bytes = 0

    @property
    def side(self) -> int:
        """The longest side of a thumbnail, in pixels."""
        return self._side

    def thumbnail(self, ref: ImageRef) -> bytes | None:
        """A small WebP of the picture; None when it is no longer kept or cannot be read."""
        name = f"{ref.sha256}-{self._side}"
        if kept := self._kept(name):
            return kept
        if ref.width * ref.height > MAX_PIXELS:
            return None
        with self._making:
            whole = self.whole(ref)
            try:
                made = shrunk(whole, self._side) if whole else None
            except (OSError, ValueError):  # Pillow's words for bytes that are no picture
                return None
        if made:
            self._keep(name, made)
        return made

    def whole(self, ref: ImageRef) -> bytes | None:
        """The picture's file, wherever it is kept; None where it is not."""
        for key in (shelf.image_key(ref), records.record_image_key(ref), ref.key):
            with suppress(Missing):
                return self._blobs.get(key)
        return None

    def close(self) -> None:
        """Close the file."""
        with self._using:
            self._drop()

    def _kept(self, name: str) -> bytes | None:
        with self._using:
            try:
                found = self._opened().execute("SELECT data FROM thumbs WHERE name = ?", (name,)).fetchone()
            except sqlite3.Error as error:
                self._begin_anew(error)
                return None
        return bytes(found[0]) if found else None

    def _keep(self, name: str, data: bytes) -> None:
        """Keep a thumbnail; a disk that is full only means that it is made again."""
        with self._using:
            try:
                connection = self._opened()
                done = connection.execute("INSERT OR IGNORE INTO thumbs (name, data) VALUES (?, ?)", (name, data))
                self.bytes += len(data) * done.rowcount
                if self.bytes > self._most:
                    self._shrink(connection)
            except sqlite3.Error as error:
                self._begin_anew(error)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Let the oldest tenth go."""
        connection.execute(
            "DELETE FROM thumbs WHERE number IN (SELECT number FROM thumbs ORDER BY number "
            "LIMIT max(1, (SELECT count(*) / 10 FROM thumbs)))"
        )
        self.bytes = _size(connection)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS thumbs "
                "(number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, data BLOB)"
            )
            self._connection, self.bytes = connection, _size(connection)
        return self._connection

    def _begin_anew(self, error: sqlite3.Error) -> None:
        """Throw a damaged file away; thumbnails are made again."""
        log.warning("the thumbnails %s are made anew: %s", self._path, error)
        self._drop()
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def kind_of(data: bytes) -> str:
    """The media type of a picture's file, by its first bytes; "" for what no browser should be given."""
    return next((name for magic, name in TYPES.items() if data.startswith(magic)), "")


def _size(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(length(data)), 0) FROM thumbs").fetchone()[0])
