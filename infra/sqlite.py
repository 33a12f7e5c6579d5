"""One SQLite file for the embedded bus and the ledgers: opening, transactions, format version and clear errors."""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from schemas.errors import UserError

FORMAT = 1
APPLICATION_ID = 0x4E_48_52_31  # "NHR1", so that a stranger's database is not taken for ours
PAGE_BYTES = 4096
CHECKPOINT_PAGES = 4000  # 16 MB of write-ahead log: few checkpoints, and opening after a crash still is instant

_DAMAGED = ("it is damaged", "move it away; what is on the shelf stays valid")
_MISSED = re.compile("no such (table|column)|malformed|[Cc]ould not decode")
"""What SQLite and Python say, without a code of its own, of names and texts that something else wrote over."""
_HINTS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space and run the same command again: it resumes"),
    sqlite3.SQLITE_READONLY: ("it is read-only", "make the file and its folder writable or choose another folder"),
    sqlite3.SQLITE_PERM: ("permission denied", "make the file and its folder writable or choose another folder"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "check that it is a file in a folder you may write to"),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_CONSTRAINT: _DAMAGED,
    sqlite3.SQLITE_MISMATCH: _DAMAGED,
    sqlite3.SQLITE_TOOBIG: _DAMAGED,
    sqlite3.SQLITE_NOTADB: ("it is no SQLite database", "move it away or choose another folder"),
    sqlite3.SQLITE_BUSY: ("another process keeps it locked", "stop that process and try again"),
    sqlite3.SQLITE_PROTOCOL: ("its locks do not work here", "use a local disk, not a network share"),
    sqlite3.SQLITE_IOERR: ("the disk reported an I/O error", "check the disk, then run the same command again"),
}


def explain(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> UserError | None:
    """What the user should read instead of `error`; None where it is not theirs to mend."""
    if isinstance(error, UnicodeDecodeError) or _MISSED.search(str(error)):
        return UserError(f"{path}: {_DAMAGED[0]}", _DAMAGED[1])
    code = getattr(error, "sqlite_errorcode", None)
    known = _HINTS.get(code & 0xFF) if isinstance(code, int) else None
    return UserError(f"{path}: {known[0]}", known[1]) if known else None


@contextmanager
def _explained(path: Path, failed: Callable[[], None] = lambda: None) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        failed()
        clear = explain(error, path)
        if clear is None:
            raise
        raise clear from error


class Database:
    """An open file: one connection a thread, writers of this process queue on a lock, those of others wait.

    Safe for many threads and many processes; open it after a fork, never before. Losing power may lose the last
    transactions, always the latest ones and of all tables alike (see infra/decisions/0001-one-sqlite-file.md). `failed`
    is told of each error of SQLite's: a full disk, a lock that another process keeps.
    """

    def __init__(self, path: Path | str, busy_s: float = 60.0, failed: Callable[[], None] = lambda: None) -> None:
        """Open or create `path`; raises `UserError` where it cannot be used or a newer NHR wrote it."""
        self.path = Path(path)
        self._busy_s, self._failed = busy_s, failed
        self._local = threading.local()
        self._open: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self.path.parent}: {error.strerror}", "choose a folder you may write to") from error
        with _explained(self.path, self._failed), closing(self._connect()) as connection:
            _prepare(connection, self.path)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "synchronous = NORMAL",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"journal_size_limit = {4 * CHECKPOINT_PAGES * PAGE_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; closed with the database."""
        mine: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if mine is not None:
            return mine
        with self._opening:
            for thread in [thread for thread in self._open if not thread.is_alive()]:
                self._open.pop(thread).close()
            mine = self._open[threading.current_thread()] = self._local.connection = self._connect()
        return mine

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection for reading; each statement sees one instant."""
        with _explained(self.path, self._failed):
            yield self.connection()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it or, when the block raises, nothing."""
        with _explained(self.path, self._failed), self._writing:
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def damaged(self) -> UserError:
        """What to raise for content that nobody of ours can have written."""
        return UserError(f"{self.path}: {_DAMAGED[0]}", _DAMAGED[1])

    def define(self, statements: Sequence[str]) -> None:
        """Run idempotent schema statements in one transaction."""
        with self.write() as connection:
            for statement in statements:
                connection.execute(statement)

    def close(self) -> None:
        """Close the connections of all threads; none may be in use."""
        with self._opening, _explained(self.path, self._failed):
            while self._open:
                self._open.popitem()[1].close()
            self._local = threading.local()


def opened(where: Database | Path | str) -> tuple[Database, bool]:
    """The database and whether the caller now owns it, that is, must close it."""
    return (where, False) if isinstance(where, Database) else (Database(where), True)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    fresh = _is_fresh(connection, path)
    _use_write_ahead_log(connection)
    if not fresh:
        return
    connection.execute("BEGIN IMMEDIATE")
    if _is_fresh(connection, path):  # another process may have been quicker
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _is_fresh(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is empty; raises `UserError` unless it is empty or ours."""
    # One statement, so that all three are of one instant: another process may be creating the file.
    tables, application, version = connection.execute(
        "SELECT (SELECT count(*) FROM sqlite_schema), * FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if (tables, application, version) == (0, 0, 0):
        return True
    if application != APPLICATION_ID:
        raise UserError(f"{path} is another program's database", "move it away or choose another folder")
    if version > FORMAT:
        known = f"format {version}; this one knows {FORMAT}"
        raise UserError(f"{path} was written by a newer NHR ({known})", "upgrade nhr")
    return False


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite does not wait its busy timeout here when two processes create one file."""
    for _ in range(200):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.01)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
