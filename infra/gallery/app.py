"""The gallery as an ASGI application: its pages behind its guards."""

import sqlite3
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.gallery.gallery import Gallery
from infra.gallery.guards import Headers, Hosts, Key, Tokens
from infra.gallery.pages import labelled, labels, lists, live, pictures, triplets
from schemas.errors import NhrError

Pages = Callable[[Gallery], list[Route]]
PAGES: tuple[Pages, ...] = (lists.routes, triplets.routes, live.routes, labels.routes, labelled.routes, pictures.routes)
"""What gives the routes, module by module."""


def app(gallery: Gallery, key: Key | None = None, names: Sequence[str] | None = None) -> ASGIApp:
    """The application; with a `key` only who has its token is let in.

    `names` are host names that it may be asked by, beside those of this machine's loopback; None: any (with a key).
    """
    guards = []
    if names is not None:
        guards.append(Middleware(Hosts, names=names))
    if key is not None:
        guards.append(Middleware(Tokens, key=key))

    def missing(request: Request, _: Exception) -> Response:
        return gallery.page(request, "missing.html", 404, title="Not here", what="page", why="")

    def troubled(request: Request, error: Exception) -> Response:
        return gallery.page(request, "trouble.html", 503, title="Not now", why=str(error))

    pages = Starlette(
        routes=[Route("/healthz", _healthy), *(route for pages in PAGES for route in pages(gallery))],
        middleware=guards,
        exception_handlers={404: missing, sqlite3.Error: troubled, NhrError: troubled, OSError: troubled},
    )
    return Headers(pages)


def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n")
