"""Takes the pictures of report and gallery that the README shows: `python -m tests.browser.screenshots nhr-data/demo`.

The folder is one that `nhr demo` (or `nhr mine`) filled.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image as Pictures
from playwright.sync_api import Browser, Page

from infra.blobs.folder import FolderBlobs
from infra.gallery.watch import of_folder
from infra.report import build
from infra.report.gather import gather
from infra.settings import Settings
from schemas.messages import Triplet
from tests.browser.chromium import launched
from tests.browser.served import served

HERE = Path("infra/report")
GALLERY = Path("infra/gallery/screenshots")
LARGEST = 150_000
"""Bytes of a picture."""
TELLING = """() => {
  const attempts = item => details().requests[details().triplets[item.id].edits[0].request];
  const fates = item => new Set(attempts(item).map(one => one.fate)).size;
  const forward = data.triplets.filter(item => item.kind === "forward" && item.width === item.height);
  return forward.sort((a, b) => fates(b) - fates(a) || order(a.id, b.id))[0].id;
}"""
"""The id of a triplet whose attempts met as many fates as any."""
SEEN = """() => {
  const seen = one => { const box = one.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };
  const loaded = one => one.complete || new Promise(done => { one.onload = one.onerror = done; });
  return Promise.all([...document.images].filter(seen).map(loaded));
}"""
"""Waits for the pictures that are to be seen."""


def dialog(page: Page) -> None:
    """Open a triplet with attempts of many fates."""
    page.goto(f"{page.url.partition('#')[0]}#gallery?t={page.evaluate(TELLING)}")
    page.locator("#detail .attempt img").last.scroll_into_view_if_needed()
    page.locator("#detail").evaluate("dialog => { dialog.scrollTop = 0; }")


def mostly_after(page: Page) -> None:
    """Move the large slider to the left, so that what was edited there is seen."""
    page.locator(".pair.large").focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")


def below_the_head(page: Page) -> None:
    """Scroll the head of the page away."""
    page.evaluate("scrollTo(0, document.querySelector('.tabs').offsetTop)")


def scores(page: Page) -> None:
    """Scroll to the scores and what follows them."""
    page.get_by_role("heading", name="Scores of judged attempts").evaluate(
        "heading => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 90)"
    )


def labelling(page: Page) -> None:
    """Begin to label; nothing is sent."""
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/label/next*")
    for key in ("4", ".", "s"):
        page.keyboard.press(key)


def take(browser: Browser, url: str, size: tuple[int, int], dark: bool, act: Callable[[Page], None] | None) -> bytes:
    """A picture of what is to be seen, as PNG."""
    width, height = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page.goto(url)
    if act:
        act(page)
    page.evaluate(SEEN)
    taken = page.screenshot()
    page.close()
    return taken


def save(taken: bytes, to: Path) -> None:
    """As WebP, as good as fits."""
    for quality in range(88, 20, -4):
        out = io.BytesIO()
        Pictures.open(io.BytesIO(taken)).convert("RGB").save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= LARGEST:
            break
    to.write_bytes(out.getvalue())
    sys.stdout.write(f"{to}: {out.tell():,} bytes, quality {quality}\n")


def main(data: Path) -> None:
    """Take all of them."""
    of_report(data)
    of_gallery(data)


def of_gallery(data: Path) -> None:
    """Those of the gallery: its grid, and a triplet whose attempts met as many fates as any."""
    GALLERY.mkdir(exist_ok=True)
    look = of_folder(data, Settings())
    with (
        TemporaryDirectory() as folder,
        launched() as browser,
        served(FolderBlobs(data), Path(folder), look=look, name=str(data)) as shown,
    ):
        grid, one = f"{shown.url}/?kind=forward&sort=best", f"{shown.url}/triplet/{telling(data)}"
        save(take(browser, grid, (1280, 900), False, None), GALLERY / "gallery.webp")
        save(take(browser, one, (1280, 1000), False, mostly_after), GALLERY / "triplet.webp")
        save(take(browser, f"{shown.url}/label", (1280, 800), False, labelling), GALLERY / "label.webp")


def telling(data: Path) -> str:
    """The id of a square forward triplet whose attempts met as many fates as any."""
    gathered = gather(FolderBlobs(data), 5000, 1)

    def fates(one: Triplet) -> int:
        return len({attempt.fate for attempt in gathered.lineage.attempts(one.edits[0].request_id)})

    square = [one for one in gathered.triplets if one.kind == "forward" and one.after.width == one.after.height]
    return max(sorted(square, key=lambda one: one.triplet_id), key=fates).triplet_id


def of_report(data: Path) -> None:
    """Those of the report."""
    shots = HERE / "screenshots"
    shots.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, launched() as browser:
        url = build(FolderBlobs(data), Path(folder) / "report.html").as_uri()
        save(take(browser, url, (1280, 900), False, None), HERE / "screenshot.webp")
        save(take(browser, url, (1280, 1000), False, dialog), shots / "attempts.webp")
        save(take(browser, f"{url}#numbers", (1280, 1180), True, below_the_head), shots / "numbers.webp")
        save(take(browser, f"{url}#numbers", (1280, 1180), False, scores), shots / "scores.webp")
        save(take(browser, url, (390, 844), False, below_the_head), shots / "phone.webp")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "nhr-data/demo"))
