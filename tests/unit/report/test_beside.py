"""Pages whose pictures lie in a folder beside them."""

from pathlib import Path

import pytest

from infra.report import build
from tests.unit.report.reading import Page
from tests.unit.report.scenes import Campaign


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(2, ("remove", "recolor"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_beside_the_page_are_files_it_names(campaign: Campaign, tmp_path: Path) -> None:
    page = Page(build(campaign.blobs, tmp_path / "a b#.html", beside=True).read_text(encoding="utf-8"))
    assert page.data["base"] == "a%20b%23-files/"
    assert sorted(page.data["images"]) == names(tmp_path / "a b#-files")
    assert len(page.data["images"]) == 10
    assert any("img-src data: 'self' file:;" in value for _, value in page.attributes)
    assert "The pictures are in a b#-files/ beside this file" in page.text


def test_a_later_run_makes_only_new_pictures(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.html"
    before = build(campaign.blobs, out, beside=True).read_bytes()
    next((tmp_path / "report-files").iterdir()).unlink()
    made: list[bytes] = []

    def shrunk(data: bytes, side: int) -> bytes:
        made.append(data)
        return b"new"

    monkeypatch.setattr("infra.report.pictures.shrunk", shrunk)
    assert build(campaign.blobs, out, beside=True).read_bytes() == before
    assert len(made) == 1


def test_pictures_no_longer_shown_are_removed_and_other_files_left_alone(campaign: Campaign, tmp_path: Path) -> None:
    out, folder = tmp_path / "report.html", tmp_path / "report-files"
    build(campaign.blobs, out, beside=True)
    (folder / "notes.txt").write_text("mine")
    (folder / f".{'0' * 32}-384.webp.partial").write_text("cut short")
    page = Page(build(campaign.blobs, out, limit=1, rejected=1, beside=True).read_text(encoding="utf-8"))
    assert names(folder) == sorted([*page.data["images"], "notes.txt"])


def test_a_page_that_holds_its_pictures_leaves_no_folder(campaign: Campaign, tmp_path: Path) -> None:
    build(campaign.blobs, tmp_path / "report.html", beside=True)
    page = Page(build(campaign.blobs, tmp_path / "report.html", beside=False).read_text(encoding="utf-8"))
    assert names(tmp_path) == ["report.html"]
    assert page.data["base"] == ""


@pytest.mark.parametrize(("side", "beside"), [(384, False), (8000, True)])
def test_large_pages_put_their_pictures_beside_them(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, beside: bool
) -> None:
    monkeypatch.setattr("infra.report.pictures.shrunk", lambda data, side: b"small")
    build(campaign.blobs, tmp_path / "report.html", side=side)
    assert (tmp_path / "report-files").exists() is beside
