"""Pictures: there, what their name says, decodable, of the size that is recorded; hashed and decoded in threads."""

import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from types import TracebackType
from typing import Self

from infra import images
from infra.verify.findings import Findings, Stage
from schemas.errors import Missing, Reject, UserError
from schemas.messages import ImageRef
from schemas.ports import Blobs
from streams import records, shelf

SHELF = "shelf images"
RECORDS = "record images"
THREADS = 8
AHEAD = 32
"""Pictures under way at once: bounds memory."""


class Pictures:
    """Checks each picture once, however many records name it; remembers their names. `freed`: what others come to."""

    def __init__(self, blobs: Blobs, findings: Findings, fast: bool, freed: str) -> None:
        self._blobs, self._findings, self._fast, self._freed = blobs, findings, fast, freed
        self._seen: set[bytes] = set()
        self._named: set[bytes] = set()
        self._pool = ThreadPoolExecutor(THREADS)
        self._running: deque[Future[tuple[str, str, str] | None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def named(self, ref: ImageRef, triplet_id: str) -> None:
        """A record of the shelf names this picture."""
        digest = bytes.fromhex(ref.sha256)
        claim = digest + f"{ref.width}x{ref.height}.{ref.format}".encode()
        if claim in self._seen:
            return
        self._seen.add(claim)
        self._findings.checked[SHELF] += digest not in self._named
        self._named.add(digest)
        self._run(SHELF, shelf.image_key(ref), ref, f"triplet {triplet_id} names it: ")

    def finish(self) -> None:
        """Wait for what is under way, and count the pictures that nobody named."""
        self._drain(0)
        digests = map(_digest, self._blobs.list(shelf.IMAGES))
        orphans = sum(digest not in self._named for digest in digests if digest)
        if orphans:
            self._findings.notes.append(f"{orphans:,} images on the shelf that no record names ({self._freed})")

    def check_recorded(self, stage: Stage) -> None:
        """The pictures that the records keep, each by its own name."""
        total = sum(1 for _ in self._blobs.list(records.IMAGES))
        with stage("pictures of the records") as told:
            for number, key in enumerate(self._blobs.list(records.IMAGES), 1):
                told(number, total)
                self._findings.checked[RECORDS] += 1
                self._run(RECORDS, key, None, "")
            self._drain(0)

    def _run(self, area: str, key: str, ref: ImageRef | None, named_by: str) -> None:
        self._running.append(self._pool.submit(self._check, area, key, ref, named_by))
        self._drain(AHEAD)

    def _drain(self, left: int) -> None:
        while len(self._running) > left:
            problem = self._running.popleft().result()
            if problem:
                area, line, hint = problem
                self._findings.told(area, f"{line}; {hint}")

    def _check(self, area: str, key: str, ref: ImageRef | None, named_by: str) -> tuple[str, str, str] | None:
        wrong = self._wrong(key, ref)
        return (area, f"{key} {wrong}", named_by + self._remedy(key, ref, wrong)) if wrong else None

    def _wrong(self, key: str, ref: ImageRef | None) -> str:
        """What is wrong with a picture; "" where nothing is."""
        if self._fast:
            return "" if self._blobs.has(key) else "is missing"
        try:
            data = self._blobs.get(key)
            if sha256(data).digest() != _digest(key):
                return "is damaged: its SHA-256 is not its name"
            images.decode(data)
            found = images.stored(key, data)
        except Missing:
            return "is missing"
        except Reject as error:
            return f"cannot be decoded ({error})"
        except UserError as error:
            self._blobs.has(key)  # raises where all of the store is away
            return f"cannot be read ({error})"
        if ref is not None and (found.width, found.height, found.format) != (ref.width, ref.height, ref.format):
            told = f"{ref.width} x {ref.height} {ref.format}"
            return f"is {found.width} x {found.height} {found.format}, its record says {told}"
        return ""

    def _remedy(self, key: str, ref: ImageRef | None, wrong: str) -> str:
        other = records.record_image_key(ref) if ref else key.replace(records.IMAGES, shelf.IMAGES)
        if "record says" not in wrong and not self._wrong(other, None):
            return f"copy it from {other}"
        return "restore it from a copy, or retract what names it"


def _digest(key: str) -> bytes:
    """The SHA-256 that a file is called by; nothing for other names."""
    name = key.rpartition("/")[2].partition(".")[0]
    return bytes.fromhex(name) if re.fullmatch("[0-9a-f]{64}", name) else b""
