"""A gallery to ask: over some blobs, its index built, without a server."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from infra.gallery.app import app
from infra.gallery.gallery import Gallery, assembled
from infra.gallery.guards import Key
from infra.gallery.index.following import Following
from infra.gallery.watch import Look, Work
from schemas.ports import Blobs
from tests.unit.report.reading import Page


class Site:
    """A gallery and somebody who asks it."""

    def __init__(self, gallery: Gallery, key: Key | None = None) -> None:
        self.gallery = gallery
        self.client = TestClient(app(gallery, key, None if key else ["testserver"]), raise_server_exceptions=False)
        self._connection: sqlite3.Connection = gallery.index.writer()
        self._following = Following(gallery.blobs, self._connection, gallery.standing, lambda: False)

    def look(self) -> None:
        """Take in what is new."""
        self._following.look()

    def page(self, address: str, status: int = 200) -> Page:
        """A page, whose elements close as they should."""
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def ids(self, address: str) -> list[str]:
        """The ids of the cards of a page, in order."""
        return [value for name, value in self.page(address).attributes if name == "data-id"]

    def links(self, address: str) -> dict[str, str]:
        """Where the page's links of a relation lead."""
        page = self.page(address)
        found = {}
        for (name, href), (also, relation) in zip(page.attributes, page.attributes[1:], strict=False):
            if name == "href" and also == "rel":
                found[relation] = href
        return found

    def close(self) -> None:
        """Close its files."""
        self._connection.close()
        self.gallery.thumbs.close()
        self.gallery.index.close()


@contextmanager
def site(blobs: Blobs, cache: Path, key: Key | None = None, look: Look = Work) -> Iterator[Site]:
    """The gallery of `blobs`, its index complete."""
    found = Site(assembled(blobs, "a place", cache, look), key)
    found.look()
    try:
        yield found
    finally:
        found.close()
