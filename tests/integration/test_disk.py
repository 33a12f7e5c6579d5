"""A disk that fills up or turns read-only while pictures are mined: one line, and afterwards the same shelf.

What needs no rights is simulated in the process; what mounts disks is skipped where the kernel refuses that.
"""

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.sqlite import Database
from tests.integration.conftest import Call
from tests.integration.running import (
    Result,
    ended,
    fingerprint,
    images_not_kept,
    mine,
    nhr,
    published,
    started,
    undone,
    until,
)
from tests.integration.test_full_disk import small_disk

PROMPTS = "grammar:megapixels=0.03"
SCENES = ("--scenes", 6)
NULL = ("--prompts", "null", "--scenes", 40)
SLOWLY = ("--editor", "null:sleep_ms=200")


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The shelf of drawn scenes, mined without disturbance."""
    out = tmp_path_factory.mktemp("pictured")
    mine(out, *SCENES, prompts=PROMPTS)
    return fingerprint(out)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The shelf of null scenes, mined without disturbance."""
    out = tmp_path_factory.mktemp("whole")
    mine(out, *NULL[2:])
    return fingerprint(out)


def told(result: Result) -> str:
    """The one line of a run that the disk ended."""
    assert (result.status, len(result.err.splitlines())) == (2, 1), result
    return result.err


def finishes(out: Path, *arguments: object, prompts: str = "null") -> list[tuple[str, str]]:
    """The shelf once the same command has run to its end; nothing may be left undone."""
    mine(out, *arguments, prompts=prompts)
    assert undone(out) == {}
    assert images_not_kept(out) == []
    return fingerprint(out)


# --- read-only, without a disk ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [0, 5, 40])
def test_files_that_can_no_longer_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, whole: list[tuple[str, str]], writes: int
) -> None:
    left = iter(range(writes))

    def fsync(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setenv("NHR_FSYNC", "true")
    with monkeypatch.context() as patched:
        patched.setattr("infra.blobs.folder.os.fsync", fsync)
        said = told(call("mine", *NULL, "--out", tmp_path))
    assert said.endswith("Read-only file system; make it writable or choose another folder\n")
    assert finishes(tmp_path, *NULL[2:]) == whole


@pytest.mark.parametrize("uses", [40, 150])
def test_a_database_that_can_no_longer_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, whole: list[tuple[str, str]], uses: int
) -> None:
    connection, left = Database.connection, iter(range(uses))

    def turning(self: Database) -> sqlite3.Connection:
        found = connection(self)
        if next(left, None) is None:
            found.execute("PRAGMA query_only = 1")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Database, "connection", turning)
        said = told(call("mine", *NULL, "--out", tmp_path))
    assert "it is read-only; make the file and its folder writable or choose another folder" in said
    assert finishes(tmp_path, *NULL[2:]) == whole


# --- real disks -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kib", [700, 2500])
def test_a_disk_that_fills_up_with_pictures(tmp_path: Path, pictured: list[tuple[str, str]], kib: int) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, kib):
        said = told(nhr("mine", "--prompts", PROMPTS, *SCENES, "--out", disk / "data"))
        assert "free some space and run the same command again: it resumes" in said
        again = told(nhr("mine", "--prompts", PROMPTS, *SCENES, "--out", disk / "data"))
        assert "free some space and run the same command again: it resumes" in again
        mount("-o", "remount,size=100m", disk)
        assert finishes(disk / "data", *SCENES, prompts=PROMPTS) == pictured


def mount(*arguments: object) -> None:
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here ({done.stderr.strip().splitlines()[0]})")


def unmount(at: Path) -> None:
    subprocess.run(["umount", at], check=True)


def mined_until(out: Path, happens: Callable[[], None]) -> Result:
    """A slow run to which something happens in the middle."""
    with started("mine", *NULL, *SLOWLY, "--out", out, NHR_FSYNC="true") as process:
        assert until(lambda: published(out) > 120, process)
        happens()
        return ended(process)


def test_a_disk_that_is_mounted_read_only_over_itself(tmp_path: Path, whole: list[tuple[str, str]]) -> None:
    """New files cannot be made, while those that are open still can be written."""
    disk = tmp_path / "disk"
    with small_disk(disk, 100 << 10):

        def read_only() -> None:
            mount("--bind", disk, disk)
            mount("-o", "remount,ro,bind", disk)

        try:
            said = told(mined_until(disk / "data", read_only))
        finally:
            unmount(disk)
        assert str(disk / "data") in said
        assert "writable or choose another folder" in said
        assert finishes(disk / "data", *NULL[2:]) == whole


@contextmanager
def image(at: Path, mib: int = 48) -> Iterator[Path]:
    """A file system in a file, mounted; gives the file."""
    file = at.with_suffix(".img")
    with file.open("wb") as empty:
        empty.truncate(mib << 20)
    try:
        subprocess.run(["mkfs.ext4", "-q", file], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be made here ({error})")
    at.mkdir()
    mount("-o", "loop", file, at)
    try:
        yield file
    finally:
        unmount(at)


def test_a_disk_that_fails_and_turns_read_only_as_after_a_power_cut(
    tmp_path: Path, whole: list[tuple[str, str]]
) -> None:
    """The kernel aborts the journal: what was not synced is lost, and every write fails from then on."""
    disk = tmp_path / "disk"
    with image(disk) as file:
        said = told(mined_until(disk / "data", lambda: mount("-o", "remount,abort", disk)))
        assert str(disk / "data") in said
        unmount(disk)
        mount("-o", "loop", file, disk)
        assert finishes(disk / "data", *NULL[2:]) == whole


def test_a_run_on_a_read_only_disk_is_refused_before_it_begins(tmp_path: Path, whole: list[tuple[str, str]]) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 100 << 10):
        mine(disk / "data", "--scenes", 10)
        mount("-o", "remount,ro", disk)
        try:
            said = told(nhr("mine", *NULL, "--out", disk / "data"))
            assert nhr("export", "--out", disk / "data", "--to", tmp_path / "there").status == 0
            assert nhr("report", "--out", disk / "data", "--to", tmp_path / "page.html").status == 0
        finally:
            mount("-o", "remount,rw", disk)
        assert "make it a folder that you may write to, or give another --out" in said
        assert finishes(disk / "data", *NULL[2:]) == whole
