"""Ledgers, and other small documents, as objects of an S3 bucket, with compare-and-set by ETag."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgpack

from infra.ledgers import naming
from infra.runtime.clock import SystemClock
from infra.s3 import Client
from schemas import formats
from schemas.errors import Missing
from schemas.ports import Change, Clock, Saved

FORMAT = 1
KNOWN = 8192
"""Documents whose ETag is remembered: saving another one reads it first."""

ORPHAN_S = 86_400.0
"""Age from which a marker whose document never came is removed; a save takes an hour at the very most."""


class Known(NamedTuple):
    """A document as last seen; `opened` is the version it was last opened with, 0 while it is closed."""

    version: int
    etag: str
    opened: int


NOTHING = Known(0, "", 0)


class S3Ledgers:
    """Documents below `folder`, one object each; any number of processes may write. For any number of threads.

    A document holds its version, so its ETag names that version, and a put with If-Match (the first one with
    If-None-Match) is the compare-and-set.

    An open document has an empty marker object beside it, so that listing the open ones is cheap however many are
    closed. Each opening has a marker of its own, named by the document's name and the version it was opened with. It
    is put before that version is saved and deleted after a later one closed the document. So

    - an open document always has its marker: only that marker's own opening can make it wanted, and it is deleted
      only when the stored document says that this opening is over, or never came about;
    - requests that arrive late do no harm: a deletion hits an opening that is over, a marker that is put once more is
      one too many.

    A crash in between leaves a marker too many. Whoever loads a document that was listed as open, and is not, deletes
    the marker; one whose document never came goes after a day.
    """

    def __init__(self, client: Client, folder: str = "ledgers", clock: Clock | None = None) -> None:
        self._client, self._clock = client, clock or SystemClock()
        self._docs, self._open = f"{folder}/docs/", f"{folder}/open/"
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._listed: dict[str, list[tuple[int, float]]] = {}

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        """Those of `names` that exist, read many at once. Raises `UserError` for what cannot be read."""
        wanted = list(dict.fromkeys(names))
        found = self._client.each(self._load, wanted)
        return {name: saved for name, saved in zip(wanted, found, strict=True) if saved is not None}

    def save(self, changes: Sequence[Change]) -> frozenset[str]:
        """Apply each change whose `expected` version holds, many at once; returns the names of those that lost.

        Where the answer to a save was lost, what stands says whether it was ours. It looks like a conflict only if
        somebody else has saved a later version in that time.
        """
        by_name: dict[str, list[Change]] = {}
        for change in changes:
            by_name.setdefault(change.name, []).append(change)
        won = self._client.each(self._save_all, by_name.values())
        return frozenset(name for name, all_won in zip(by_name, won, strict=True) if not all_won)

    def names(self, state: Literal["open", "closed"]) -> Iterator[str]:
        """Names of open or closed documents, sorted, read page by page: one that changes meanwhile may be either way.

        After a crash a closed document may count as open until it is loaded.
        """
        if state == "open":
            yield from self._open_names()
            return
        still_open = set(self._open_names())
        for one in self._client.scan(self._docs):
            name = naming.name_of(one.key.rpartition("/")[2])
            if name not in still_open:
                yield name

    def count(self, state: Literal["open", "closed"]) -> int:
        """How many documents are open or closed, by their names alone: 1,000 a request."""
        still_open = sum(1 for _ in self._open_names())
        if state == "open":
            return still_open
        return max(0, sum(1 for _ in self._client.scan(self._docs)) - still_open)

    def opened(self) -> tuple[int, float | None]:
        """How many documents are open, and when the one was opened that has been so longest (Unix seconds).

        By the server's clock; one that was opened twice counts by its first marker.
        """
        names, oldest = set[str](), math.inf
        for one in self._client.scan(self._open):
            names.add(one.key.rpartition("/")[2].partition(naming.END)[0])
            oldest = min(oldest, one.modified)
        return len(names), oldest if names else None

    # --- one document -------------------------------------------------------------------------------------------------

    def _load(self, name: str) -> Saved | None:
        known, saved = self._read(name)
        self._mend(name, known)
        return saved

    def _read(self, name: str) -> tuple[Known, Saved | None]:
        try:
            data, etag = self._client.get(self._doc(name))
        except Missing:
            self._forget(name)
            return NOTHING, None
        what = f"document {self._doc(name)}"
        with formats.readable(f"{what} is damaged", "put an earlier version of it back"):
            raw = msgpack.unpackb(data)
            formats.check(what, raw, FORMAT)
            known, saved = Known(raw["version"], etag, raw["opened"]), Saved(raw["data"], raw["version"])
        self._remember(name, known)
        return known, saved

    def _save_all(self, changes: Sequence[Change]) -> bool:
        won = [self._save(change) for change in changes]
        return all(won)

    def _save(self, change: Change) -> bool:
        before = self._seen(change)
        if before.version != change.expected:
            return False
        version = change.expected + 1
        opened = 0 if change.closed else before.opened or version
        if opened == version:
            self._client.put(self._marker(change.name, opened), b"")
        data = msgpack.packb({"format": FORMAT, "version": version, "opened": opened, "data": change.data})
        etag = self._client.put(self._doc(change.name), data, if_none_match=not before.version, if_match=before.etag)
        if etag is None:
            self._lost(change.name, opened)
            return False
        self._remember(change.name, Known(version, etag, opened))
        if before.opened and not opened:
            self._client.delete(self._marker(change.name, before.opened))
        return True

    def _seen(self, change: Change) -> Known:
        """The document as it was last seen, read where that says nothing of the version expected."""
        with self._lock:
            known = self._known.get(change.name, NOTHING)
        return known if known.version >= change.expected else self._read(change.name)[0]

    def _lost(self, name: str, opened: int) -> None:
        """Somebody else saved first: a marker that we put for our version goes, unless theirs needs it."""
        self._forget(name)
        known, _ = self._read(name)
        if opened and _over(known, opened):
            self._client.delete(self._marker(name, opened))

    # --- markers ------------------------------------------------------------------------------------------------------

    def _open_names(self) -> Iterator[str]:
        listed: dict[str, list[tuple[int, float]]] = {}
        self._listed = listed
        for one in self._client.scan(self._open):
            coded, _, opened = one.key.rpartition("/")[2].partition(naming.END)
            name = naming.name_of(coded)
            new = name not in listed
            listed.setdefault(name, []).append((int(opened), one.modified))
            if new:
                yield name

    def _mend(self, name: str, known: Known) -> None:
        """Delete what the last listing found of markers that this document does not need."""
        for opened, put_at in self._listed.pop(name, ()):
            orphan = known.version < opened and self._clock.now() - put_at > ORPHAN_S
            if orphan or _over(known, opened):
                self._client.delete(self._marker(name, opened))

    # --- keys, and what is known --------------------------------------------------------------------------------------

    def _doc(self, name: str) -> str:
        return self._docs + naming.key_of(name)

    def _marker(self, name: str, opened: int) -> str:
        return f"{self._open}{naming.key_of(name)}{naming.END}{opened}"

    def _remember(self, name: str, known: Known) -> None:
        with self._lock:
            self._known[name] = known
            self._known.move_to_end(name)
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._known.pop(name, None)


def _over(known: Known, opened: int) -> bool:
    """Whether the opening of that version is over, or never came about: once it is so, it stays so."""
    return known.version >= opened and known.opened != opened
