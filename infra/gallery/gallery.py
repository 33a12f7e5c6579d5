"""What every page is given: the place, its index, its thumbnails and the templates."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from infra.gallery.assets import Assets
from infra.gallery.index.background import Keeper
from infra.gallery.index.file import IndexFile, is_damage
from infra.gallery.index.standing import Standing
from infra.gallery.thumbs import Thumbs
from infra.gallery.watch import Look, Watch, Work
from infra.report.page import HERE as REPORT
from infra.report.page import templates
from schemas.ports import Blobs

HERE = Path(__file__).parent
TABS = [("/", "Gallery"), ("/rejected", "Rejected"), ("/live", "Live"), ("/label", "Label")]


@dataclass
class Gallery:
    """A place that is shown. `tabs` (address, title) are the parts that the pages lead to."""

    blobs: Blobs
    name: str
    index: IndexFile
    standing: Standing
    keeper: Keeper
    thumbs: Thumbs
    assets: Assets
    watch: Watch
    tabs: list[tuple[str, str]]
    templates: Environment

    @contextmanager
    def asked(self) -> Iterator[sqlite3.Connection]:
        """The index, to be read; one found damaged is built anew, and what raised goes on to the page."""
        try:
            with self.index.read() as connection:
                yield connection
        except sqlite3.Error as error:
            if is_damage(error):
                self.keeper.damaged()
            raise

    def page(self, request: Request, template: str, status: int = 200, **texts: object) -> HTMLResponse:
        """A page of the gallery."""
        shared = {"gallery": self, "standing": self.standing, "assets": self.assets, "here": request.url.path}
        html = self.templates.get_template(template).render(**shared, **texts)
        return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def assembled(blobs: Blobs, name: str, cache: Path, look: Look = Work) -> Gallery:
    """The gallery of a place, its index and thumbnails in the folder `cache`; raises `UserError`.

    `look` tells how the work there stands.
    """
    index, standing = IndexFile(cache / "gallery.sqlite"), Standing()
    return Gallery(
        blobs, name, index, standing, Keeper(blobs, index, standing), Thumbs(blobs, cache / "thumbnails.sqlite"),
        Assets(), Watch(look), list(TABS), templates(HERE / "templates", REPORT / "templates"),
    )  # fmt: skip
