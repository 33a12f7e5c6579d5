"""A shelf of any number of triplets that takes no room: records and tiny pictures are made when they are read.

Memory does not grow with the triplets, so what reads such a shelf can be held to its own.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from heapq import merge
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from infra.blobs.memory import MemoryBlobs
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import Missing
from schemas.ports import Blobs, Delivery
from streams import records, shelf

SIDE = 16
"""Pixels of a picture's side."""
PER_SOURCE = 5
SEGMENT = 500
OPERATIONS = ("remove", "recolor", "add", "replace", "style")
STYLES = ("watercolour", "photograph", "etching")
POLICY = "p" * 32
_SPACE = 1 << 128


class LargeShelf:
    """`triplets` triplets, five a source, and with `recorded` four events each: a lost attempt and the accepted one.

    The shelf and the records are read-only; everything else is kept in `over`.
    """

    def __init__(self, triplets: int, recorded: bool = False, over: Blobs | None = None) -> None:
        self.triplets, self._recorded, self._over = triplets, recorded, over or MemoryBlobs()
        self._sources = -(-triplets // PER_SOURCE)
        self._stride = _SPACE // max(1, triplets)

    def get(self, key: str) -> bytes:
        """The bytes under `key`, made now; raises `Missing`."""
        if key.startswith(shelf.TRIPLETS):
            return shelf.record_bytes(self.triplet(self._number(key)))
        if key.startswith((shelf.IMAGES, records.IMAGES)):
            return self._picture(key)
        if key.startswith(records.VERDICTS):
            return self._segment(key)
        return self._over.get(key)

    def has(self, key: str) -> bool:
        """Whether `key` stands."""
        try:
            self.get(key)
        except Missing:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted; the pictures are not listed."""
        mine = chain(self._segments(), map(self.key, range(self.triplets)))
        return merge(self._over.list(prefix), (key for key in mine if key.startswith(prefix)))

    def fetch(self, key: str, path: Path) -> None:
        """Write the bytes under `key` to a file."""
        path.write_bytes(self.get(key))

    def put(self, key: str, data: bytes) -> bool:
        """Store beside the shelf."""
        return self._beside(key).put(key, data)

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        """Store beside the shelf."""
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def put_file(self, key: str, path: Path) -> bool:
        """Store beside the shelf."""
        return self.put(key, path.read_bytes())

    def copy(self, source: str, key: str) -> bool:
        """Store beside the shelf."""
        return self.put(key, self.get(source))

    def delete(self, key: str) -> None:
        """Remove what lies beside the shelf."""
        self._beside(key).delete(key)

    # --- what is on it ------------------------------------------------------------------------------------------------

    def key(self, number: int) -> str:
        """Where the record of a triplet lies; in the order of the numbers."""
        return shelf.triplet_key(f"{number * self._stride:032x}")

    def triplet(self, number: int) -> m.Triplet:
        """The triplet of a number, which is never the neighbour of another of its source."""
        of = self.subject(number % self._sources)
        operation = OPERATIONS[number % len(OPERATIONS)]
        words = f"{operation} the thing {number}"
        after, request_id = self._ref(f"edit {number}"), ids.request_id(of.source_id, words)
        made = m.Edit(
            request_id=request_id, instruction=words, operation=operation, attempt=1,
            seed=ids.attempt_seed(request_id, 1), editor=f"painter@{number % 3}", image_sha256=after.sha256,
            measures={"pixels.flagged": number % 10 / 10},
        )  # fmt: skip
        scores = m.Scores(adherence=4.7 + number % 7 / 25, aesthetics=4.7 + number % 11 / 50)
        return m.Triplet(
            triplet_id=f"{number * self._stride:032x}", kind="forward", policy_id=POLICY, subject=of, instruction=words,
            operation=operation, before=of.image, after=after, scores=scores, checked="none", edits=(made,),
            judge="critic@1",
        )  # fmt: skip

    def subject(self, number: int) -> m.Subject:
        """The source of a number."""
        return m.Subject(
            campaign=f"campaign-{number % 2}", source_id=ids.digest("large", number), prompt_id=f"prompt {number}",
            text=f"a thing in scene {number}", style=STYLES[number % len(STYLES)], seed=number,
            image=self._ref(f"source {number}"), made_by="drawer@1",
        )  # fmt: skip

    def _beside(self, key: str) -> Blobs:
        if key.startswith((shelf.TRIPLETS, shelf.IMAGES, records.VERDICTS, records.IMAGES)):
            raise AssertionError(f"{key}: the shelf is read-only")
        return self._over

    def _number(self, key: str) -> int:
        name = key.rpartition("/")[2].removesuffix(".json")
        number = int(name, 16) // self._stride if re.fullmatch("[0-9a-f]{32}", name) else self.triplets
        if number >= self.triplets or self.key(number) != key:
            raise Missing(key)
        return number

    def _ref(self, name: str) -> m.ImageRef:
        sha = hashlib.sha256(picture(name)).hexdigest()
        return m.ImageRef(key=f"scratch/{sha}.png", sha256=sha, width=SIDE, height=SIDE, format="png")

    # --- pictures, found by their content -----------------------------------------------------------------------------

    def _picture(self, key: str) -> bytes:
        name = key.rpartition("/")[2].partition(".")[0]
        if not re.fullmatch("[0-9a-f]{64}", name):
            raise Missing(key)
        prints, order = self._prints
        at = int(np.searchsorted(prints, np.uint64(int(name[:16], 16)), sorter=order))
        data = picture(self._named(int(order[at]))) if at < len(order) else b""
        if hashlib.sha256(data).hexdigest() != name:
            raise Missing(key)
        return data

    @cached_property
    def _prints(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The first 8 bytes of each picture's SHA-256, and their sorted order: 16 bytes a picture."""
        count = self._sources + self.triplets * (2 if self._recorded else 1)
        digests = (hashlib.sha256(picture(self._named(number))).digest()[:8] for number in range(count))
        found = np.fromiter((int.from_bytes(digest) for digest in digests), np.uint64, count)
        return found, np.argsort(found)

    def _named(self, number: int) -> str:
        if number < self._sources:
            return f"source {number}"
        number -= self._sources
        return f"edit {number}" if number < self.triplets else f"lost {number - self.triplets}"

    # --- records ------------------------------------------------------------------------------------------------------

    def _segments(self) -> Iterator[str]:
        last = 4 * self.triplets if self._recorded else 0
        for first in range(0, last, SEGMENT):
            yield records.segment_key(0, first, min(first + SEGMENT, last) - 1)

    def _segment(self, key: str) -> bytes:
        if key not in set(self._segments()):
            raise Missing(key)
        first, last = (int(number) for number in re.findall(r"\d{6,}", key.rpartition("/")[2]))
        told = ((at, self._event(at)) for at in range(first, last + 1))
        return records.segment(
            [Delivery(topics.VERDICTS.name, 0, at, "", codec.encode(event), {}) for at, event in told]
        )

    def _event(self, at: int) -> m.ScreenVerdict | m.JudgeVerdict:
        kept, attempt = self.triplet(at // 4), at % 4 // 2
        edit, image = kept.edits[0], kept.after if attempt else self._ref(f"lost {at // 4}")
        asked, meter = m.Request(instruction=edit.instruction, operation=edit.operation), m.Meter(seconds=0.2)
        if at % 2 == 0:
            job = m.EditJob(
                job_id=ids.job_id(edit.request_id, "edit", attempt, POLICY), policy_id=POLICY, subject=kept.subject,
                request=asked, request_id=edit.request_id, attempt=attempt,
                seed=ids.attempt_seed(edit.request_id, attempt),
            )  # fmt: skip
            made = m.Candidate(job=job, image=image, made_by=edit.editor)
            return m.ScreenVerdict(job=made, job_id=made.job_id, measures=edit.measures, by="pixels@1", meter=meter)
        judged = m.JudgeJob(
            job_id=ids.job_id(edit.request_id, "judge", attempt, POLICY), policy_id=POLICY, triplet_id=kept.triplet_id,
            subject=kept.subject, kind="forward", request=asked, attempt=attempt, instruction=edit.instruction,
            before=kept.before, after=image,
        )  # fmt: skip
        scores = (kept.scores.adherence, kept.scores.aesthetics) if attempt else (3.1, 4.1)
        return m.JudgeVerdict(
            job=judged, job_id=judged.job_id, adherence=scores[0], aesthetics=scores[1], by="critic@1", meter=meter
        )


@lru_cache(maxsize=256)
def picture(name: str) -> bytes:
    """A PNG file of noise, the same for the same name."""
    noise = hashlib.shake_256(name.encode()).digest(3 * SIDE * SIDE)
    rows = b"".join(b"\0" + noise[at : at + 3 * SIDE] for at in range(0, len(noise), 3 * SIDE))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
