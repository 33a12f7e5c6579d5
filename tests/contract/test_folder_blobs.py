"""What the folder store owes its folder: nothing half written or left behind, clear words when it cannot write."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from infra.blobs.folder import STALE_S, TEMP, FolderBlobs
from schemas.errors import UserError


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_put_leaves_the_blob_and_nothing_else(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a/b", b"1")
    blobs.put("a/b", b"2")
    blobs.copy("a/b", "c")
    assert files(tmp_path) == ["a/b", "c"]


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "nothing")
    assert (blobs.has("a"), list(blobs.list(""))) == (False, [])
    assert not (tmp_path / "nothing").exists()


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert FolderBlobs(tmp_path / "deep" / "er").put("a", b"")


def test_a_folder_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a/b/c", b"")
    shutil.rmtree(tmp_path / "a")
    assert blobs.put("a/b/d", b"")


def test_only_stale_temporary_files_are_swept(tmp_path: Path) -> None:
    temp = tmp_path / TEMP
    temp.mkdir()
    for name in ("old", "new"):
        (temp / name).write_bytes(b"half a pict")
    long_ago = time.time() - STALE_S - 60
    os.utime(temp / "old", (long_ago, long_ago))
    FolderBlobs(tmp_path)
    assert files(temp) == ["new"]


def test_foreign_hidden_files_are_not_listed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a/b", b"")
    (tmp_path / "a" / ".hidden").touch()
    assert list(blobs.list("")) == ["a/b"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, r"a/b: No space left on device; free some space"),
        (errno.EROFS, r"a/b: Read-only file system; make it writable or choose another folder"),
        (errno.EACCES, r"a/b: Permission denied; make it writable or choose another folder"),
        (errno.EIO, r"a/b: Input/output error; check the disk"),
    ],
)
def test_a_disk_that_fails_is_one_clear_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    blobs = FolderBlobs(tmp_path)
    blobs.put("first", b"")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match=words) as caught:
        blobs.put("a/b", b"data")
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == ["first"]


def test_a_file_where_a_folder_is_needed_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match=r"out/a/b: .*; .*move it away"):
        FolderBlobs(tmp_path / "out").put("a/b", b"")


def test_a_folder_where_a_blob_should_go_is_named(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a/b", b"")
    with pytest.raises(UserError, match=r"a: a folder stands where a blob should go"):
        blobs.put("a", b"")


def test_a_copy_is_made_by_bytes_where_links_are_not_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a", b"data")
    real = Path.hardlink_to

    def across(self: Path, target: Path) -> None:
        if TEMP not in target.parts:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", across)
    assert [blobs.copy("a", "b/c"), blobs.copy("a", "b/c")] == [True, False]
    assert blobs.get("b/c") == b"data"


def test_each_error_of_the_disk_is_told_to_whoever_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[int] = []
    blobs = FolderBlobs(tmp_path, failed=lambda: failed.append(1))
    blobs.put("a", b"")
    assert list(blobs.list("nothing/")) == []
    assert failed == []

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FolderBlobs, "_write", full)
    with pytest.raises(UserError, match="No space left"):
        blobs.put("b", b"")
    assert failed == [1]


def test_a_file_is_copied_where_links_are_not_possible_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs, real, other = FolderBlobs(tmp_path / "blobs"), Path.hardlink_to, tmp_path / "other"
    other.write_bytes(b"data")

    def across(self: Path, target: Path) -> None:
        if TEMP not in target.parts:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", across)
    assert [blobs.put_file("b/c", other), blobs.put_file("b/c", other)] == [True, False]
    other.write_bytes(b"else")
    assert (blobs.get("b/c"), files(tmp_path / "blobs")) == (b"data", ["b/c"])


def test_a_file_is_on_the_disk_before_its_key_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done, real = list[str](), Path.hardlink_to

    def linked(self: Path, target: Path) -> None:
        done.append("link")
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", linked)
    blobs = FolderBlobs(tmp_path / "blobs")
    blobs.put("a/b", b"")
    (tmp_path / "file").write_bytes(b"data")
    done.clear()
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("file" if os.fstat(handle).st_size == 4 else "folder"))
    blobs.put_file("a/c", tmp_path / "file")
    assert (done[0], done.index("link"), done[-1]) == ("file", 1, "folder")
