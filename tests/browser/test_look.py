"""How the page looks: light and dark, on a phone, empty, and what it says of its keys."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.blobs.memory import MemoryBlobs
from infra.report import build
from tests.browser.conftest import Visit
from tests.unit.report.scenes import Campaign

LUMINANCE = """element => {
  const [r, g, b] = getComputedStyle(element).backgroundColor.match(/[0-9.]+/g).map(Number);
  return (0.21 * r + 0.72 * g + 0.07 * b) / 255;
}"""


def brightness(page: Page) -> float:
    value: float = page.locator("body").evaluate(LUMINANCE)
    return value


def test_the_page_follows_the_systems_colours(visit: Visit, report: Path) -> None:
    assert brightness(visit(report)) > 0.9
    assert brightness(visit(report, dark=True)) < 0.2


def test_the_chosen_colours_are_remembered(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.get_by_label("Change between light and dark").click()
    assert brightness(page) < 0.2
    page.reload()
    assert brightness(page) < 0.2
    page.get_by_label("Change between light and dark").click()
    assert brightness(page) > 0.9


@pytest.mark.parametrize("fragment", ["#gallery", "#rejected", "#numbers", "dialog", "keys"])
def test_nothing_is_wider_than_a_phone(visit: Visit, report: Path, campaign: Campaign, fragment: str) -> None:
    longest = max(campaign.triplets, key=lambda one: len(one.instruction))
    fragments = {"dialog": f"#t={longest.triplet_id}", "keys": ""}
    page = visit(report, fragments.get(fragment, fragment), width=360, touch=True)
    if fragment == "keys":
        page.get_by_label("Keys").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for box in page.locator("dialog[open]").all():
        assert box.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


def test_a_phone_shows_pictures_before_all_the_filters(visit: Visit, report: Path) -> None:
    page = visit(report, width=360)
    expect(page.get_by_label("Every operation").first).to_be_hidden()
    page.get_by_role("button", name="Filters").first.click()
    page.get_by_label("Every operation").first.select_option("add")
    page.get_by_role("button", name="Filters").first.click()
    expect(page.get_by_label("Every operation").first).to_be_visible()
    expect(page.get_by_label("Every kind").first).to_be_hidden()


def test_the_keys_are_told(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("next and previous page")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("n?p")
    expect(page.get_by_label("Search").first).to_have_value("n?p")


def test_tabs_turn_without_leaving_the_page(visit: Visit, report: Path) -> None:
    page = visit(report)
    page.get_by_role("link", name="Numbers").click()
    expect(page.get_by_role("heading", name="Acceptance by operation and stage")).to_be_visible()
    expect(page.locator(".card").first).to_be_hidden()
    assert page.url.endswith("#numbers")


def test_the_numbers_are_drawn(visit: Visit, report: Path) -> None:
    page = visit(report, "#numbers")
    assert page.locator(".side").count() == 10
    ours = page.locator(".side").filter(has_text="Edit attempts").locator(".bar").first
    assert ours.locator(".fill").evaluate("bar => bar.getBoundingClientRect().width") > 20
    assert page.locator(".both .above").count() == 11
    heat = page.locator(".heat").first.locator("tbody tr").first.locator("td[class*=' h']")
    assert heat.count() == 4
    deep, pale = (heat.nth(number).evaluate("cell => getComputedStyle(cell).backgroundColor") for number in (0, 3))
    assert deep != pale


def test_an_empty_page_says_so_everywhere(visit: Visit, tmp_path: Path) -> None:
    page = visit(build(MemoryBlobs(), tmp_path / "report.html"))
    expect(page.get_by_text("There is nothing on the shelf yet")).to_be_visible()
    page.get_by_role("link", name=re.compile("Rejected")).click()
    expect(page.get_by_text("Nothing was rejected, or no records were kept.")).to_be_visible()
    page.get_by_role("link", name="Numbers").click()
    expect(page.get_by_role("heading", name="The funnel, beside the paper’s")).to_be_visible()


def test_pictures_that_are_gone_are_told(visit: Visit, tmp_path: Path) -> None:
    lone = Campaign(1, ("add",))
    for key in [*lone.blobs.list("shelf/images/"), *lone.blobs.list("scratch/")]:
        lone.blobs.delete(key)
    page = visit(build(lone.blobs, tmp_path / "report.html"))
    expect(page.locator(".card .gone").first).to_have_text("The pictures are no longer kept.")
    page.locator(".card-body").first.click()
    expect(page.locator("#detail .attempt .gone").first).to_have_text("no picture kept")
    expect(page.locator("#detail .attempt")).to_have_count(4)
