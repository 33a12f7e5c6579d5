"""A gallery that is served on this machine, for a browser to open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.gallery.gallery import Gallery, assembled
from infra.gallery.guards import Key
from infra.gallery.serving import Listening, bound, server_of
from infra.gallery.watch import Look, Work
from schemas.ports import Blobs


@dataclass(frozen=True)
class Served:
    """A gallery and where it is, without a slash at the end."""

    gallery: Gallery
    url: str


@contextmanager
def served(
    blobs: Blobs, cache: Path, key: Key | None = None, look: Look = Work, name: str = "harbour scenes"
) -> Iterator[Served]:
    """The gallery of `blobs` on a free port, its index complete and kept up."""
    gallery = assembled(blobs, name, cache, look)
    gallery.keeper.start()
    with bound(Listening(port=0)) as sock:
        server = server_of(gallery, key, None if key else ["127.0.0.1"])
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            assert gallery.standing.complete.wait(60)
            yield Served(gallery, f"http://127.0.0.1:{sock.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
            gallery.keeper.stop()
            gallery.thumbs.close()
            gallery.index.close()
