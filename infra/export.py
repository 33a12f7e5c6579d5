"""Export of the shelf in the layout the paper's data set was released in.

`train/images/NN/<sample>_original.jpg` and `<sample>_edited_Y.jpg`, with one line per triplet in
`train/metadata.jsonl`. A sample is a source; NN is a bucket of one hundred by its id; Y numbers its edited images
by content. An inverse goes from an edited image to the original, a composite from one edited image to another.
The same shelf gives the same bytes.
"""

import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from PIL import Image as Pictures

from schemas.errors import Missing, UserError
from schemas.messages import ImageRef, Triplet
from schemas.ports import Blobs
from streams import shelf

MARKER = ".nhr-export.json"
QUALITY = 95
AHEAD = 16
"""Samples encoded ahead of the one being written: bounds memory and keeps the threads busy."""

Progress = Callable[[int, int], None]
"""Told (triplets written, triplets in all) after each sample."""


def export_nhr(blobs: Blobs, out: Path, force: bool = False, progress: Progress | None = None, threads: int = 4) -> int:
    """Write every triplet of the shelf to the new folder `out`; returns how many.

    The folder appears whole or not at all. Raises `UserError` when `out` is in the way: an earlier export is replaced
    with `force`, anything else never.
    """
    out = out.absolute()
    _may_write(out, force)
    partial = out.with_name(f".{out.name}.partial")
    samples = _samples(blobs)
    if not samples:
        raise UserError("the shelf is empty, there is nothing to export", "mine some triplets first: `nhr mine`")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        total = _write(blobs, samples, partial, progress, threads)
        _swap(partial, out)
    except OSError as error:
        raise UserError(f"cannot write the export {out} ({error.strerror or error})", "free space or rights") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return total


def _may_write(out: Path, force: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file", "name a new folder")
    if not any(out.iterdir()):
        return
    if not (out / MARKER).is_file():
        raise UserError(f"{out} is not empty and no earlier export", "name a new folder")
    if not force:
        raise UserError(f"{out} holds an earlier export", "replace it with --force, or name a new folder")


def _samples(blobs: Blobs) -> list[tuple[str, list[str]]]:
    """(source id, its triplets' ids), both sorted: all that is held in memory for the whole shelf."""
    found: dict[str, list[str]] = {}
    for triplet in shelf.triplets(blobs):
        found.setdefault(triplet.subject.source_id, []).append(triplet.triplet_id)
    return sorted(found.items())


def _write(
    blobs: Blobs, samples: list[tuple[str, list[str]]], root: Path, progress: Progress | None, threads: int
) -> int:
    total, done = sum(len(members) for _, members in samples), 0
    (root / "train" / "images").mkdir(parents=True)
    with (
        ThreadPoolExecutor(threads) as pool,
        (root / "train" / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as metadata,
    ):
        for rows in _in_order(pool, lambda sample: _sample(blobs, root, *sample), samples):
            metadata.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            done += len(rows)
            if progress:
                progress(done, total)
    marker = {"format": 1, "layout": "nhr", "triplets": total}
    (root / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
    return total


Rows = list[dict[str, object]]


def _in_order(
    pool: ThreadPoolExecutor,
    step: Callable[[tuple[str, list[str]]], Rows],
    samples: Iterable[tuple[str, list[str]]],
) -> Iterator[Rows]:
    waiting = iter(samples)
    running = [pool.submit(step, sample) for sample in islice(waiting, AHEAD)]
    try:
        while running:
            yield running.pop(0).result()
            running += [pool.submit(step, sample) for sample in islice(waiting, 1)]
    finally:
        for future in running:
            future.cancel()


def _sample(blobs: Blobs, root: Path, source_id: str, members: list[str]) -> Rows:
    """Write the images of one source; returns the rows of its triplets, sorted by id."""
    triplets = [shelf.read(blobs, triplet_id) for triplet_id in sorted(members)]
    refs = {ref.sha256: ref for triplet in triplets for ref in (triplet.before, triplet.after)}
    names = _file_names(source_id, triplets[0].subject.image.sha256, refs)
    for sha256, name in names.items():
        path = root / "train" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_jpeg(blobs, refs[sha256], triplets[0].triplet_id))
    return [_row(triplet, names) for triplet in triplets]


def _file_names(source_id: str, original: str, refs: dict[str, ImageRef]) -> dict[str, str]:
    folder = f"images/{int(source_id[:8], 16) % 100:02d}"
    edited = sorted(set(refs) - {original})
    names = {sha256: f"{folder}/{source_id}_edited_{number}.jpg" for number, sha256 in enumerate(edited)}
    return names | ({original: f"{folder}/{source_id}_original.jpg"} if original in refs else {})


def _row(triplet: Triplet, names: dict[str, str]) -> dict[str, object]:
    return {
        "sample_id": triplet.subject.source_id,
        "source_file_name": names[triplet.before.sha256],
        "edited_file_name": names[triplet.after.sha256],
        "edit_instruction": triplet.instruction,
        "augmented_instructions": [text for _, text in sorted(triplet.texts.items())],
        "category": triplet.operation,
        "style": triplet.subject.style,
        "kind": triplet.kind,
        "img_width": triplet.before.width,
        "img_height": triplet.before.height,
    }


def _jpeg(blobs: Blobs, ref: ImageRef, triplet_id: str) -> bytes:
    """The image as JPEG: quality 95, full colour resolution, since fine colour edges are what an edit changes."""
    try:
        with Pictures.open(io.BytesIO(blobs.get(ref.key))) as picture:
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=QUALITY, subsampling=0)
    except Missing:
        raise UserError(f"triplet {triplet_id}: image {ref.key} is missing", "restore it from a copy") from None
    except (OSError, ValueError) as error:
        raise UserError(f"triplet {triplet_id}: image {ref.key} cannot be read ({error})", "restore it") from None
    return out.getvalue()


def _swap(partial: Path, out: Path) -> None:
    """Put the finished folder in place; an earlier export leaves only once the new one is complete."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
