"""The gallery: filters, search, order, pages, and the address that keeps them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, until
from tests.unit.report.scenes import Campaign


def cards(page: Page) -> int:
    return page.locator(".view:visible .card").count()


def instructions(page: Page) -> set[str]:
    return set(page.locator(".view:visible .card .instruction").all_inner_texts())


def matches(page: Page) -> str:
    return page.locator(".view:visible .matches").inner_text()


def test_a_page_of_cards_is_drawn_and_no_more(visit: Visit, report: Path) -> None:
    page = visit(report)
    assert cards(page) == 60
    expect(page.locator(".view:visible .pager").first).to_contain_text("of 2")


@pytest.mark.parametrize("keys", [True, False])
def test_the_next_page_shows_the_rest(visit: Visit, report: Path, campaign: Campaign, keys: bool) -> None:
    page = visit(report)
    seen = {card.get_attribute("data-id") for card in page.locator(".card").all()}
    if keys:
        page.keyboard.press("n")
    else:
        page.locator(".view:visible").get_by_label("Next page").last.click()
    expect(page.locator(".view:visible .card")).to_have_count(len(campaign.triplets) - 60)
    seen |= {card.get_attribute("data-id") for card in page.locator(".card").all()}
    assert seen == {one.triplet_id for one in campaign.triplets}
    assert page.url.endswith("#gallery?page=2")
    page.keyboard.press("p")
    expect(page.locator(".view:visible .card")).to_have_count(60)


def test_a_page_number_can_be_typed(visit: Visit, report: Path) -> None:
    page = visit(report)
    number = page.locator(".view:visible .pager input").first
    number.fill("77")
    number.press("Enter")
    expect(number).to_have_value("2")


def test_a_filter_leaves_its_own(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report)
    page.get_by_label("Every operation").first.select_option("time_of_day")
    page.get_by_label("Every kind").first.select_option("forward")
    assert instructions(page) == {"turn it into a moonlit night"}
    assert cards(page) == 8
    assert matches(page) == "8 match."
    assert page.url.endswith("#gallery?operation=time_of_day&kind=forward")
    page.get_by_role("button", name="Clear", exact=True).click()
    assert cards(page) == 60
    assert page.url.endswith("#gallery")


def test_a_search_finds_instructions_prompts_and_ids(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report)
    search = page.get_by_label("Search").first
    wanted = campaign.triplets[5]
    for text, left in [("MOONLIT", 16), ("scene 3", 11), (wanted.triplet_id[:12], 1), ("编辑这张图片", 32)]:
        search.fill(text)
        assert cards(page) == left, text
    search.fill("no such words")
    expect(page.get_by_text("Nothing here matches.").first).to_be_visible()
    page.get_by_role("button", name="Clear the filters").first.click()
    assert cards(page) == 60


def test_scores_can_be_bounded_and_sorted_by(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.get_by_label("Which score").first.select_option("aesthetics")
    page.get_by_label("Score from").first.fill("4.85")
    page.get_by_label("Order").first.select_option("worst")
    shown = [float(text.split(" / ")[1]) for text in page.locator(".view:visible .scores").all_inner_texts()]
    assert shown
    assert min(shown) >= 4.85
    assert page.url.endswith("#gallery?score=aesthetics&min=4.85&sort=worst")


def test_the_order_holds_over_all_pages(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, "#gallery?sort=id&page=2")
    ordered = sorted(one.triplet_id for one in campaign.triplets)
    expect(page.locator(".card")).to_have_count(len(ordered) - 60)
    assert {card.get_attribute("data-id") for card in page.locator(".card").all()} == set(ordered[60:])


def test_an_address_gives_the_same_view_again(visit: Visit, report: Path) -> None:
    page = visit(report, "#gallery?q=house&operation=recolor&sort=best")
    assert instructions(page) == {"paint the house blue", "make the house white"}
    assert page.get_by_label("Search").first.input_value() == "house"
    page.goto(f"{report.as_uri()}#rejected?stage=hard")
    assert set(page.locator(".view:visible .stage").all_inner_texts()) == {"Hard filter"}
    page.go_back()
    assert instructions(page) == {"paint the house blue", "make the house white"}


@pytest.mark.parametrize(
    "fragment",
    [
        "#nothing",
        "#gallery?page=-4",
        "#gallery?operation=none&page=x",
        "#gallery?min=abc",
        "#%E0%A4%A",
        "#?&&=;",
        "#t=%ff",
    ],
)
def test_a_broken_address_shows_the_gallery(visit: Visit, report: Path, fragment: str) -> None:
    page = visit(report, fragment)
    assert cards(page) == 60


def test_rejected_attempts_have_filters_of_their_own(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.get_by_role("link", name=re.compile("Rejected")).click()
    assert cards(page) == 60
    page.get_by_label("Every bar").select_option("pixels.null")
    assert cards(page) == 32
    assert page.url.endswith("#rejected?bar=pixels.null")
    page.get_by_role("link", name=re.compile("Gallery")).click()
    assert page.url.endswith("#gallery")
    page.get_by_role("link", name=re.compile("Rejected")).click()
    assert cards(page) == 32


def test_pictures_in_files_are_loaded_as_they_come_into_view(visit: Visit, beside: Path) -> None:
    page = visit(beside)
    until(page, "[...document.querySelectorAll('.card img')].slice(0, 2).every(one => one.naturalWidth > 0)")
    assert page.evaluate("document.images[0].currentSrc").startswith(f"{beside.parent.as_uri()}/a%20page-files/")
    assert page.evaluate("[...document.images].some(one => !one.complete)")
