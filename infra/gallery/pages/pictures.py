"""Pictures, by content and only those that the index knows and that were not taken back; and the pages' own files."""

import re
import sqlite3

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infra.gallery.gallery import Gallery
from infra.gallery.thumbs import kind_of
from schemas.messages import ImageRef

FOR_EVER = "private, max-age=31536000, immutable"
CLOSED = "default-src 'none'; sandbox; frame-ancestors 'none'"
GONE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><text x="100" y="104" text-anchor="middle" '
    'font-family="sans-serif" font-size="14" fill="#8a867d">no longer kept</text></svg>'
)
"""What is seen in place of a picture that is gone, or that is none."""
_ENDINGS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def routes(gallery: Gallery) -> list[Route]:
    """Those of thumbnails, whole pictures and the pages' own files."""

    def thumbnail(request: Request) -> Response:
        return _picture(gallery, request, small=True)

    def image(request: Request) -> Response:
        return _picture(gallery, request, small=False)

    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        data = gallery.assets.get(name)
        if data is None:
            return _missing("There is no such file.")
        return Response(data, 200, {"Cache-Control": FOR_EVER}, _ENDINGS[name.rpartition(".")[2]])

    def icon(_: Request) -> Response:
        return Response(gallery.assets.get(gallery.assets.icon.rpartition("/")[2]), media_type=_ENDINGS["svg"])

    return [
        Route("/thumb/{sha256}", thumbnail),
        Route("/image/{sha256}", image),
        Route("/assets/{name}", asset),
        Route("/favicon.ico", icon),
    ]


def known(index: sqlite3.Connection, sha256: str) -> ImageRef | None:
    """The picture of that content; None for one of no source that is still shown, or that was taken back itself."""
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        return None
    found = index.execute(
        "SELECT key, format, width, height FROM pictures WHERE sha256 = ? "
        "AND NOT EXISTS (SELECT 1 FROM retractions WHERE target = 'sha256' AND value = ?) "
        "AND NOT EXISTS (SELECT 1 FROM retractions WHERE target = 'source' AND value = source) LIMIT 1",
        (bytes.fromhex(sha256), sha256),
    ).fetchone()
    if found is None:
        return None
    key, kind, width, height = found
    return ImageRef(key=key, sha256=sha256, width=width, height=height, format=kind)


def _picture(gallery: Gallery, request: Request, small: bool) -> Response:
    sha256 = request.path_params["sha256"]
    with gallery.asked() as index:
        ref = known(index, sha256)
    if ref is None:
        return _missing("There is no such picture.")
    tag = f'"{sha256}-{gallery.thumbs.side}"' if small else f'"{sha256}"'
    headers = {"ETag": tag, "Cache-Control": FOR_EVER, "Content-Security-Policy": CLOSED}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    data = gallery.thumbs.thumbnail(ref) if small else gallery.thumbs.whole(ref)
    kind = kind_of(data) if data else ""
    if not data or not kind:
        return Response(GONE, 404, {"Cache-Control": "no-store", "Content-Security-Policy": CLOSED}, "image/svg+xml")
    return Response(data, 200, headers, kind)


def _missing(why: str) -> Response:
    return PlainTextResponse(f"{why}\n", 404, {"Cache-Control": "no-store"})
