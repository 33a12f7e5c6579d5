"""`nhr report` with its options."""

from pathlib import Path

import pytest

from tests.integration.conftest import Call
from tests.integration.running import mine


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of triplets."""
    out = tmp_path_factory.mktemp("mined") / "data"
    mine(out, "--scenes", 6)
    return out


def test_pictures_go_where_they_are_wanted(mined: Path, call: Call) -> None:
    page = mined / "report.html"
    assert call("report", "--out", mined, "--beside").out == f"Page: {page}\n"
    files = sorted(path.name for path in (mined / "report-files").iterdir())
    assert files
    assert call("report", "--out", mined, "--single").status == 0
    assert not (mined / "report-files").exists()
    assert all(name not in page.read_text(encoding="utf-8") for name in files)


def test_another_file_has_a_folder_of_its_own(mined: Path, tmp_path: Path, call: Call) -> None:
    assert call("report", "--out", mined, "--to", tmp_path / "new" / "a.html", "--beside").status == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a-files", "a.html"]


@pytest.mark.parametrize("arguments", [["--campaign", "desert"], ["--limit", "0"]])
def test_wrong_options_are_told_in_one_line(mined: Path, call: Call, arguments: list[str]) -> None:
    result = call("report", "--out", mined, *arguments)
    assert result.status == 2
    assert arguments[0].strip("-") in result.err


@pytest.mark.parametrize("to", [".", "/", ""])
def test_a_folder_is_no_file_for_the_page(mined: Path, call: Call, to: str) -> None:
    result = call("report", "--out", mined, "--to", to)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert "(it is a folder); name a file" in result.err
