"""Exports: rows a second of a hundred thousand tiny triplets, and bytes a second of pictures of a megapixel.

`python -m tests.bench.bench_export [TRIPLETS]`; the folder lies in memory or in the page cache, as it was just written.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from infra import images
from infra.blobs.folder import FolderBlobs
from infra.export.exporting import export
from infra.export.order import Dedup, Encoding, Order, Result
from infra.images import encode
from schemas import messages as m
from schemas.ports import Image
from streams import shelf
from tests.large_shelf import LargeShelf

TRIPLETS = 100_000
LARGE, SIDE = 60, 1024
"""Triplets of pictures of a megapixel, and the pictures' side."""


def fill(folder: Path, triplets: int) -> None:
    """Write a large shelf of tiny pictures to a folder."""
    large = LargeShelf(triplets)
    for number in range(triplets):
        one = large.triplet(number)
        keys = [shelf.triplet_key(one.triplet_id), *(key for _, key in shelf.images(one))]
        for key in keys:
            path = folder / key
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(large.get(key))


def fill_large(folder: Path, triplets: int) -> None:
    """Write as many triplets with pictures of a megapixel, lossless, to a folder; a source has one."""
    blobs, chance = FolderBlobs(folder, fsync=False), np.random.default_rng(1)
    small = LargeShelf(triplets)
    for number in range(triplets):
        refs = [_put(blobs, _picture(chance)) for _ in range(2)]
        one = small.triplet(number)
        subject = one.subject.model_copy(update={"image": refs[0], "source_id": f"{number:032x}"})
        one = one.model_copy(update={"subject": subject, "before": refs[0], "after": refs[1]})
        blobs.put(shelf.triplet_key(one.triplet_id), shelf.record_bytes(one))


def _picture(chance: np.random.Generator) -> Image:
    """Shapes under fine noise: it packs about as well as a photograph."""
    coarse = chance.integers(0, 256, (16, 16, 3)).repeat(SIDE // 16, 0).repeat(SIDE // 16, 1)
    return Image(np.clip(coarse + chance.normal(0, 3, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8))


def _put(blobs: FolderBlobs, picture: Image) -> m.ImageRef:
    data = encode(picture)
    ref = images.stored("scratch/x.webp", data)
    ref = ref.model_copy(update={"key": shelf.image_key(ref)})
    blobs.put(ref.key, data)
    return ref


def timed(folder: Path, order: Order) -> tuple[Result, float, float]:
    """Export; gives what was written, seconds that passed, and seconds of processor time."""
    with TemporaryDirectory() as name:
        started, busy = time.perf_counter(), time.process_time()
        result = export(FolderBlobs(folder, fsync=False), Path(name) / "set", order)
        return result, time.perf_counter() - started, time.process_time() - busy


def rows(triplets: int = TRIPLETS) -> Iterator[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    keep = Encoding("keep")
    with TemporaryDirectory() as name:
        fill(Path(name) / "few", 10)
        timed(Path(name) / "few", Order(layout="parquet", encoding=keep))  # imports pyarrow
    with TemporaryDirectory() as name:
        fill(Path(name), triplets)
        for what, order in {
            "Parquet": Order(layout="parquet", encoding=keep),
            "WebDataset": Order(layout="webdataset", encoding=keep),
            "Parquet, near-duplicates looked for": Order(layout="parquet", encoding=keep, dedup=Dedup(True, 4)),
        }.items():
            result, passed, busy = timed(Path(name), order)
            rate = f"{result.rows / passed:,.0f} rows/s ({result.rows / busy:,.0f} of processor time)"
            yield f"export of {triplets:,} records, tiny pictures, {what}", rate
    with TemporaryDirectory() as name:
        fill_large(Path(name), LARGE)
        for what, encoding in {"kept as they are": keep, "made JPEG": Encoding("jpeg")}.items():
            result, passed, _ = timed(Path(name), Order(layout="parquet", encoding=encoding))
            tally = result.tallies["train"]
            rate = f"{tally.bytes / passed / 1e6:,.0f} MB/s, {tally.pictures / passed:,.1f} pictures/s"
            yield f"export, pictures of 1 MP, {what}", rate


def main(triplets: int) -> None:
    """Print the table."""
    for what, measured in rows(triplets):
        sys.stdout.write(f"{what:80} {measured}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIPLETS)
