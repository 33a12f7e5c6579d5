"""The index's file: kept over restarts, built anew when it is damaged or of another version, of one writer."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from infra.gallery.gallery import assembled
from infra.gallery.index.background import Keeper
from infra.gallery.index.file import IndexFile, is_damage
from infra.gallery.index.following import Following
from infra.gallery.index.standing import Standing
from schemas.errors import UserError
from tests.unit.gallery.site import site
from tests.unit.report.scenes import Campaign


def entries(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM triplets").fetchone()[0])
    finally:
        connection.close()


def test_a_restart_goes_on_where_it_was(campaign: Campaign, tmp_path: Path) -> None:
    with site(campaign.blobs, tmp_path) as first:
        told = first.page("/live").text
    file, reads = IndexFile(tmp_path / "gallery.sqlite"), list[str]()

    class Watched:
        """Says what is read."""

        def __getattr__(self, name: str) -> object:
            return getattr(campaign.blobs, name)

        def get(self, key: str) -> bytes:
            reads.append(key)
            return campaign.blobs.get(key)

    connection = file.writer()
    Following(Watched(), connection, Standing(), lambda: False).look()  # type: ignore[arg-type]
    connection.close()
    file.close()
    assert reads == []
    with site(campaign.blobs, tmp_path) as again:
        assert again.page("/live").text == told


@pytest.mark.parametrize("spoil", ["garbage", "version", "stranger", "empty"])
def test_a_file_that_cannot_be_gone_on_with_is_built_anew(campaign: Campaign, tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "gallery.sqlite"
    with site(campaign.blobs, tmp_path):
        pass
    if spoil in {"garbage", "empty"}:
        path.write_bytes(os.urandom(100_000) if spoil == "garbage" else b"")
    else:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 7" if spoil == "version" else "PRAGMA application_id = 7")
        connection.commit()
        connection.close()
    with site(campaign.blobs, tmp_path) as again:
        assert len(again.ids("/")) == 48
    assert entries(path) == len(campaign.triplets)


def test_a_file_that_is_damaged_while_it_is_read_is_built_anew(campaign: Campaign, tmp_path: Path) -> None:
    with site(campaign.blobs, tmp_path):
        pass
    path = tmp_path / "gallery.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    file_, standing = IndexFile(path), Standing()
    keeper = Keeper(campaign.blobs, file_, standing, every_s=0.05)
    keeper.damaged()
    keeper.start()
    try:
        assert standing.complete.wait(30)
    finally:
        keeper.stop()
        file_.close()
    assert entries(path) == len(campaign.triplets)


def test_a_second_gallery_over_a_place_only_reads_until_the_first_has_gone(campaign: Campaign, tmp_path: Path) -> None:
    first = assembled(campaign.blobs, "first", tmp_path)
    second = assembled(campaign.blobs, "second", tmp_path)
    assert first.index.writes
    assert not second.index.writes
    first.index.close()
    assert second.index.leads()
    second.index.close()


def test_a_reader_follows_a_file_that_another_process_built_anew(campaign: Campaign, tmp_path: Path) -> None:
    with site(campaign.blobs, tmp_path) as first:
        second = IndexFile(tmp_path / "gallery.sqlite")
        count = "SELECT count(*) FROM triplets"
        with second.read() as index:
            assert index.execute(count).fetchone() == (66,)
        first.gallery.index.rebuild()
        with second.read() as index:
            assert index.execute(count).fetchone() == (0,)
        second.close()


def test_the_keeper_takes_in_what_comes_without_being_asked(campaign: Campaign, tmp_path: Path) -> None:
    file, standing = IndexFile(tmp_path / "gallery.sqlite"), Standing()
    keeper = Keeper(campaign.blobs, file, standing, every_s=0.05)
    keeper.start()
    try:
        assert standing.complete.wait(30)
        assert not standing.busy
    finally:
        keeper.stop()
        file.close()
    assert entries(tmp_path / "gallery.sqlite") == len(campaign.triplets)
    assert not [thread for thread in threading.enumerate() if thread.name == "gallery-index"]


def test_trouble_around_a_file_is_no_damage(tmp_path: Path) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert not is_damage(full)
    (tmp_path / "text").write_text("no database" * 100)
    connection = sqlite3.connect(tmp_path / "text")
    with pytest.raises(sqlite3.DatabaseError) as caught:
        connection.execute("SELECT * FROM x")
    connection.close()
    assert is_damage(caught.value)


def test_a_page_that_finds_the_file_damaged_says_so_and_has_it_built_anew(campaign: Campaign, tmp_path: Path) -> None:
    with site(campaign.blobs, tmp_path) as found:
        connection = sqlite3.connect(tmp_path / "gallery.sqlite")
        connection.execute("DROP TABLE facets")
        connection.commit()
        connection.close()
        assert "This cannot be shown just now." in found.page("/", 503).text
        assert not found.gallery.standing.complete.is_set()
        found.gallery.keeper.start()
        assert found.gallery.standing.complete.wait(30)
        found.gallery.keeper.stop()
        assert len(found.ids("/")) == 48


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be used"):
        IndexFile(tmp_path / "file" / "gallery.sqlite")


def test_progress_is_told_in_the_pages(campaign: Campaign, tmp_path: Path) -> None:
    with site(campaign.blobs, tmp_path) as found:
        found.gallery.standing.complete.clear()
        found.gallery.standing.start("triplets", 1200)
        found.gallery.standing.done = 300
        page = found.page("/")
        assert "Reading triplets: 300 of 1,200" in page.text
        assert ("value", "300") in page.attributes
        found.gallery.standing.trouble = "the store is <away>"
        assert "The index does not go on: the store is <away>" in found.page("/standing").text
