"""Blobs as objects of an S3 bucket: created by exactly one of all who try, whole or not there."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.blobs import checked, checked_prefix
from infra.s3 import Client
from schemas.errors import Missing


class S3Blobs:
    """Create-only blobs under `prefix` ("" or "folder/") of the client's bucket; for any number of threads.

    Every method raises `UserError` when the server stays away past the deadline, or refuses what is asked.
    """

    def __init__(self, client: Client, prefix: str = "") -> None:
        if prefix and not (prefix.endswith("/") and checked_prefix(prefix)):
            raise ValueError(f"{prefix!r} is no folder: want names, each with a slash after it")
        self._client, self._prefix = client, prefix

    def put(self, key: str, data: bytes) -> bool:
        """Store `data`, durable and whole, unless `key` already stands; says whether this call created it."""
        return self._client.put(self._key(key), data, if_none_match=True) is not None

    def put_all(self, items: Mapping[str, bytes]) -> frozenset[str]:
        """Like `put` for each item, many at once; gives the keys that this call created."""
        for key in items:
            checked(key)
        created = self._client.each(lambda key: self.put(key, items[key]), items)
        return frozenset(key for key, new in zip(items, created, strict=True) if new)

    def put_file(self, key: str, path: Path) -> bool:
        """Store a local file of up to 5 GiB, read as it is sent, unless `key` already stands; says whether it did."""
        return self._client.put(self._key(key), path, if_none_match=True) is not None

    def get(self, key: str) -> bytes:
        """The bytes under `key`, compared with the SHA-256 they were put with; raises `Missing`."""
        try:
            return self._client.get(self._key(key)).data
        except Missing:
            raise Missing(key) from None

    def fetch(self, key: str, path: Path) -> None:
        """Write the bytes under `key` (raises `Missing`) to a local file, compared with their SHA-256 like `get`."""
        try:
            self._client.fetch(self._key(key), path)
        except Missing:
            raise Missing(key) from None

    def has(self, key: str) -> bool:
        """Whether `key` stands."""
        return self._client.head(self._key(key)) is not None

    def copy(self, source: str, key: str) -> bool:
        """Create `key` with the bytes of `source` (raises `Missing`) unless it stands; says whether it created it.

        By the server itself where it copies under a condition, else through this machine (see `Client.copy`): an
        unconditional copy would overwrite, and of many copies to one key all would say that they created it. When an
        answer was lost, two who copy one source to one key may both say so; the bytes are the same.
        """
        try:
            return self._client.copy(self._key(source), self._key(key))
        except Missing:
            raise Missing(source) from None

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, sorted, read page by page; holds one folder below it in memory."""
        found = self._client.scan(self._prefix + checked_prefix(prefix))
        return (one.key.removeprefix(self._prefix) for one in found)

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        self._client.delete(self._key(key))

    def _key(self, key: str) -> str:
        return self._prefix + checked(key)
