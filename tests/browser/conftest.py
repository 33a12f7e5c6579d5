"""A browser for the whole package, pages to look at in it, and a watch on what goes wrong in them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, ViewportSize, expect

from infra.report import build
from tests.browser.chromium import MISSING, find, launched
from tests.unit.report.scenes import Campaign


class Visit(Protocol):
    """Opens a page."""

    def __call__(
        self,
        path: Path | str,
        fragment: str = "",
        *,
        width: int = 1280,
        dark: bool = False,
        touch: bool = False,
        scripts: bool = True,
    ) -> Page: ...


@pytest.fixture(scope="package")  # not the session: its event loop is in the way of tests that run their own
def browser() -> Iterator[Browser]:
    if find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=20_000)  # of a machine that is busy with other tests
    with launched() as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens pages; at the end none of them may have said, asked or thrown anything."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def asked(dialog: Dialog) -> None:
        troubles.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before it came
            troubles.append(f"not loaded: {request.url[:90]}, {request.failure}")

    def opened(
        path: Path | str,
        fragment: str = "",
        *,
        width: int = 1280,
        dark: bool = False,
        touch: bool = False,
        scripts: bool = True,
    ) -> Page:
        size = ViewportSize(width=width, height=800)
        context = browser.new_context(
            viewport=size, color_scheme="dark" if dark else "light", has_touch=touch, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", asked)
        page.on("requestfailed", failed)
        page.goto(f"{path.as_uri() if isinstance(path, Path) else path}{fragment}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    """Eight scenes: 88 triplets, a page and a half."""
    return Campaign(8, smaller=4)


@pytest.fixture(scope="session")
def report(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `campaign`, as one file."""
    return build(campaign.blobs, tmp_path_factory.mktemp("report") / "report.html", beside=False)


@pytest.fixture(scope="session")
def beside(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `campaign`, with its pictures in a folder."""
    return build(campaign.blobs, tmp_path_factory.mktemp("beside") / "a page.html", beside=True)


def until(page: Page, condition: str) -> None:
    """Wait for a condition in JavaScript; `Page.wait_for_function` would need an eval that the page forbids."""
    page.evaluate(
        f"new Promise((done, late) => {{ setTimeout(() => late(new Error('never: ' + {condition!r})), 10000);"
        f" const look = () => (({condition}) ? done() : requestAnimationFrame(look)); look(); }})"
    )
