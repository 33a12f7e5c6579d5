"""The index's file: opened, made anew when it is damaged or of another version, shared by readers and one writer."""

import fcntl
import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from infra.gallery.index.schema import APPLICATION_ID, INDEXES, TABLES, VERSION
from schemas.errors import UserError

BUSY_S = 30.0
CACHE_KB = 32_768
WRITER_CACHE_KB = 262_144
CHECKPOINT_PAGES = 16_384
READERS = 8
_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PERM,
}  # fmt: skip
"""What is wrong around the file, not in it."""


class Damaged(sqlite3.DatabaseError):
    """What the file holds cannot be ours."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether building the file anew would mend it."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and (code is None or code & 0xFF not in _PASSING)


class IndexFile:
    """A SQLite file of one writer and many readers; losing it costs the time to build it again.

    The writer is whoever holds the lock beside it: a second gallery over the same place only reads.
    """

    def __init__(self, path: Path) -> None:
        """Raises `UserError` where the folder cannot be made or the file cannot be read."""
        self.path = path
        self._lock: IO[str] | None = None
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._generation, self._inode = 0, 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.leads()
            if self.writes and not self._is_ours():
                self._remove()
            if self.writes:
                self._make()
        except (OSError, sqlite3.Error) as error:
            raise UserError(f"the index {path} cannot be used ({error})", "free space or rights there") from None

    @property
    def writes(self) -> bool:
        """Whether this process keeps the file up."""
        return self._lock is not None

    def leads(self) -> bool:
        """Take the lock, if nobody holds it; says whether this process holds it now."""
        if self._lock is None:
            file = self.path.with_suffix(".lock").open("a+", encoding="ascii")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
            else:
                self._lock = file
        return self.writes

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one instant; raises `sqlite3.Error`."""
        self._follow()
        generation = self._generation
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            if generation == self._generation and self._idle.qsize() < READERS:
                self._idle.put(connection)
            else:
                connection.close()

    def writer(self) -> sqlite3.Connection:
        """A new connection for the one thread that writes; it closes it."""
        connection = self._connect()
        connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").fetchall()
        return connection

    def rebuild(self) -> None:
        """Throw the file away and begin anew; the writer's alone."""
        self._remove()
        self._make()

    def close(self) -> None:
        """Close what is open."""
        self._drop_idle()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _follow(self) -> None:
        """Let go of connections to a file that another process has thrown away since."""
        try:
            inode = self.path.stat().st_ino
        except OSError:
            inode = 0
        if inode != self._inode:
            self._inode = inode
            self._drop_idle()

    def _drop_idle(self) -> None:
        self._generation += 1
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = OFF", f"cache_size = -{CACHE_KB}", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _is_ours(self) -> bool:
        """Whether the file can be gone on with: readable, ours, of this version."""
        if not self.path.exists():
            return True
        try:
            connection = sqlite3.connect(self.path, timeout=BUSY_S)
            try:
                found = connection.execute("SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            finally:
                connection.close()
        except sqlite3.Error:
            return False
        return bool(found == (APPLICATION_ID, VERSION) or self.path.stat().st_size == 0)

    def _make(self) -> None:
        connection = self._connect()
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                return
            connection.execute("BEGIN IMMEDIATE")
            for statement in (*TABLES, *INDEXES):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _remove(self) -> None:
        self._drop_idle()
        for ending in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
