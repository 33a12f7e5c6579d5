"""How fast a shelf is packed into shards, against copying the same bytes on the same disk."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from infra.blobs.folder import FolderBlobs
from infra.runtime.clock import SystemClock
from streams import shelf
from streams.dataset.building import FORMATS, Format
from streams.dataset.packing import Options, Packer
from tests.unit.reading import making

TRIPLETS, PICTURE, SHARD = 250, 700_000, 100_000_000
"""Pictures of 1024 x 1024 in WebP without loss take about so many bytes."""
MB = 1e6


def filled(blobs: FolderBlobs) -> int:
    """Put triplets with large pictures on a shelf; gives the bytes of those."""
    rng, size = np.random.default_rng(1), 0
    for number in range(TRIPLETS):
        source, edited = (rng.bytes(PICTURE) for _ in range(2))
        of = making.subject(f"s{number}").model_copy(update={"image": making.ref(source, 1024, 1024)})
        kept = making.triplet(of, making.request(), making.ref(edited, 1024, 1024))
        for data in (source, edited):
            blobs.put(shelf.image_key(making.ref(data)), data)
        blobs.put(shelf.triplet_key(kept.triplet_id), shelf.record_bytes(kept))
        size += 2 * PICTURE
    return size


def took(do: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def packed(blobs: FolderBlobs, folder: Path, formats: Sequence[Format]) -> float:
    """Seconds that packing takes; what was packed is removed."""
    work = folder / "work"
    work.mkdir()
    taken = took(Packer(blobs, work, SystemClock(), Options(SHARD, formats)).pack)
    shutil.rmtree(folder / "data" / "packed")
    shutil.rmtree(work)
    return taken


def rows() -> Iterator[tuple[str, str]]:
    """What was measured, and how much."""
    with tempfile.TemporaryDirectory(prefix="nhr-bench-") as name:
        folder = Path(name)
        blobs = FolderBlobs(folder / "data", fsync=False)
        size = filled(blobs) / MB
        packed(blobs, folder, FORMATS)  # what is imported and cached by then is so for all
        copied = size / took(lambda: shutil.copytree(folder / "data" / "shelf", folder / "copy"))
        yield f"copying {TRIPLETS} triplets' files, {size:.0f} MB, MB/s", f"{copied:.0f}"
        for formats in (*((one,) for one in FORMATS), FORMATS):
            speed = size / packed(blobs, folder, formats)
            yield f"packing them as {' and '.join(formats)}, MB/s of pictures", f"{speed:.0f} ({speed / copied:.0%})"


if __name__ == "__main__":
    for what, measured in rows():
        print(f"{what:62} {measured}")
