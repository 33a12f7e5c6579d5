"""The gallery in a browser: what people do with its pages, with and without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.gallery.guards import Key
from infra.gallery.watch import Queue, Work
from tests.browser.conftest import Visit, until
from tests.browser.served import Served, served
from tests.browser.test_look import brightness
from tests.browser.test_slider import clip, point
from tests.unit.reading.hostile import hostile_blobs
from tests.unit.reading.making import put_on_shelf, request, subject, triplet
from tests.unit.report.scenes import Campaign

PAGES = ("/", "/rejected", "/live", "/triplet/{}", "/?q=nothing+at+all")
NAMELESS = """() => [...document.querySelectorAll("a, button, input, select, img, progress, [role]")].filter((one) => {
  if (one.matches("img")) return !one.hasAttribute("alt");
  const name = one.getAttribute("aria-label") || one.innerText?.trim() || one.querySelector("img[alt]");
  return one.checkVisibility() && !name;
}).map((one) => one.outerHTML.slice(0, 90))"""
"""What has no name that could be read out."""


@pytest.fixture(scope="module")
def web(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    def look() -> Work:
        return Work(1.0, True, [Queue("editor", 12, 4), Queue("judge", 0, 1)], open_ledgers=3)

    with served(campaign.blobs, tmp_path_factory.mktemp("served"), look=look) as found:
        yield found


@pytest.fixture(scope="module")
def forward(campaign: Campaign) -> str:
    return next(one.triplet_id for one in campaign.triplets if one.kind == "forward")


def ids(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.card')].map((card) => card.dataset.id)")
    return found


def at(page: Page, ending: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(ending) + "$"))


def leave(page: Page) -> None:
    """Ask nothing more of a server that is about to end."""
    page.goto("about:blank")


def test_cards_show_their_pictures_under_a_slider(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/?sort=best")
    expect(page.locator(".card")).to_have_count(48)
    pair = page.locator(".pair").first
    assert pair.locator("img.after").evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    page.mouse.click(*point(pair, 0.2))
    expect(pair).to_have_attribute("aria-valuenow", "20")
    pair.focus()
    page.keyboard.press("End")
    assert clip(pair) == "inset(0px 0px 0px 100%)"
    at(page, "/?sort=best")


def test_a_choice_filters_at_once_and_is_kept_in_a_short_address(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/")
    page.get_by_label("Every operation").select_option("time_of_day")
    at(page, "/?operation=time_of_day")
    page.get_by_label("Every kind").select_option("forward")
    at(page, "/?operation=time_of_day&kind=forward")
    expect(page.locator(".card")).to_have_count(8)
    expect(page.get_by_text("8 of 88 match.")).to_be_visible()
    page.get_by_role("link", name="Clear", exact=True).click()
    at(page, "/")
    page.go_back()
    expect(page.get_by_label("Every kind")).to_have_value("forward")


def test_a_search_begins_with_a_key(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/")
    page.keyboard.press("/")
    page.keyboard.type("moonlit j?n")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("Nothing here matches.")).to_be_visible()
    page.get_by_label("Search").fill("moonlit")
    page.get_by_label("Search").press("Enter")
    expect(page.locator(".card")).to_have_count(16)


def test_keys_go_through_cards_pages_and_triplets(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/?sort=best")
    shown = ids(page)
    for key in "jjjk":
        page.keyboard.press(key)
    expect(page.locator(f"[data-id='{shown[1]}'] .card-body")).to_be_focused()
    page.keyboard.press("Enter")
    at(page, f"/triplet/{shown[1]}?sort=best")
    page.keyboard.press("j")
    at(page, f"/triplet/{shown[2]}?sort=best")
    page.keyboard.press("k")
    at(page, f"/triplet/{shown[1]}?sort=best")
    page.keyboard.press("u")
    at(page, "/?sort=best")
    page.keyboard.press("n")
    expect(page.locator(".card")).to_have_count(40)
    assert not set(ids(page)) & set(shown)
    page.keyboard.press("p")
    expect(page.locator(".card")).to_have_count(48)
    assert ids(page) == shown


def test_the_keys_are_told(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/live")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("next and previous card")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_triplet_shows_every_attempt_and_its_whole_pictures(visit: Visit, web: Served, forward: str) -> None:
    page = visit(web.url, f"/triplet/{forward}")
    assert [text.split("\n") for text in page.locator(".attempt-head").all_inner_texts()] == [
        ["0", "soft filter"], ["1", "pixel check"], ["2", "hard filter"], ["3", "won"],
    ]  # fmt: skip
    pair = page.locator(".pair.large")
    assert pair.locator("img.before").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    box = pair.bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 1) < 0.02
    page.mouse.click(*point(pair, 0.75))
    expect(pair).to_have_attribute("aria-valuenow", "75")
    page.locator(".attempt").first.get_by_text("measures").click()
    expect(page.locator(".attempt").first.locator(".facts")).to_contain_text("pixels.changed")
    whole = page.request.get(f"{web.url}{page.locator('.attempt a').nth(2).get_attribute('href')}")
    assert (whole.status, whole.headers["content-type"]) == (200, "image/webp")


def test_an_attempt_can_be_compared_with_the_source(visit: Visit, web: Served, forward: str) -> None:
    page = visit(web.url, f"/triplet/{forward}")
    after = page.locator(".pair.large .after")
    own = after.evaluate("image => image.src")
    lost = page.locator(".attempt a").nth(2)
    lost.click()
    assert after.evaluate("image => image.src") == lost.evaluate("link => link.href") != own
    expect(page.locator("#compared")).to_have_text(re.compile("The source and attempt 2"))
    page.get_by_role("button", name="Back to this one").click()
    assert after.evaluate("image => image.src") == own
    expect(page.locator("#compared")).to_be_hidden()


def test_a_rejected_attempt_is_marked_among_its_siblings(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/rejected?stage=hard")
    page.locator(".card-body").first.click()
    expect(page.locator(".attempt.this .attempt-head")).to_contain_text("hard filter")
    expect(page.locator(".sheet-text .reason")).to_contain_text("the hills changed")


def test_the_live_page_is_renewed_and_new_triplets_appear(visit: Visit, tmp_path: Path) -> None:
    own = Campaign(1, ("add",), smaller=8)
    with served(own.blobs, tmp_path) as found:
        page = visit(found.url, "/live")
        expect(page.locator(".headline dd").first).to_have_text("2")
        seen = own.triplets[0]
        of = subject().model_copy(update={"image": seen.before})
        put_on_shelf(own.blobs, triplet(of, request("remove the new moon"), seen.after))
        expect(page.locator(".headline dd").first).to_have_text("3", timeout=30_000)
        page.goto(f"{found.url}/?q=new+moon")
        expect(page.locator(".card")).to_have_count(1)
        leave(page)


def test_the_live_page_tells_what_waits(visit: Visit, web: Served) -> None:
    page = visit(web.url, "/live")
    expect(page.get_by_role("row", name=re.compile("editor 12 4"))).to_be_visible()
    expect(page.get_by_text("mining now")).to_be_visible()
    expect(page.get_by_role("heading", name="The funnel, beside the paper’s")).to_be_visible()
    assert page.locator(".side").count() == 10


def test_colours_follow_the_system_and_are_remembered(visit: Visit, web: Served) -> None:
    assert brightness(visit(web.url, "/", dark=True)) < 0.2
    page = visit(web.url, "/")
    assert brightness(page) > 0.9
    page.get_by_label("Change between light and dark").click()
    page.goto(f"{web.url}/live")
    assert brightness(page) < 0.2


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_wider_than_a_phone(visit: Visit, web: Served, forward: str, address: str) -> None:
    page = visit(web.url, address.format(forward), width=360, touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("address", PAGES)
def test_everything_has_a_name_that_can_be_read_out(visit: Visit, web: Served, forward: str, address: str) -> None:
    assert visit(web.url, address.format(forward)).evaluate(NAMELESS) == []


def test_without_scripts_everything_can_be_looked_at(visit: Visit, web: Served, forward: str) -> None:
    page = visit(web.url, "/", scripts=False)
    page.get_by_label("Every kind").select_option("forward")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("32 of 88 match.")).to_be_visible()
    expect(page.locator("#help")).to_be_hidden()
    page.get_by_label("Search").fill("house")
    page.get_by_role("button", name="Show").click()
    page.locator(".card-body").first.click()
    expect(page.locator(".attempt")).to_have_count(4)
    box = page.locator(".pair.large").bounding_box()
    assert box is not None
    assert box["height"] > 100
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_label("Search")).to_have_value("house")
    page.get_by_role("link", name="Live").click()
    expect(page.locator(".headline")).to_be_visible()


def test_the_token_lets_a_browser_in_and_leaves_the_address(visit: Visit, campaign: Campaign, tmp_path: Path) -> None:
    key = Key("a token that nobody guesses")
    with served(campaign.blobs, tmp_path, key) as found:
        page = visit(found.url, f"/rejected?stage=hard&token={key.token.replace(' ', '+')}")
        at(page, "/rejected?stage=hard")
        expect(page.locator(".card").first).to_be_visible()
        until(page, "document.images[0].naturalWidth > 0")
        assert page.evaluate("document.cookie") == ""
        leave(page)


def test_hostile_texts_do_nothing(visit: Visit, tmp_path: Path) -> None:
    with served(hostile_blobs(), tmp_path) as found:
        page = visit("about:blank")
        page.route("**/thumb/*", lambda route: route.fulfill(status=204))
        page.route("**/image/*", lambda route: route.fulfill(status=204))
        for address in ("/", "/rejected", "/live"):
            page.goto(f"{found.url}{address}")
            links = page.locator(".card-body").evaluate_all("all => all.slice(0, 8).map((one) => one.href)")
            for link in links:
                page.goto(link)
                assert page.locator("main script, iframe, [onerror], [onload], object").count() == 0
        assert page.title().endswith("NHR gallery")
        leave(page)
