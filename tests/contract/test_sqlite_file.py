"""What a user reads when the database file cannot be used, and what the file promises."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgpack
import pytest

from infra.bus.sqlite import SqliteBus
from infra.sqlite import Database
from schemas.errors import UserError
from schemas.ports import Outgoing
from tests.contract.buses import ONE, ONE_GROUP, lag, say, together
from tests.contract.clocks import FakeClock


def meddle(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def made(path: Path) -> Path:
    Database(path).close()
    return path


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        Database(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "nhr.sqlite")
    meddle(path, "PRAGMA user_version = 7")
    assert complaint(path) == "FILE was written by a newer NHR (format 7; this one knows 1); upgrade nhr"


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    meddle(path, "CREATE TABLE theirs (x)")
    before = path.read_bytes()
    assert complaint(path) == "FILE is another program's database; move it away or choose another folder"
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nhr.sqlite"
    path.write_bytes(b"not a database at all" * 400)
    assert complaint(path) == "FILE: it is no SQLite database; move it away or choose another folder"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nhr.sqlite"
    bus = SqliteBus(path, FakeClock())
    bus.publish(say(ONE, *map(str, range(2000))))
    bus.close()
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    with pytest.raises(UserError, match=r"nhr\.sqlite: it is damaged; move it away"):
        SqliteBus(path, FakeClock())


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path) == "FILE: it cannot be opened; check that it is a file in a folder you may write to"


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.*; choose a folder you may write to"):
        Database(tmp_path / "file" / "nhr.sqlite")


def test_a_full_disk_publishes_all_or_nothing_and_goes_on_when_there_is_room(
    database: Database, clock: FakeClock
) -> None:
    bus = SqliteBus(database, clock)
    (pages,) = database.connection().execute("PRAGMA page_count").fetchone()
    database.connection().execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(UserError, match=r"nhr\.sqlite: the disk is full; free some space"):
        bus.publish(say(ONE, *["x" * 5000] * 10))
    assert lag(bus, ONE, ONE_GROUP).waiting == 0
    database.connection().execute("PRAGMA max_page_count = 1000000")
    bus.publish(say(ONE, *["x" * 5000] * 10))
    assert lag(bus, ONE, ONE_GROUP).waiting == 10


def test_a_member_that_could_not_write_can_try_again(database: Database, clock: FakeClock) -> None:
    bus = SqliteBus(database, clock)
    bus.publish(say(ONE, *"abc"))
    member = bus.subscribe(ONE, ONE_GROUP)
    got = member.poll(3, 0.0)
    database.connection().execute("PRAGMA query_only = 1")
    with pytest.raises(UserError, match=r"nhr\.sqlite: it is read-only; make the file and its folder writable"):
        member.ack(got[:2])
    database.connection().execute("PRAGMA query_only = 0")
    member.ack(got[:2])
    assert lag(bus, ONE, ONE_GROUP) == (0, 1)


def test_a_file_locked_by_another_process_is_named(tmp_path: Path) -> None:
    path = made(tmp_path / "nhr.sqlite")
    database = Database(path, busy_s=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="another process keeps it locked"), database.write():
            pass
    database.close()


def test_bugs_are_not_taken_for_the_users_errors(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="syntax"), database.read() as connection:
        connection.execute("SELEKT 1")


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            raise KeyError

    database.define(["CREATE TABLE t (x)"])
    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_many_may_create_one_file_at_once(tmp_path: Path) -> None:
    together([lambda: Database(tmp_path / "nhr.sqlite").close()] * 8)


def test_connections_of_threads_that_ended_are_closed(database: Database) -> None:
    gone: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: gone.append(database.connection()))
    thread.start()
    thread.join()
    database.connection()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        gone[0].execute("SELECT 1")


def test_messages_of_an_older_nhr_do_not_say_when_they_were_published(tmp_path: Path) -> None:
    path = tmp_path / "nhr.sqlite"
    bus = SqliteBus(path, FakeClock())
    bus.publish([*say(ONE, "bare"), Outgoing(ONE, "k", b"with headers", {"origin": "t"})])
    bus.close()
    older = msgpack.packb({"origin": "t"}).hex()
    with closing(sqlite3.connect(path)) as connection:
        (table,) = connection.execute(
            "SELECT 'bus_messages_' || number FROM bus_topics WHERE name = ?", (ONE,)
        ).fetchone()
    meddle(path, f"UPDATE {table} SET headers = CASE offset WHEN 0 THEN NULL ELSE x'{older}' END")
    bus = SqliteBus(path, FakeClock())
    assert [(dict(one.headers), one.at) for one in bus.read(ONE)] == [({}, 0.0), ({"origin": "t"}, 0.0)]
    bus.close()


def test_each_error_is_told_to_whoever_counts(tmp_path: Path) -> None:
    failed: list[int] = []
    path = made(tmp_path / "nhr.sqlite")
    database = Database(path, busy_s=0.01, failed=lambda: failed.append(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="locked"), database.write():
            pass
        other.execute("ROLLBACK")
    assert failed == [1]
    with database.write():
        pass
    database.close()
    assert failed == [1]
