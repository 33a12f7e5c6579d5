"""Orphans: files of shards that a crash or a lost race left, or that were dropped; deleted after a grace period.

A file goes when no shard that stands has it, no younger intent names it, and it was dropped, or told in an intent, that
long ago. A file that nobody ever told of is not ours to delete.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schemas.ports import Blobs, Clock
from streams.dataset import intents, manifests
from streams.dataset.intents import COLLECTING, GRACE_S, INTENTS
from streams.dataset.manifests import IDS, PARQUET, WEBDATASET

ANNOUNCED, YOUNG, FOREIGN = "in the data set", "younger", "no file of NHR's"

Why = Callable[[str], str]
"""Why the file of a key is kept; "" where nobody needs it."""


@dataclass(frozen=True)
class Collected:
    """Files deleted (or, tried out, to be deleted)."""

    keys: tuple[str, ...]


def files(blobs: Blobs) -> Iterator[str]:
    """Every file of a shard, announced or not."""
    for folder in (PARQUET, WEBDATASET, IDS):
        yield from blobs.list(folder)


def why(blobs: Blobs, now: float, grace_s: float = GRACE_S) -> Why:
    """Why each file is kept, at `now` in Unix seconds; intents are read before the manifests that they announce."""
    young, old = set[str](), set[str]()
    for _, intent in intents.told(blobs, INTENTS):
        (old if now - intent.at >= grace_s else young).update(intent.keys)
    state = manifests.read(blobs)
    announced = {file.key for shard in state.shards for file in shard.files}

    def reason(key: str) -> str:
        if key in announced:
            return ANNOUNCED
        if key in young or now - state.dropped.get(key, 0.0) < grace_s:
            return YOUNG
        return "" if key in old or key in state.dropped else FOREIGN

    return reason


def collect(blobs: Blobs, clock: Clock, grace_s: float = GRACE_S, dry_run: bool = False) -> Collected:
    """Delete orphans (with `dry_run`: only say which); raises `UserError` for manifests that cannot be read."""
    began = clock.now()
    found = _orphans(blobs, began, grace_s)
    if dry_run:
        return Collected(found)
    if found:
        mark = intents.tell(blobs, COLLECTING, found, began)
        found = tuple(key for key in _orphans(blobs, began, grace_s) if key in found)
        for at, key in enumerate(found):
            if grace_s and clock.now() - began > grace_s / 2:  # packers do not give way to our mark any more
                return Collected(found[:at])
            blobs.delete(key)
        blobs.delete(mark)
    for folder in (INTENTS, COLLECTING):
        for key, intent in intents.told(blobs, folder):
            if began - intent.at >= grace_s:
                blobs.delete(key)
    return Collected(found)


def _orphans(blobs: Blobs, now: float, grace_s: float) -> tuple[str, ...]:
    kept = why(blobs, now, grace_s)
    return tuple(key for key in files(blobs) if not kept(key))
