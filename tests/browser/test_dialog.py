"""The sheet of a triplet or a rejected attempt."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.unit.report.scenes import Campaign


def forward(campaign: Campaign) -> str:
    return next(one.triplet_id for one in campaign.triplets if one.kind == "forward")


def test_a_card_opens_its_triplet_and_escape_closes_it(visit: Visit, report: Path) -> None:
    page = visit(report)
    card = page.locator(".card").nth(2)
    said = card.locator(".instruction").inner_text()
    card.locator(".card-body").click()
    expect(page.locator("#detail h3")).to_have_text(said)
    assert page.url.endswith(f"#gallery?t={card.get_attribute('data-id')}")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    page.wait_for_url("**/report.html#gallery")


def test_every_attempt_is_shown_with_what_became_of_it(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, f"#gallery?t={forward(campaign)}")
    shown = page.locator("#detail .attempt")
    assert [text.split("\n") for text in shown.locator(".attempt-head").all_inner_texts()] == [
        ["0", "soft filter"], ["1", "pixel check"], ["2", "hard filter"], ["3", "won"],
    ]  # fmt: skip
    expect(page.locator("#detail .attempt.won")).to_have_count(1)
    assert "missed null.soft = 0.2" in shown.nth(0).inner_text()
    assert "the hills changed" in shown.nth(2).inner_text()
    assert "3.10 / 4.60" in shown.nth(2).inner_text()
    assert shown.nth(3).locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    shown.nth(0).get_by_text("measures").click()
    expect(shown.nth(0).locator(".facts")).to_contain_text("pixels.changed")


def test_an_attempt_can_be_compared_with_the_source(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, f"#gallery?t={forward(campaign)}")
    after = page.locator("#detail .pair .after")
    original = after.get_attribute("src")
    lost = page.locator("#detail .attempt").nth(2)
    lost.get_by_role("button").first.click()
    expect(after).to_have_attribute("src", lost.locator("img").get_attribute("src") or "")
    assert after.get_attribute("src") != original
    page.get_by_role("button", name="Back to this one").click()
    expect(after).to_have_attribute("src", original or "")


def test_relatives_lead_to_one_another(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, f"#gallery?t={forward(campaign)}")
    page.locator("#detail").get_by_role("button", name=re.compile("float a balloon above the hills \\(")).click()
    expect(page.locator("#detail .meta .kind")).to_have_text(re.compile("^inverse"))
    page.locator("#detail").get_by_role("button", name=re.compile("remove the balloon \\(")).click()
    assert page.url.endswith(f"#gallery?t={forward(campaign)}")


@pytest.mark.parametrize(("key", "by"), [("n", 1), ("p", -1)])
def test_keys_go_through_what_is_filtered(visit: Visit, report: Path, campaign: Campaign, key: str, by: int) -> None:
    page = visit(report, "#gallery?kind=inverse&sort=id")
    ids = sorted(one.triplet_id for one in campaign.triplets if one.kind == "inverse")
    page.locator(f"[data-id='{ids[4]}'] .card-body").click()
    page.keyboard.press(key)
    assert page.url.endswith(f"#gallery?kind=inverse&sort=id&t={ids[4 + by]}")


def test_closing_leaves_the_page_that_the_triplet_is_on(visit: Visit, report: Path, campaign: Campaign) -> None:
    ids = sorted(one.triplet_id for one in campaign.triplets)
    page = visit(report, f"#gallery?sort=id&t={ids[59]}")
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(page.locator(f"[data-id='{ids[60]}']")).to_be_visible()
    assert page.url.endswith("#gallery?sort=id&page=2")


def test_a_rejected_attempt_is_shown_among_its_siblings(visit: Visit, report: Path) -> None:
    page = visit(report, "#rejected?stage=hard")
    page.locator(".view:visible .card-body").first.click()
    expect(page.locator("#detail .attempt")).to_have_count(4)
    expect(page.locator("#detail .attempt.this .attempt-head")).to_contain_text("hard filter")
    expect(page.locator("#detail h3")).to_be_visible()


def test_the_short_address_of_a_triplet_opens_it(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, f"#t={forward(campaign)}")
    expect(page.locator("#detail h3")).to_have_text("remove the balloon")


def test_an_unknown_triplet_is_told(visit: Visit, report: Path) -> None:
    page = visit(report, "#gallery?t=abc")
    expect(page.locator("#notice")).to_have_text("abc is not on this page; nhr show tells of every triplet.")
    expect(page.locator("#detail")).to_be_hidden()


def test_an_id_can_be_copied(visit: Visit, report: Path, campaign: Campaign) -> None:
    page = visit(report, f"#t={forward(campaign)}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy id").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == forward(campaign)


def test_a_long_dialog_can_be_closed_from_anywhere(visit: Visit, report: Path, campaign: Campaign) -> None:
    page: Page = visit(report, f"#t={forward(campaign)}")
    page.locator("#detail .attempt").last.scroll_into_view_if_needed()
    page.locator("#detail").get_by_label("Close").click()
    expect(page.locator("#detail")).to_be_hidden()


def test_a_judge_that_nobody_calibrated_is_marked_on_card_and_sheet(
    visit: Visit, report: Path, campaign: Campaign
) -> None:
    page = visit(report, f"#gallery?t={forward(campaign)}")
    for place in ("#detail .score-row .uncalibrated", ".card .foot .uncalibrated"):
        mark = page.locator(place).first
        expect(mark).to_have_text("judge not calibrated")
        expect(mark).to_have_attribute("title", re.compile("then run `nhr calibrate`"))
    rejected = visit(report, "#rejected")
    expect(rejected.locator(".card:visible").first).to_be_visible()
    expect(rejected.locator(".uncalibrated:visible")).to_have_count(0)
