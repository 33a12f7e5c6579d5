"""A shelf of thousands of triplets, made in seconds.

`python -m tests.browser.many` measures the page of 5,000 with as many pictures: how long it takes to build, again, to
show its first cards, to filter and to open a triplet.
"""

import io
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image as Pictures
from PIL import ImageDraw

from infra.blobs.memory import MemoryBlobs
from infra.report import build
from schemas import messages as m
from streams.records import Event
from tests.browser.chromium import launched
from tests.unit.reading.making import (
    delivered,
    gate,
    judge,
    put_on_shelf,
    record,
    ref,
    request,
    screen,
    subject,
    triplet,
)

STYLES = ("watercolour", "poster", "photograph", "paper cut", "gouache", "blueprint", "knitted craft")
OPERATIONS = ("remove", "recolor", "add", "replace", "time_of_day", "weather", "texture", "season")
SIZES = ((96, 96), (120, 80), (80, 120), (128, 72))


def shelf_of(sources: int, drawn: int = 60) -> tuple[MemoryBlobs, list[m.Triplet]]:
    """Five triplets of each source: two forward, two inverse, one composite; two attempts at each edit.

    The pictures of `drawn` sources are different ones; those of the others repeat them.
    """
    blobs = MemoryBlobs()
    events: list[Event] = []
    made: list[m.Triplet] = []
    for number in range(sources):
        told, released = _source(blobs, number, number % drawn)
        events += told
        made += released
    record(blobs, delivered(events))
    return blobs, made


def _source(blobs: MemoryBlobs, number: int, look: int) -> tuple[list[Event], list[m.Triplet]]:
    style = STYLES[number % len(STYLES)]
    text = f"{style}: a house and {number % 17} boats by the sea, soft light, view number {number}"
    of = subject(f"scene {number}", f"campaign {number % 3}", style, text)
    of = of.model_copy(update={"image": _picture(blobs, look, 0)})
    events: list[Event] = [gate(of)]
    edits: list[tuple[m.Request, m.ImageRef]] = []
    released: list[m.Triplet] = []
    for turn in (1, 2):
        operation = OPERATIONS[(number + turn) % len(OPERATIONS)]
        asked = request(f"{operation.replace('_', ' ')}: change boat {turn} of view {number}", operation)
        lost, won = (_picture(blobs, look, 2 * turn + attempt) for attempt in (0, 1))
        adherence = 4.7 + number % 31 / 100
        events += [
            screen(of, asked, 0, {"null.soft": 0.9, "pixels.changed": 0.2}, lost),
            judge(of, asked, (3.2, 4.1), 0, reason=f"boat {number % 5} changed too", image=lost),
            screen(of, asked, 1, {"null.soft": 0.9, "pixels.changed": 0.1}, won),
            judge(of, asked, (adherence, 4.8), 1, image=won),
        ]
        edits.append((asked, won))
        released += [
            triplet(of, asked, won, scores=(adherence, 4.8), attempt=1),
            triplet(of, asked, won, "inverse", f"take back boat {turn} of view {number}", "restore", attempt=1),
        ]
    (first, before), second = edits
    both = f"both boats of view {number}"
    released.append(triplet(of, first, before, "composite", both, "composite", attempt=1, second=second))
    put_on_shelf(blobs, *released, data=_data(blobs, *released))
    return events, released


def _picture(blobs: MemoryBlobs, number: int, turn: int) -> m.ImageRef:
    size = SIZES[number % len(SIZES)]
    picture = Pictures.new("RGB", size, (number * 37 % 256, number * 91 % 256, 90 + number % 120))
    ImageDraw.Draw(picture).ellipse((8 * turn, 8, 8 * turn + 30, 38), fill=(250, 40 * turn, number % 256))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=60, method=0)
    image = ref(out.getvalue(), *size)
    blobs.put(image.key, out.getvalue())
    return image


def _data(blobs: MemoryBlobs, *kept: m.Triplet) -> dict[str, bytes]:
    return {image.sha256: blobs.get(image.key) for one in kept for image in (one.subject.image, one.before, one.after)}


FIRST_CARDS = """new Promise(done => {
  const look = () => document.querySelector(".card") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
"""Milliseconds from the start of loading to the first card."""
TIMED = """async (act) => {
  const start = performance.now();
  act();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
FILTER = """() => {
  const operation = document.querySelector("select[name=operation]");
  operation.value = "add";
  operation.dispatchEvent(new Event("change"));
}"""
SEARCH = """() => {
  const search = document.querySelector("input[name=q]");
  search.value = "view 12";
  search.dispatchEvent(new Event("input"));
}"""
OPEN = """() => document.querySelector(".card-body").click()"""


def timed(act: str) -> str:
    """JavaScript that gives how many milliseconds `act` takes until it is painted."""
    return f"({TIMED})({act})"


def measure(sources: int = 1000) -> dict[str, float]:
    """Seconds and megabytes of building a page of that many sources and of using it."""
    blobs, triplets = shelf_of(sources, drawn=sources)
    seen: dict[str, float] = {"triplets": len(triplets)}
    with TemporaryDirectory() as folder, launched() as browser:
        for name in ("build, s", "build again, s"):
            start = time.perf_counter()
            out = build(blobs, Path(folder) / "report.html")
            seen[name] = time.perf_counter() - start
        seen["page, MB"] = out.stat().st_size / 1e6
        seen["pictures"] = len(list((Path(folder) / "report-files").iterdir()))
        page = browser.new_page()
        page.goto(out.as_uri(), wait_until="commit")
        seen["first cards, s"] = page.evaluate(FIRST_CARDS) / 1000
        page.wait_for_load_state("load")
        for name, act in (("filter, s", FILTER), ("search, s", SEARCH), ("open a triplet, s", OPEN)):
            seen[name] = page.evaluate(timed(act)) / 1000
    return seen


if __name__ == "__main__":
    for name, value in measure().items():
        sys.stdout.write(f"{name:18} {value:8.2f}\n")
