"""Blobs in memory, for tests and the simulator."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.blobs import checked, checked_prefix
from schemas.errors import Missing


class MemoryBlobs:
    """Create-only bytes by key; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> bool:
        """Store `data` unless `key` already stands; says whether this call created it."""
        with self._lock:
            if checked(key) in self._data:
                return False
            self._data[key] = bytes(data)
            return True

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        """Store each item unless its key stands; gives the keys that this call created."""
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def put_file(self, key: str, path: Path) -> bool:
        """Store the bytes of a local file unless `key` already stands; says whether this call created it."""
        return self.put(key, path.read_bytes())

    def get(self, key: str) -> bytes:
        """The bytes under `key`; raises `Missing`."""
        data = self._data.get(checked(key))
        if data is None:
            raise Missing(key)
        return data

    def fetch(self, key: str, path: Path) -> None:
        """Write the bytes under `key` (raises `Missing`) to a local file."""
        path.write_bytes(self.get(key))

    def has(self, key: str) -> bool:
        """Whether `key` stands."""
        return checked(key) in self._data

    def copy(self, source: str, key: str) -> bool:
        """Create `key` with the bytes of `source` (raises `Missing`) unless it stands."""
        return self.put(key, self.get(source))

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted, as of the call."""
        checked_prefix(prefix)
        with self._lock:
            found = [key for key in self._data if key.startswith(prefix)]
        return iter(sorted(found))

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        with self._lock:
            self._data.pop(checked(key), None)
