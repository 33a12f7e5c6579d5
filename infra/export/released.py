"""The layout the paper's data set was released in.

`<split>/images/NN/<sample>_original.jpg` and `<sample>_edited_Y.jpg`, with one line per triplet in
`<split>/metadata.jsonl`. A sample is a source; NN is a bucket of one hundred by its id; Y numbers its edited images
by content. An inverse goes from an edited image to the original, a composite from one edited image to another.
"""

import json
from collections.abc import Container
from functools import partial
from pathlib import Path

from infra.export.order import Encoding, Told
from infra.export.pictures import ending, exported
from infra.export.spool import Spool
from schemas.messages import ImageRef, Triplet
from schemas.ports import Blobs
from streams.ahead import ahead
from streams.dataset.rows import row
from streams.dataset.tally import Tally

AHEAD = 16
"""Samples encoded ahead of the one being written: bounds memory and keeps the threads busy."""
METADATA = "metadata.jsonl"

Rows = list[dict[str, object]]
Sample = tuple[str, list[Triplet]]
"""A source's id, and its triplets, sorted by id."""


def write(
    blobs: Blobs, spool: Spool, split: str, root: Path, encoding: Encoding, calibrated: Container[str], told: Told,
    threads: int,
) -> tuple[Tally, list[str]]:  # fmt: skip
    """Write a split; gives what is in it, and its files below `root` but the pictures."""
    tally, folder = Tally(), root / split
    (folder / "images").mkdir(parents=True)
    step = partial(_sample, blobs, folder, encoding)
    with (folder / METADATA).open("w", encoding="utf-8", newline="\n") as metadata:
        for (_, triplets), written in ahead(step, spool.by_source(split), threads, AHEAD):
            rows, sizes = written()
            metadata.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
            for triplet in triplets:
                tally.add(row(triplet, calibrated))
            tally.pictures, tally.bytes = tally.pictures + len(sizes), tally.bytes + sum(sizes)
            told(tally.rows, 0)
    return tally, [f"{split}/{METADATA}"]


def _sample(blobs: Blobs, folder: Path, encoding: Encoding, sample: Sample) -> tuple[Rows, list[int]]:
    """Write the images of one source; gives the rows of its triplets, and the images' sizes in bytes."""
    source_id, triplets = sample
    refs = {ref.sha256: ref for triplet in triplets for ref in (triplet.before, triplet.after)}
    names = _file_names(source_id, triplets[0].subject.image.sha256, refs, encoding)
    sizes = []
    for sha256, name in names.items():
        path, picture = folder / name, exported(blobs, refs[sha256], encoding)
        path.parent.mkdir(exist_ok=True)
        sizes.append(path.write_bytes(picture.data))
    return [_row(triplet, names) for triplet in triplets], sizes


def _file_names(source_id: str, original: str, refs: dict[str, ImageRef], encoding: Encoding) -> dict[str, str]:
    start = f"images/{int(source_id[:8], 16) % 100:02d}/{source_id}"
    edited = sorted(set(refs) - {original})
    names = {sha256: f"{start}_edited_{number}" for number, sha256 in enumerate(edited)}
    names |= {original: f"{start}_original"} if original in refs else {}
    return {sha256: f"{name}.{ending(refs[sha256], encoding)}" for sha256, name in names.items()}


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
