"""A store whose user dies at the n-th write, just before or just after it is done."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.ports import Blobs


class Died(BaseException):
    """The process is gone: nothing may catch this."""


class Dying:
    """Blobs over others, which die at write number `at` (from 0); `after`: it is done all the same."""

    def __init__(self, inner: Blobs, at: int, after: bool) -> None:
        self._inner, self._left, self._after = inner, at, after

    def _writes(self) -> bool:
        """Whether this write is the last."""
        self._left -= 1
        if self._left >= 0:
            return False
        if not self._after or self._left < -1:
            raise Died
        return True

    def put(self, key: str, data: bytes) -> bool:
        last = self._writes()
        created = self._inner.put(key, data)
        if last:
            raise Died
        return created

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(key for key, data in items.items() if self.put(key, data))

    def put_file(self, key: str, path: Path) -> bool:
        last = self._writes()
        created = self._inner.put_file(key, path)
        if last:
            raise Died
        return created

    def delete(self, key: str) -> None:
        last = self._writes()
        self._inner.delete(key)
        if last:
            raise Died

    def get(self, key: str) -> bytes:
        return self._inner.get(key)

    def fetch(self, key: str, path: Path) -> None:
        self._inner.fetch(key, path)

    def has(self, key: str) -> bool:
        return self._inner.has(key)

    def copy(self, source: str, key: str) -> bool:
        return self._inner.copy(source, key)

    def list(self, prefix: str) -> Iterator[str]:
        return self._inner.list(prefix)
