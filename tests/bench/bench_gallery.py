"""The gallery over a hundred thousand triplets: how fast its index is built, how soon its pages come.

`python -m tests.bench.bench_gallery [TRIPLETS]`; the pages are asked for in this process, without a network.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient

from infra.blobs.folder import FolderBlobs
from infra.gallery.app import app
from infra.gallery.gallery import Gallery, assembled
from infra.gallery.index.following import Following
from tests.bench.gallery_shelf import COLOURS, KINDS, NOUNS, OPERATIONS, STYLES, fill, into

TRIPLETS = 100_000
TURNS = 40
"""Times that each kind of page is asked for."""


@contextmanager
def opened(folder: Path) -> Iterator[Gallery]:
    """The gallery of a folder, its index not kept up."""
    gallery = assembled(FolderBlobs(folder, fsync=False), "bench", folder / "cache")
    try:
        yield gallery
    finally:
        gallery.thumbs.close()
        gallery.index.close()


def build(gallery: Gallery) -> list[tuple[float, float]]:
    """Build the index, then look again; gives (seconds that passed, seconds of processor time) of each."""
    spent = []
    connection = gallery.index.writer()
    following = Following(gallery.blobs, connection, gallery.standing, lambda: False)
    for _ in range(2):
        started, busy = time.perf_counter(), time.process_time()
        following.look()
        spent.append((time.perf_counter() - started, time.process_time() - busy))
    connection.close()
    return spent


def addresses(gallery: Gallery, chance: random.Random) -> dict[str, list[str]]:
    """Addresses of each kind of page, some of each."""
    with gallery.index.read() as index:
        ids = [name for (name,) in index.execute("SELECT id FROM triplets ORDER BY random() LIMIT ?", (TURNS,))]
        deep = index.execute("SELECT at, number FROM triplets ORDER BY random() LIMIT ?", (TURNS,)).fetchall()
        lost = [name for (name,) in index.execute("SELECT id FROM rejected ORDER BY random() LIMIT ?", (TURNS,))]
    pick, times = chance.choice, range(TURNS)
    return {
        "newest": ["/"] * TURNS,
        "deep in the list": [f"/?after={at!r},{number}" for at, number in deep],
        "best first": ["/?sort=best"] * TURNS,
        "operation": [f"/?operation={pick(OPERATIONS)}" for _ in times],
        "operation, style, kind": [
            f"/?operation={pick(OPERATIONS)}&style={pick(STYLES)}&kind={pick(KINDS)}" for _ in times
        ],
        "model, best first": ["/?model=simulated&sort=best"] * TURNS,
        "score range": [f"/?min={4.7 + 0.005 * turn:.3f}&max={4.705 + 0.005 * turn:.3f}" for turn in times],
        "adherence from 4.99": ["/?score=adherence&min=4.99"] * TURNS,
        "a word": [f"/?q={pick(NOUNS)}" for _ in times],
        "words, filter, best first": [
            f"/?q={pick(COLOURS)}+{pick(NOUNS)}&kind={pick(KINDS)}&sort=best" for _ in times
        ],
        "a word of every triplet": ["/?q=view"] * TURNS,
        "a rare word": [f"/?q=view+{chance.randrange(20_000)}" for _ in times],
        "Chinese": ["/?q=红色"] * TURNS,
        "an id": [f"/?q={name[:10]}" for name in ids],
        "a triplet": [f"/triplet/{name}?sort=best" for name in ids],
        "rejected": ["/rejected"] * TURNS,
        "rejected, stage, a word": [f"/rejected?stage=hard&q={pick(NOUNS)}" for _ in times],
        "a rejected attempt": [f"/rejected/{name}" for name in lost],
        "live": ["/live"] * TURNS,
    }  # fmt: skip


def asked(gallery: Gallery) -> dict[str, list[tuple[float, float]]]:
    """Seconds until each page was there, and of processor time that it took, by kind."""
    client = TestClient(app(gallery, None, ["testserver"]))
    found = dict[str, list[tuple[float, float]]]()
    for kind, pages in addresses(gallery, random.Random(2)).items():
        for page in pages:
            started, busy = time.perf_counter(), time.process_time()
            answer = client.get(page)
            found.setdefault(kind, []).append((time.perf_counter() - started, time.process_time() - busy))
            assert answer.status_code == 200, (page, answer.status_code)
    return found


def told(times: Sequence[tuple[float, float]]) -> str:
    """Percentiles of both."""

    def within(share: float, which: int) -> float:
        return 1000 * sorted(one[which] for one in times)[min(len(times) - 1, int(share * len(times)))]

    waited = f"p50 {within(0.5, 0):.0f} ms, p95 {within(0.95, 0):.0f} ms"
    return f"{waited} (processor: p50 {within(0.5, 1):.0f} ms, p95 {within(0.95, 1):.0f} ms)"


def rows(triplets: int = TRIPLETS) -> Iterator[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        events = fill(into(folder), triplets)
        with opened(folder) as gallery:
            (first, worked), (again, _) = build(gallery)
            size = sum(path.stat().st_size for path in (folder / "cache").iterdir())
            times = asked(gallery)
    records, what = triplets + events, f"{triplets:,} triplets and {events:,} verdicts"
    yield f"gallery, index of {what}", f"{records / first:,.0f} records/s ({records / worked:,.0f} of processor time)"
    yield "gallery, a look that finds nothing new", f"{again * 1000:,.0f} ms"
    yield "gallery, size of the index", f"{size / 1e6:,.0f} MB"
    for kind, seen in times.items():
        yield f"gallery, page: {kind}", told(seen)
    yield "gallery, all these pages", told([one for seen in times.values() for one in seen])


def main(triplets: int) -> None:
    """Print the table."""
    for what, measured in rows(triplets):
        sys.stdout.write(f"{what:48} {measured}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIPLETS)
