"""A page of 5,000 triplets is as quick to use as a small one."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from infra.report import build
from tests.browser.conftest import Visit
from tests.browser.many import FILTER, FIRST_CARDS, OPEN, SEARCH, shelf_of, timed


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    blobs, triplets = shelf_of(1000)
    assert len(triplets) == 5000
    return build(blobs, tmp_path_factory.mktemp("large") / "report.html")


def test_a_large_page_is_a_small_file_with_a_folder(large: Path) -> None:
    assert large.stat().st_size < 8_000_000
    assert len(list((large.parent / "report-files").iterdir())) == 300


def test_its_first_cards_are_there_at_once(visit: Visit, large: Path) -> None:
    page = visit(large)
    assert page.evaluate(FIRST_CARDS) < 5000
    assert page.locator(".card").count() == 60
    expect(page.locator(".pager").first).to_contain_text("of 84")


@pytest.mark.parametrize("act", [FILTER, SEARCH, OPEN])
def test_filter_search_and_dialog_answer_at_once(visit: Visit, large: Path, act: str) -> None:
    assert visit(large).evaluate(timed(act)) < 3000


def test_its_last_page_can_be_reached(visit: Visit, large: Path) -> None:
    page = visit(large, "#gallery?sort=id&page=84")
    expect(page.locator(".card")).to_have_count(20)
    page.keyboard.press("p")
    expect(page.locator(".card")).to_have_count(60)
    assert page.locator("*").count() < 3000


def test_all_of_it_is_searched(visit: Visit, large: Path) -> None:
    page = visit(large)
    page.get_by_label("Search").first.fill("view 999")
    expect(page.locator(".view:visible .card")).to_have_count(5)
