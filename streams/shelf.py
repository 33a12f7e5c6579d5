"""The shelf: what is kept of every accepted triplet, how it is named, written and read back.

Format 1. `shelf/triplets/<aa>/<triplet_id>.json` is canonical JSON (sorted keys, no spaces, UTF-8, floats as Python's
shortest repr, absent fields and measures that are no number left out) of ``{"format": 1, **Triplet}``. Every image
it names lies at `shelf/images/<aa>/<sha256>.<ext>`. `<aa>` are the first two hex digits of the name. A record is a
function of the triplet alone, so whoever writes it, and however often, writes the same bytes.

What was retracted (streams/retractions.py) stays where it is; `triplets` leaves it out, and with it every reader.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping

from schemas import formats
from schemas.messages import ImageRef, Triplet
from schemas.ports import Blobs
from streams import retractions
from streams.ahead import ahead

FORMAT = 1
TRIPLETS = "shelf/triplets/"
IMAGES = "shelf/images/"
SUFFIXES: Mapping[str, str] = {"webp": "webp", "png": "png", "jpeg": "jpg", "jxl": "jxl"}
"""File name ending of each stored picture format."""


def triplet_key(triplet_id: str) -> str:
    """Where the record of `triplet_id` lies."""
    return f"{TRIPLETS}{triplet_id[:2]}/{triplet_id}.json"


def image_key(ref: ImageRef) -> str:
    """Where the shelf keeps the image, by its content."""
    return f"{IMAGES}{ref.sha256[:2]}/{ref.sha256}.{SUFFIXES[ref.format]}"


def images(triplet: Triplet) -> list[tuple[str, str]]:
    """(where it is now, where the shelf keeps it) of each distinct image the record names, sorted by shelf key.

    A composite names three: its two edited images and the source they came from.
    """
    named = {image_key(ref): ref.key for ref in (triplet.subject.image, triplet.before, triplet.after)}
    return sorted((source, key) for key, source in named.items())


def shelved(triplet: Triplet) -> Triplet:
    """The triplet as the shelf holds it: images point to the shelf, measures that are no number are left out."""
    subject = triplet.subject.model_copy(update={"image": _moved(triplet.subject.image)})
    edits = tuple(edit.model_copy(update={"measures": _numbers(edit.measures)}) for edit in triplet.edits)
    return triplet.model_copy(
        update={
            "subject": subject,
            "before": _moved(triplet.before),
            "after": _moved(triplet.after),
            "measures": _numbers(triplet.measures),
            "edits": edits,
        }
    )


def record_bytes(triplet: Triplet) -> bytes:
    """The triplet's record, byte for byte the same wherever it is made."""
    record = {"format": FORMAT, **shelved(triplet).model_dump(mode="json", exclude_none=True)}
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def triplets(blobs: Blobs) -> Iterator[Triplet]:
    """Every triplet on the shelf that was not retracted, sorted by id; raises `UserError` naming a bad record."""
    taken_back = retractions.load(blobs)
    return (triplet for triplet in all_triplets(blobs) if taken_back.of(triplet) is None)


def all_triplets(blobs: Blobs) -> Iterator[Triplet]:
    """Like `triplets`, a few in memory at a time, with those that were retracted."""
    for key, read in ahead(blobs.get, blobs.list(TRIPLETS)):
        yield parse(key, read())


def read(blobs: Blobs, triplet_id: str) -> Triplet:
    """The triplet of that id, retracted or not; raises `Missing`, or `UserError` for a record it cannot read."""
    key = triplet_key(triplet_id)
    return parse(key, blobs.get(key))


def parse(key: str, data: bytes) -> Triplet:
    """The triplet in a record's bytes, read from `key`; raises `UserError`."""
    return formats.parsed(Triplet, key, data, FORMAT, "is no triplet record", "restore it from a copy or delete it")


def matching(blobs: Blobs, prefix: str) -> Iterator[str]:
    """Ids on the shelf that begin with `prefix`, sorted, retracted or not."""
    for key in blobs.list(f"{TRIPLETS}{prefix[:2]}/{prefix}" if len(prefix) >= 2 else f"{TRIPLETS}{prefix}"):
        yield key.rsplit("/", 1)[1].removesuffix(".json")


def fingerprint(blobs: Blobs) -> list[tuple[str, str]]:
    """Sorted (key, SHA-256 of the bytes) of every record and of the images they name: equal lists, equal shelves.

    Raises `Missing` when a record names an image that is not there.
    """
    prints: dict[str, str] = {}
    for key in blobs.list(TRIPLETS):
        data = blobs.get(key)
        prints[key] = hashlib.sha256(data).hexdigest()
        for _, image in images(parse(key, data)):
            if image not in prints:
                prints[image] = hashlib.sha256(blobs.get(image)).hexdigest()
    return sorted(prints.items())


def _moved(ref: ImageRef) -> ImageRef:
    return ref.model_copy(update={"key": image_key(ref)})


def _numbers(measures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in measures.items() if math.isfinite(value)}
