"""The folder of a process's own notes: found again by its follower, shared by nobody."""

from pathlib import Path

import pytest

from infra.cluster.state import own_folder
from schemas.errors import UserError


def test_two_processes_of_a_role_have_folders_of_their_own(tmp_path: Path) -> None:
    with own_folder(tmp_path, "editor") as first, own_folder(tmp_path, "editor") as second:
        assert [first.name, second.name] == ["editor-0", "editor-1"]


def test_whoever_comes_next_finds_the_notes_of_the_one_before(tmp_path: Path) -> None:
    with own_folder(tmp_path, "editor") as before:
        (before / "note").write_text("here")
    with own_folder(tmp_path, "editor") as after:
        assert (after / "note").read_text() == "here"


def test_a_slot_has_its_folder_and_only_one_process(tmp_path: Path) -> None:
    with own_folder(tmp_path, "editor", "gpu-3") as folder:
        assert folder.name == "editor-gpu-3"
        with pytest.raises(UserError, match="another editor runs in slot 'gpu-3'"):
            own_folder(tmp_path, "editor", "gpu-3").__enter__()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/editor-0 cannot be used .*NHR_STATE"):
        own_folder(tmp_path / "file", "editor").__enter__()
