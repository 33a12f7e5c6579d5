"""Intents: which files a packer is about to write, told before it writes them, so that what a crash leaves is known.

Format 1. `packed/intents/<unix seconds>-<token>.json` and `packed/collecting/<unix seconds>-<token>.json` are JSON of
``{"format": 1, "at", "keys"}``. What only intents older than the grace period name, and no manifest, nobody will
announce any more. Whoever deletes such files first says so under `collecting`, then looks at the intents again; a
packer looks there after it has told its own. So of the two one at least sees the other, and gives way.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas import formats
from schemas.errors import Missing, UserError
from schemas.ports import Blobs, Clock
from streams.dataset.manifests import FOLDER

INTENTS = f"{FOLDER}intents/"
COLLECTING = f"{FOLDER}collecting/"
FORMAT = 1
GRACE_S = 86_400.0


class Intent(BaseModel):
    """Files that somebody is about to write, or to delete; `at` is since when, in Unix seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    at: float
    keys: tuple[str, ...]


def tell(blobs: Blobs, folder: str, keys: Iterable[str], now: float) -> str:
    """Write an intent, and give its key."""
    intent = Intent(at=now, keys=tuple(keys))
    key = f"{folder}{int(now):010d}-{secrets.token_hex(8)}.json"
    blobs.put(key, intent.model_dump_json().encode())
    return key


def told(blobs: Blobs, folder: str) -> Iterator[tuple[str, Intent]]:
    """Every intent with its key; raises `UserError` for one that cannot be read."""
    for key in blobs.list(folder):
        try:
            data = blobs.get(key)
        except Missing:  # collected meanwhile
            continue
        yield key, formats.parsed(Intent, key, data, FORMAT, "is no intent", "delete it if it is older than a day")


class Intents:
    """What one packer is about to announce, and since when others know."""

    def __init__(self, blobs: Blobs, clock: Clock, grace_s: float) -> None:
        self._blobs, self._clock, self._grace_s = blobs, clock, grace_s
        self._keys: list[str] = []
        self._since = clock.now()

    def declare(self, keys: Iterable[str]) -> None:
        """Tell that these will be written; raises `UserError` while somebody deletes one of them."""
        keys = list(keys)
        if not self._keys:
            self._since = self._clock.now()
        self._keys += keys
        if self._old:
            self._since, keys = self._clock.now(), self._keys
        tell(self._blobs, INTENTS, keys, self._clock.now())
        self._give_way(frozenset(keys))

    def confirm(self) -> None:
        """Before announcing: all that was declared stands, and is others' to see; raises `UserError` else."""
        if not self._old:
            return
        self._since = self._clock.now()
        tell(self._blobs, INTENTS, self._keys, self._since)
        self._give_way(frozenset(self._keys))
        gone = next((key for key in self._keys if not self._blobs.has(key)), None)
        if gone is not None:
            raise UserError(
                f"{gone} was collected before it was announced: packing took longer than its grace",
                "pack again, with a longer --grace or smaller shards",
            )

    def done(self) -> None:
        """All of it is announced, or will never be."""
        self._keys = []

    @property
    def _old(self) -> bool:
        return self._clock.now() - self._since > self._grace_s / 2

    def _give_way(self, keys: frozenset[str]) -> None:
        now = self._clock.now()
        for _, mark in told(self._blobs, COLLECTING):
            if now - mark.at <= self._grace_s / 2 and not keys.isdisjoint(mark.keys):
                raise UserError("files that are to be packed anew are just being collected", "pack again in a minute")
