"""What an earlier NHR left is gone on with; what a newer one wrote is refused in one line, and left as it is."""

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgpack
import pytest

from infra import formats
from infra.blobs.folder import FolderBlobs
from infra.wiring import DATABASE
from streams import retractions, shelf
from tests.golden import folder, samples
from tests.golden.reading import FOLDER
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, undone

ORDER = [str(part) for part in folder.ORDER]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The golden data folder: campaign "null", stopped in the middle."""
    return folder.unpack(FOLDER / "folder.zip", tmp_path / "old")


def first_id(out: Path) -> str:
    return next(shelf.matching(FolderBlobs(out), ""))


def command(words: str, out: Path) -> list[str]:
    """A command on the folder; ID stands for a triplet there, DIR for a new folder, MINE for what resumes it."""
    stand_ins = {"MINE": ORDER, "ID": [first_id(out)], "DIR": [str(out.parent / "new")]}
    return [part for word in words.split() for part in stand_ins.get(word, [word])] + ["--out", str(out)]


READERS = (
    "report", "show ID", "export --to DIR", "stats", "verify", "status", "redecide --policy thrifty", "retract --list",
    "gc --dry-run", "dlq ls",
)  # fmt: skip


# --- earlier ----------------------------------------------------------------------------------------------------------


def test_a_folder_of_an_earlier_nhr_is_mined_to_its_end(old: Path, call: Call) -> None:
    before, left = fingerprint(old), undone(old)
    assert left
    assert call(*ORDER, "--out", old).status == 0
    assert undone(old) == {}
    assert set(before) < set(fingerprint(old))
    assert call("verify", "--out", old).status == 0


@pytest.mark.parametrize("words", READERS)
def test_a_folder_of_an_earlier_nhr_is_read_by_every_command(old: Path, call: Call, words: str) -> None:
    result = call(*command(words, old))
    assert (result.status, result.err) == (0, "")


def test_a_folder_that_is_older_than_its_note_is_read_and_then_noted(old: Path, call: Call) -> None:
    (old / formats.NOTE).unlink()
    assert call("report", "--out", old).status == 0
    assert not (old / formats.NOTE).exists()
    assert call(*ORDER, "--out", old).status == 0
    assert json.loads((old / formats.NOTE).read_text())["format"] == formats.FORMAT


def test_the_note_of_who_mined_first_stays(old: Path, call: Call) -> None:
    (old / formats.NOTE).write_text('{"format": 1, "nhr": "0.0.1"}')
    assert call(*ORDER, "--out", old).status == 0
    assert json.loads((old / formats.NOTE).read_text())["nhr"] == "0.0.1"


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"format": "2"}', b"[" * 10**5])
def test_a_damaged_note_is_named(old: Path, call: Call, content: bytes) -> None:
    (old / formats.NOTE).write_bytes(content)
    result = call("report", "--out", old)
    assert (result.status, len(result.err.splitlines())) == (2, 1)
    assert str(old / formats.NOTE) in result.err
    assert "restore it, or delete it if no newer NHR mined there" in result.err


# --- newer ------------------------------------------------------------------------------------------------------------


def newer_json(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2, "from_the_future": [1]}))


def newer_packed(data: bytes) -> bytes:
    packed: bytes = msgpack.packb(msgpack.unpackb(data) | {"format": 2, "from_the_future": [1]})
    return packed


def one(out: Path, pattern: str) -> Path:
    return min(out.glob(pattern))


def newer_segment(out: Path) -> None:
    path = one(out, "records/verdicts/*/*.seg")
    path.write_bytes(zlib.compress(newer_packed(zlib.decompress(path.read_bytes()))))


def newer_retraction(out: Path) -> None:
    blobs = FolderBlobs(out)
    retractions.retract(blobs, samples.RETRACTION)
    newer_json(out / samples.RETRACTION.key)


def in_database(out: Path, change: Callable[[sqlite3.Connection], Any]) -> None:
    with closing(sqlite3.connect(out / DATABASE, isolation_level=None)) as connection:
        change(connection)


def newer_documents(table: str) -> Callable[[Path], None]:
    """Every document of a table."""

    def make(out: Path) -> None:
        def change(connection: sqlite3.Connection) -> None:
            for name, data in connection.execute(f"SELECT name, data FROM {table}").fetchall():
                if name != "/current":
                    connection.execute(f"UPDATE {table} SET data = ? WHERE name = ?", (newer_packed(data), name))

        in_database(out, change)

    return make


Make = Callable[[Path], Any]
NEWER: dict[str, tuple[Make, str, tuple[str, ...]]] = {
    "note": (lambda out: newer_json(out / formats.NOTE), "(see format.json) has format 2", ("MINE", *READERS)),
    "record": (
        lambda out: newer_json(one(out, "shelf/triplets/*/*.json")), ".json has format 2",
        ("MINE", "report", "show ID", "export --to DIR", "stats"),
    ),
    "segment": (newer_segment, ".seg has format 2", ("MINE", "report", "show ID", "stats")),
    "policy": (
        lambda out: newer_json(one(out, "policies/*.json")), ".json has format 2", ("MINE", "report", "show ID")
    ),
    "campaign": (
        lambda out: newer_json(one(out, "campaigns/*.json")), "campaigns/null.json has format 2", ("MINE", "report")
    ),
    "retraction": (newer_retraction, ".json has format 2", ("report", "export --to DIR", "retract --list")),
    "ledgers": (newer_documents("ledgers"), "a ledger has format 2", ("MINE",)),
    "cursors": (newer_documents("cursors"), " has format 2", ("MINE",)),
    "database": (
        lambda out: in_database(out, lambda connection: connection.execute("PRAGMA user_version = 2")),
        "written by a newer NHR (format 2; this one knows 1)", ("MINE", "status", "dlq ls"),
    ),
}  # fmt: skip


def content(out: Path) -> dict[str, bytes]:
    """Every file but lock, log and the like; the database as what it holds."""
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and not path.name.startswith("nhr.")
    }
    with closing(sqlite3.connect(f"file:{out / DATABASE}?mode=ro", uri=True)) as connection:
        lines = [line for line in connection.iterdump() if '"bus_leases"' not in line and '"/in-hand"' not in line]
    return files | {DATABASE: "\n".join(lines).encode()}


CASES = [(what, words) for what, (_, _, commands) in NEWER.items() for words in commands]


@pytest.mark.parametrize(("what", "words"), CASES, ids=[f"{what}-{words.split()[0]}" for what, words in CASES])
def test_what_a_newer_nhr_wrote_is_refused_and_left_as_it_is(old: Path, call: Call, what: str, words: str) -> None:
    make, says, _ = NEWER[what]
    asked = command(words, old)
    make(old)
    before = content(old)
    result = call(*asked)
    assert (result.status, len(result.err.splitlines())) == (2, 1), result
    assert says in result.err
    assert result.err.endswith("upgrade nhr\n")
    if what != "ledgers":  # met only when an event comes for one: what was decided before that is decided
        assert content(old) == before


def test_events_for_a_ledger_that_a_newer_nhr_wrote_stay_where_they_are(old: Path, call: Call) -> None:
    newer_documents("ledgers")(old)
    before = [line for line in content(old)[DATABASE].split(b"\n") if b'INSERT INTO "ledgers"' in line]
    assert call(*ORDER, "--out", old).status == 2
    assert undone(old)["director"]
    after = content(old)[DATABASE]
    assert all(line in after for line in before)


def test_another_folder_to_compare_with_is_looked_at_too(old: Path, call: Call, tmp_path: Path) -> None:
    other = folder.unpack(FOLDER / "folder.zip", tmp_path / "other")
    newer_json(other / formats.NOTE)
    result = call("stats", "--out", old, "--against", other)
    assert result.status == 2
    assert result.err == f"nhr: {other} (see format.json) has format 2, this NHR knows 1; upgrade nhr\n"


def test_the_doctor_sees_a_folder_of_a_newer_nhr(old: Path, call: Call) -> None:
    assert call("doctor", "--out", old).status == 0
    newer_json(old / formats.NOTE)
    result = call("doctor", "--out", old)
    assert result.status == 1
    assert f"BAD  database: {old} (see format.json) has format 2, this NHR knows 1; upgrade nhr\n" in result.out


def test_a_policy_file_of_a_newer_nhr_is_refused(tmp_path: Path, call: Call) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nwaves = [1]\nformat = 2\nmagic = true\n')
    for asked in (["policy", "check", tmp_path / "mine.toml"], [*ORDER, "--policy", tmp_path / "mine.toml"]):
        result = call(*asked)
        assert result.status == 2
        assert result.err == f"nhr: policy {tmp_path / 'mine.toml'} has format 2, this NHR knows 1; upgrade nhr\n"
