"""Before and after under one handle: by mouse, by touch, by keys."""

from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browser.conftest import Visit, until


def clip(pair: Locator) -> str:
    """What is cut off the picture after, as the browser computes it."""
    said: str = pair.locator(".after").evaluate("image => getComputedStyle(image).clipPath")
    return said


def first(page: Page) -> Locator:
    pair = page.locator(".pair").first
    pair.scroll_into_view_if_needed()
    return pair


def point(pair: Locator, share: float) -> tuple[float, float]:
    box = pair.bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def test_a_slider_follows_the_mouse(visit: Visit, report: Path) -> None:
    page = visit(report)
    pair = first(page)
    assert clip(pair) == "inset(0px 0px 0px 50%)"
    page.mouse.move(*point(pair, 0.5))
    page.mouse.down()
    page.mouse.move(*point(pair, 0.75), steps=4)
    expect(pair).to_have_attribute("aria-valuenow", "75")
    page.mouse.up()
    page.mouse.move(*point(pair, 0.1))
    expect(pair).to_have_attribute("aria-valuenow", "75")
    assert clip(pair).startswith("inset(0px 0px 0px 75")


def test_a_click_puts_the_handle_there(visit: Visit, report: Path) -> None:
    page = visit(report)
    pair = first(page)
    page.mouse.click(*point(pair, 0.2))
    expect(pair).to_have_attribute("aria-valuenow", "20")


def test_a_slider_follows_a_finger(visit: Visit, report: Path) -> None:
    page = visit(report, touch=True)
    pair = first(page)
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", point(pair, 0.5))
    for share in (0.4, 0.3, 0.2):
        touch(session, "touchMove", point(pair, share))
    touch(session, "touchEnd")
    expect(pair).to_have_attribute("aria-valuenow", "20")


def test_a_finger_that_moves_up_scrolls_the_page_and_leaves_the_slider(visit: Visit, report: Path) -> None:
    page = visit(report, touch=True)
    pair = first(page)
    session = page.context.new_cdp_session(page)
    x, y = point(pair, 0.3)
    touch(session, "touchStart", (x, y))
    for number in range(1, 9):
        touch(session, "touchMove", (x, y - 25 * number))
    touch(session, "touchEnd")
    until(page, "scrollY > 40")
    expect(pair).to_have_attribute("aria-valuenow", "50")


@pytest.mark.parametrize(
    ("pressed", "at"),
    [
        (["ArrowRight"], 55), (["ArrowLeft", "ArrowLeft"], 40), (["End"], 100), (["Home"], 0),
        (["End", "ArrowUp"], 100), (["PageUp"], 75), (["PageDown", "ArrowDown"], 20),
    ],
)  # fmt: skip
def test_a_slider_obeys_keys(visit: Visit, report: Path, pressed: list[str], at: int) -> None:
    page = visit(report)
    pair = first(page)
    pair.focus()
    for key in pressed:
        page.keyboard.press(key)
    expect(pair).to_have_attribute("aria-valuenow", str(at))
    assert clip(pair) == f"inset(0px 0px 0px {at}%)"
    expect(page.locator(".pager").first.get_by_label("Page", exact=True)).to_have_value("1")


def test_a_held_key_shows_only_the_picture_before(visit: Visit, report: Path) -> None:
    page = visit(report)
    pair = first(page)
    pair.focus()
    page.keyboard.down("Space")
    assert clip(pair) == "inset(0px 0px 0px 100%)"
    page.keyboard.up("Space")
    assert clip(pair) == "inset(0px 0px 0px 50%)"


def test_a_long_press_shows_only_the_picture_before(visit: Visit, report: Path) -> None:
    page = visit(report)
    pair = first(page)
    page.mouse.move(*point(pair, 0.3))
    page.mouse.down()
    expect(pair).to_have_class("pair flipped")
    assert clip(pair) == "inset(0px 0px 0px 100%)"
    page.mouse.up()
    assert clip(pair) == "inset(0px 0px 0px 50%)"


def test_a_slider_says_what_it_is(visit: Visit, report: Path) -> None:
    pair = first(visit(report))
    expect(pair).to_have_attribute("role", "slider")
    expect(pair).to_have_attribute("aria-valuetext", "50 % before, 50 % after")
    assert (pair.get_attribute("aria-label") or "").startswith("Before and after: ")
