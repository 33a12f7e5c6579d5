"""A full disk stops the run with one line; with room again the same command finishes, and nothing is lost."""

import errno
import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.sqlite import Database
from tests.integration.conftest import Call
from tests.integration.running import COMMAND, environment, fingerprint, mine, nhr, undone

SCENES = ("--scenes", 40)
FULL = "No space left on device; free some space and run the same command again: it resumes"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The shelf of a run with room enough."""
    out = tmp_path_factory.mktemp("whole")
    mine(out, *SCENES)
    return fingerprint(out)


def finishes(out: Path, whole: list[tuple[str, str]]) -> bool:
    mine(out, *SCENES)
    return fingerprint(out) == whole and undone(out) == {}


@pytest.mark.parametrize("writes", [0, 3, 30])
def test_no_room_for_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, whole: list[tuple[str, str]], writes: int
) -> None:
    left = iter(range(writes))

    def fsync(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("NHR_FSYNC", "true")
    with monkeypatch.context() as patched:
        patched.setattr("infra.blobs.folder.os.fsync", fsync)
        result = call("mine", "--prompts", "null", "--out", tmp_path, *SCENES)
    assert result.status == 2
    (said,) = result.err.splitlines()
    assert said.endswith(FULL)
    assert finishes(tmp_path, whole)


@pytest.mark.parametrize("pages", [30, 150])
def test_no_room_in_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, whole: list[tuple[str, str]], pages: int
) -> None:
    connect = Database._connect

    def cramped(self: Database) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_connect", cramped)
        result = call("mine", "--prompts", "null", "--out", tmp_path, *SCENES)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "the disk is full; free some space and run the same command again: it resumes" in result.err
    assert finishes(tmp_path, whole)


@pytest.mark.parametrize("kib", [64, 400])
def test_no_file_may_grow(tmp_path: Path, whole: list[tuple[str, str]], kib: int) -> None:
    """A limit on the size of files fails every kind of write in the middle, as a full disk does."""
    done = subprocess.run(
        [*COMMAND, "mine", "--prompts", "null", "--out", str(tmp_path), *map(str, SCENES)],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kib << 10, kib << 10)),
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "run the same command again" in done.stderr
    assert finishes(tmp_path, whole)


@contextmanager
def small_disk(at: Path, kib: int) -> Iterator[None]:
    """A disk of that size mounted at a new folder; skips the test where that is not allowed."""
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", at], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", at], check=True)


@pytest.mark.parametrize("kib", [300, 900])
def test_a_small_disk(tmp_path: Path, whole: list[tuple[str, str]], kib: int) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, kib):
        result = nhr("mine", "--prompts", "null", "--out", disk / "data", *SCENES)
        assert (result.status, result.err.count("\n")) == (2, 1), result.err
        assert "free some space and run the same command again: it resumes" in result.err
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        assert finishes(disk / "data", whole)
