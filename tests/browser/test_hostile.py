"""Texts that try to become more than text: prompts, instructions and reasons come from models and strangers' files."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from infra.report import build
from tests.browser.conftest import Visit
from tests.unit.reading.hostile import TEXTS, hostile_blobs


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hostile") / f"{TEXTS[1].replace('/', '')}.html"
    return build(hostile_blobs(), out, title=TEXTS[3], beside=True)


@pytest.mark.parametrize("view", ["gallery", "rejected", "numbers"])
def test_nothing_that_was_mined_runs(visit: Visit, hostile: Path, view: str) -> None:
    page = visit(hostile, f"#{view}")
    for number in range(page.locator(".view:visible .card-body").count()):
        page.locator(".view:visible .card-body").nth(number).click()
        page.locator("#detail summary").first.click()
        page.keyboard.press("Escape")
    assert (
        page.evaluate(
            "document.querySelectorAll('main script, dialog script, iframe, main a, [onerror], [onload]').length"
        )
        == 0
    )
    expect(page.locator("h1")).to_have_text(TEXTS[3])


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_shown_as_they_are(visit: Visit, hostile: Path, text: str) -> None:
    page = visit(hostile)
    page.get_by_label("Search").first.fill(text.strip())
    cards = page.locator(".view:visible .card")
    assert text in cards.locator(".instruction").all_text_contents()
    cards.locator(".card-body").first.click()
    assert "prompt" in page.locator("#detail .facts dt").all_text_contents()
    page.reload()
    assert page.get_by_label("Search").first.input_value() == re.sub(r"[\r\n]", "", text.strip())


def test_filters_by_hostile_names_work(visit: Visit, hostile: Path) -> None:
    page = visit(hostile)
    page.get_by_label("Every campaign").first.select_option(TEXTS[1])
    assert page.locator(".view:visible .card").count() == 1


@pytest.mark.parametrize(
    "fragment", [f"#gallery?q={TEXTS[0]}", f"#gallery?t={TEXTS[1]}", f"#{TEXTS[4]}", f"#t={TEXTS[5]}"]
)
def test_a_hostile_address_does_nothing(visit: Visit, hostile: Path, fragment: str) -> None:
    page = visit(hostile, fragment)
    expect(page.locator("h1")).to_be_visible()
