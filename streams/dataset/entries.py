"""Triplets on their way into shards: record and pictures read a few ahead, in order, and held against their names."""

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from hashlib import sha256

from schemas.errors import Missing, UserError
from schemas.messages import ImageRef, Triplet
from schemas.ports import Blobs
from streams import shelf
from streams.ahead import ahead
from streams.dataset import identities
from streams.dataset.columns import Picture
from streams.dataset.identities import Ids
from streams.dataset.rows import Row, row
from streams.retractions import Retractions

AHEAD = 16
"""Triplets in memory with their pictures."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A triplet as it goes into a shard; `size` is that of its pictures, in bytes."""

    triplet_id: str
    row: Row
    size: int

    @property
    def told(self) -> bytes:
        """All that decides its bytes in a shard: its values, and its pictures by name, which is their content."""
        named = {name: value.name if isinstance(value, Picture) else value for name, value in self.row.items()}
        return json.dumps(named, sort_keys=True, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Left:
    """A triplet that is left out: taken back (no `trouble`), or not readable."""

    triplet_id: str
    trouble: str = ""


class Entries:
    """Reads triplets of a shelf, leaving out what was taken back."""

    def __init__(self, blobs: Blobs, taken_back: Retractions, calibrated: Container[str]) -> None:
        self._blobs, self._taken_back, self._calibrated = blobs, taken_back, calibrated

    def read(self, ids: Ids, pictures: bool = True) -> Iterator[Entry | Left]:
        """Each of them in order; without `pictures` these are only named, and no bytes are counted.

        Raises `UserError` where the store is away; damage to one triplet is told in its place.
        """
        one = self._whole if pictures else self._named
        for _, told in ahead(one, identities.names(ids), most=AHEAD):
            yield told()

    def _whole(self, triplet_id: str) -> Entry | Left:
        triplet = self._triplet(triplet_id)
        if isinstance(triplet, Left):
            return triplet
        before, after = self._picture(triplet.before), self._picture(triplet.after)
        for found in (before, after):
            if isinstance(found, str):
                return Left(triplet_id, found)
        return self._entry(triplet, before, after)

    def _named(self, triplet_id: str) -> Entry | Left:
        triplet = self._triplet(triplet_id)
        if isinstance(triplet, Left):
            return triplet
        return self._entry(triplet, Picture(b"", _name(triplet.before)), Picture(b"", _name(triplet.after)))

    def _entry(self, triplet: Triplet, before: Picture | str, after: Picture | str) -> Entry:
        told = row(triplet, self._calibrated) | {"source_image": before, "edited_image": after}
        return Entry(
            triplet.triplet_id, told, sum(len(one.data) for one in (before, after) if not isinstance(one, str))
        )

    def _triplet(self, triplet_id: str) -> Triplet | Left:
        key = shelf.triplet_key(triplet_id)
        try:
            data = self._blobs.get(key)
        except Missing:
            return Left(triplet_id, f"{key} is missing")
        try:
            triplet = shelf.parse(key, data)
        except UserError as error:
            return Left(triplet_id, str(error))
        if triplet.triplet_id != triplet_id:
            return Left(triplet_id, f"{key} holds triplet {triplet.triplet_id}")
        return Left(triplet_id) if self._taken_back.of(triplet) else triplet

    def _picture(self, ref: ImageRef) -> Picture | str:
        key = shelf.image_key(ref)
        try:
            data = self._blobs.get(key)
        except Missing:
            return f"{key} is missing"
        if sha256(data).hexdigest() != ref.sha256:
            return f"{key} is damaged: its SHA-256 is not its name"
        return Picture(data, _name(ref))


def _name(ref: ImageRef) -> str:
    return shelf.image_key(ref).rpartition("/")[2]
