"""What is sent to the gallery by a form: only from its own pages, small, and read as plain fields."""

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 16_384
MOST_FIELDS = 32
FORM = "application/x-www-form-urlencoded"


class Refused(Exception):
    """What was sent is not taken: an HTTP status and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def fields(request: Request) -> dict[str, str]:
    """The form's fields, the last of each name; raises `Refused`.

    A browser says where a form comes from: by Sec-Fetch-Site, or (without TLS, on another machine) by Origin alone.
    Whoever says neither is no browser of today, and not trusted to carry a cookie.
    """
    if not _is_own(request):
        raise Refused(403, "That was not sent by one of this gallery's own pages.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(415, "That is no form.")
    return _read(await _body(request))


def _is_own(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site is not None
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    return found.scheme in {"http", "https"} and bool(found.netloc) and found.netloc == request.headers.get("host")


async def _body(request: Request) -> bytes:
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > MOST_BYTES:
                raise Refused(413, "That is too long.")
    except ClientDisconnect:
        raise Refused(400, "That was cut short.") from None
    return bytes(data)


def _read(body: bytes) -> dict[str, str]:
    try:
        text = body.decode("ascii")
        return dict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict")
        )
    except ValueError:  # UnicodeDecodeError is one
        raise Refused(400, "That cannot be read as a form.") from None
