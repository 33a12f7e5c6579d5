"""Labelling in a browser: by keys alone from the name to the last pair, by hand without scripts, on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from streams import labels
from streams.labels import Label
from tests.browser.conftest import Visit
from tests.browser.served import Served, served
from tests.browser.test_served import NAMELESS
from tests.browser.test_slider import clip
from tests.unit.report.scenes import Campaign

PAIRS = 3


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with served(Campaign(1, ("remove", "recolor"), smaller=4).blobs, tmp_path) as found:
        yield found


def kept(web: Served) -> list[Label]:
    return list(labels.latest(web.gallery.blobs))


def begun(visit: Visit, web: Served, rater: str = "ada", **how: bool | int) -> Page:
    """The page of the first pair."""
    page = visit(f"{web.url}/label?size={PAIRS}", **how)  # type: ignore[arg-type]
    page.get_by_label("Your name").fill(rater)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".rating")).to_be_visible()
    page.wait_for_load_state("load")
    return page


def given(page: Page) -> str:
    """The scores that are chosen, of both scales."""
    chosen: list[str] = page.evaluate("[...document.querySelectorAll('.steps input:checked')].map((one) => one.value)")
    return " ".join(chosen)


def done(page: Page, count: int) -> None:
    expect(page.locator(".told")).to_contain_text(f"{count} of {PAIRS} done")
    page.wait_for_load_state("load")  # a picture left behind half loaded is one that failed to load


def test_a_rater_labels_by_keys_alone(web: Served, visit: Visit) -> None:
    page = visit(f"{web.url}/label?size={PAIRS}")
    page.keyboard.type("ada")
    page.keyboard.press("Enter")
    done(page, 0)
    first = page.locator(".rating").get_attribute("action")
    page.keyboard.press("4")
    page.keyboard.press(".")
    page.keyboard.press("Shift+Digit2")
    assert given(page) == "4.5 2.5"
    page.keyboard.press("t")
    page.keyboard.type("a seam, 2 of 5. no n")
    page.keyboard.press("Enter")
    done(page, 1)
    page.keyboard.press("u")
    expect(page.locator(".rating")).to_have_attribute("action", first or "")
    page.wait_for_load_state("load")
    assert given(page) == "4.5 2.5"
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    done(page, 1)
    assert [(one.rater, one.adherence, one.aesthetics, one.note) for one in kept(web)] == [
        ("ada", 3.0, 2.5, "a seam, 2 of 5. no n")
    ]
    for count in range(2, PAIRS):
        page.keyboard.press("5")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        done(page, count)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("That was the last pair.")
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    assert len(kept(web)) == PAIRS - 1


def test_the_end_and_the_labels_are_told(web: Served, visit: Visit) -> None:
    page = begun(visit, web)
    for count in range(1, PAIRS + 1):
        page.keyboard.press("5")
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        if count < PAIRS:
            done(page, count)
    expect(page.locator("h1")).to_have_text(f"All {PAIRS} are labelled. Thank you.")
    page.get_by_role("link", name="What has been labelled").click()
    expect(page.locator(".headline").first).to_contain_text("labels")
    with page.expect_download() as download:
        page.get_by_role("link", name="labels.csv").click()
    assert download.value.path().read_text().count("\n") == PAIRS + 1


def test_one_score_is_not_sent(web: Served, visit: Visit) -> None:
    page = begun(visit, web)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator(".scale.missing")).to_have_count(1)
    page.keyboard.press("2")
    expect(page.locator(".scale.missing")).to_have_count(0)
    assert kept(web) == []


def test_keys_look_at_the_pictures(web: Served, visit: Visit) -> None:
    page = begun(visit, web)
    look, slider = page.locator(".look"), page.locator(".look .pair")
    before = clip(slider)
    page.keyboard.press("ArrowRight")
    assert clip(slider) != before
    page.keyboard.press("s")
    expect(slider).to_be_hidden()
    expect(page.get_by_alt_text("after").last).to_be_visible()
    page.keyboard.press("i")
    page.keyboard.press("4")
    assert look.evaluate("look => look.getBoundingClientRect().height === innerHeight")
    expect(look.locator(".given")).to_have_text("adherence 4.0 · aesthetics –")
    page.keyboard.press("Escape")
    expect(look.locator(".given")).to_be_hidden()
    page.reload()
    expect(slider).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("skip this pair")
    page.keyboard.press("5")
    assert given(page) == ""


def test_without_scripts_the_form_labels(web: Served, visit: Visit) -> None:
    page = begun(visit, web, scripts=False)
    expect(page.get_by_alt_text("before").last).to_be_visible()
    page.locator("input[name=adherence][value='3.5']").check()
    page.locator("input[name=aesthetics][value='4.0']").check()
    page.get_by_role("button", name="Send").click()
    done(page, 1)
    assert [(one.adherence, one.aesthetics) for one in kept(web)] == [(3.5, 4.0)]


def test_a_phone_shows_it_all(web: Served, visit: Visit) -> None:
    page = begun(visit, web, width=360, touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("label:has(input[name=adherence][value='5.0'])").tap()
    page.locator("label:has(input[name=aesthetics][value='4.5'])").tap()
    page.get_by_role("button", name="Send").tap()
    done(page, 1)
    for address in ("/label", "/label/progress"):
        page.goto(f"{web.url}{address}")
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_everything_has_a_name_that_can_be_read_out(web: Served, visit: Visit) -> None:
    page = begun(visit, web)
    named = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden])')].every((one) => one.labels.length)"
    )
    assert named
    assert [one for one in page.evaluate(NAMELESS) if not one.startswith("<input")] == []
