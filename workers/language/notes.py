"""Notes of what was sent in batches, create-only: whoever has a job next finds the batch that its questions are in."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.errors import Missing
from schemas.ids import digest
from schemas.ports import Blobs

KEPT_S = 14 * 86400.0
"""Seconds after which nobody waits for a batch any more: services work at one for two days at most."""
VOID = ".void"


@dataclass(frozen=True)
class Note:
    """A batch, the questions in it that are not void, and when it was noted (Unix time)."""

    name: str
    keys: frozenset[str]
    at: float


class Notes:
    """The notes of one plug-in and its options, under a folder of a store (None: in this process alone)."""

    def __init__(self, store: Blobs | None, folder: str) -> None:
        self._store, self._folder = store, folder
        self._read: set[str] = set()
        self._by_key: dict[str, Note] = {}
        self._voids: dict[str, int] = {}

    def find(self, key: str) -> Note | None:
        """The batch that a question was sent in and is not void in, by whomever."""
        if key not in self._by_key:
            self._learn()
        return self._by_key.get(key)

    def add(self, keys: frozenset[str], at: float) -> Note:
        """Note a batch before it is sent; its name tells it from those that the same questions are void in."""
        name = "nhr-" + digest(*sorted(f"{key} {self._voids.get(key, 0)}" for key in keys))
        self._put(name, {"at": at, "keys": sorted(keys)})
        note = Note(name, keys, at)
        self._read.add(name)
        self._by_key.update(dict.fromkeys(keys, note))
        self._sweep(at)
        return note

    def void(self, name: str, keys: Iterable[str]) -> None:
        """Note that questions of a batch are to be asked again."""
        self._put(name + VOID, {"keys": sorted(keys)})
        self._forget(name, keys)

    def _forget(self, name: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._voids[key] = self._voids.get(key, 0) + 1
            if key in self._by_key and self._by_key[key].name == name:
                del self._by_key[key]

    def _learn(self) -> None:
        """Read the notes that are new: which questions are void where, then the batches from the oldest on."""
        if self._store is None:
            return
        names = [path.removeprefix(self._folder) for path in self._store.list(self._folder)]
        told = {name: self._get(self._store, name) for name in names if name not in self._read}
        self._read.update(told)
        void = {name.removesuffix(VOID): _keys(note) for name, note in told.items() if name.endswith(VOID)}
        for name, keys in void.items():
            self._forget(name, keys)
        for name, note in sorted(told.items(), key=lambda one: _at(one[1])):
            if not name.endswith(VOID):
                alive = Note(name, _keys(note) - void.get(name, frozenset()), _at(note))
                self._by_key.update(dict.fromkeys(alive.keys, alive))

    def _sweep(self, now: float) -> None:
        """Remove notes that are of no use any more."""
        old = {note.name for note in self._by_key.values() if now - note.at > KEPT_S}
        self._by_key = {key: note for key, note in self._by_key.items() if note.name not in old}
        if self._store is not None:
            for name in old:
                self._store.delete(self._folder + name)
                self._store.delete(self._folder + name + VOID)

    def _put(self, name: str, told: Mapping[str, Any]) -> None:
        self._read.add(name)
        if self._store is not None:
            self._store.put(self._folder + name, json.dumps(told).encode())

    def _get(self, store: Blobs, name: str) -> dict[str, Any]:
        try:
            found = json.loads(store.get(self._folder + name))
        except (Missing, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _keys(told: Mapping[str, Any]) -> frozenset[str]:
    keys = told.get("keys")
    return frozenset(map(str, keys)) if isinstance(keys, list) else frozenset()


def _at(told: Mapping[str, Any]) -> float:
    at = told.get("at")
    return float(at) if isinstance(at, int | float) else 0.0
