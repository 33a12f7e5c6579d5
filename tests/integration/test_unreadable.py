"""A database that cannot be read is named in one line; moved away, the same command mines the same shelf again."""

import ctypes
import os
import random
import sqlite3
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from infra.wiring import DATABASE
from tests.integration.conftest import Call
from tests.integration.running import Result, fingerprint, mine, published, started, undone, until
from tests.integration.running import ended as finished

SCENES = ("mine", "--prompts", "null", "--scenes", 12)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The shelf of an undisturbed run."""
    out = tmp_path_factory.mktemp("whole")
    mine(out, *SCENES[3:])
    return fingerprint(out)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose run was killed in the middle, with things in hand; tests work on copies."""
    out = tmp_path_factory.mktemp("stopped")
    mine(out, "--scenes", 4)
    with started(*SCENES, "--out", out, "--editor", "null:sleep_ms=500") as process:
        more = published(out) + 40
        assert until(lambda: published(out) > more, process)
        process.kill()
        finished(process)
    assert undone(out)
    return out


@pytest.fixture
def data(tmp_path: Path, stopped: Path) -> Path:
    """A copy of it."""
    subprocess.run(["cp", "-a", stopped, tmp_path / "data"], check=True)
    return tmp_path / "data"


def refused(result: Result, path: Path) -> str:
    """The one line that a refused command says of a file."""
    assert (result.status, len(result.err.splitlines())) == (2, 1), result
    assert str(path) in result.err
    return result.err


def replaced(content: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(content)
        for beside in path.parent.glob(f"{DATABASE}-*"):
            beside.unlink()

    return make


def cut_short(path: Path) -> None:
    checkpointed(path)
    os.truncate(path, path.stat().st_size // 2)


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def flipped(path: Path) -> None:
    """Every page but the first has some bytes of noise in its head."""
    checkpointed(path)
    chance = random.Random(1)
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(1, pages):
            file.seek(page * 4096)
            file.write(chance.randbytes(32))


def checkpointed(path: Path) -> None:
    """Everything that stands in the write-ahead log goes into the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "garbage": replaced(b"no database at all " * 5000),
    "its header and garbage": replaced(b"SQLite format 3\0" + b"\xa5" * 80_000),
    "cut short": cut_short,
    "a folder": a_directory,
    "flipped pages": flipped,
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
def test_it_is_named_and_moved_away_the_same_shelf_is_mined_again(
    data: Path, call: Call, whole: list[tuple[str, str]], make: Callable[[Path], None]
) -> None:
    before = fingerprint(data)
    make(data / DATABASE)
    said = refused(call(*SCENES, "--out", data), data / DATABASE)
    assert "move it away" in said or "choose another folder" in said or "a folder you may write to" in said
    assert fingerprint(data) == before

    (data / DATABASE).rename(data / "broken")
    for beside in data.glob(f"{DATABASE}-*"):
        beside.unlink()
    assert call(*SCENES, "--out", data).status == 0
    assert fingerprint(data) == whole
    assert undone(data) == {}
    assert call("verify", "--out", data).status == 0


def test_an_empty_database_is_a_new_one(data: Path, call: Call, whole: list[tuple[str, str]]) -> None:
    """As a crash of the machine may leave it; nothing but the queues is lost."""
    replaced(b"")(data / DATABASE)
    assert call(*SCENES, "--out", data).status == 0
    assert fingerprint(data) == whole


def test_one_that_may_not_be_read_is_named(data: Path, call: Call, whole: list[tuple[str, str]]) -> None:
    path = data / DATABASE
    path.chmod(0)
    with without_rights():
        said = refused(call(*SCENES, "--out", data), path)
    assert "choose another folder" in said or "a folder you may write to" in said
    path.chmod(0o644)
    assert call(*SCENES, "--out", data).status == 0
    assert fingerprint(data) == whole


@contextmanager
def without_rights() -> Iterator[None]:
    """Root, who runs CI, may read everything: unless this thread, and those it starts, give up that right."""
    header = struct.pack("=Ii", 0x20080522, 0)  # version 3, this thread
    libc = ctypes.CDLL(None, use_errno=True)
    before = ctypes.create_string_buffer(24)
    assert libc.capget(header, before) == 0
    effective, *rest = struct.unpack("=6I", before.raw)
    overriding = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, struct.pack("=6I", effective & ~overriding, *rest)) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@pytest.mark.parametrize("seed", range(int(os.environ.get("FLIP_FIRST", "0")), int(os.environ.get("FLIP_LAST", "8"))))
def test_single_flipped_bytes_stop_nothing_or_are_told_in_one_line(data: Path, call: Call, seed: int) -> None:
    """SQLite has no checksums, so some flips change a message or nothing at all; none may end in a traceback."""
    checkpointed(data / DATABASE)
    chance = random.Random(seed)
    with (data / DATABASE).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for _ in range(40):
            file.seek(chance.randrange(100, size))
            file.write(chance.randbytes(1))
    shelf = dict(fingerprint(data))
    result = call(*SCENES, "--out", data)
    assert result.status in {0, 2}
    assert len(result.err.splitlines()) == (result.status == 2), result.err
    assert shelf.items() <= dict(fingerprint(data)).items()
