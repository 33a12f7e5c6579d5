"""What stands before every page: whose host name it is asked by, the token, and the headers of every answer."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN = frozenset({"/healthz"})
"""Asked without a token, and under any name."""
WELCOME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>NHR gallery</title><meta http-equiv="refresh" content="0;url={url}">
<p><a href="{url}">To the gallery</a></p></html>
"""


class Headers:
    """Sets the headers that every answer carries, unless a page has set one of them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)


class Hosts:
    """Refuses names that are not this machine's own: another site's that leads here would be told everything.

    (DNS rebinding: a page from elsewhere whose name has come to mean 127.0.0.1.)
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, frozenset(names) | LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] not in OPEN and _host(scope) not in self._names:
            refusal: Response = PlainTextResponse("This gallery is not called that.\n", 421)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class Key:
    """The token that visitors must know; their browser keeps what is derived from it in a cookie."""

    token: str

    @property
    def cookie(self) -> str:
        """The cookie's name: galleries of one host with different tokens do not log each other out."""
        return f"nhr_gallery_{self._derived('name')[:8]}"

    @property
    def value(self) -> str:
        """What the cookie holds."""
        return self._derived("cookie")

    def opens(self, given: str) -> bool:
        """Whether that is the token; takes as long whatever it is."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def knows(self, given: str) -> bool:
        """Whether that is what the cookie holds."""
        return hmac.compare_digest(given.encode(), self.value.encode())

    def _derived(self, what: str) -> str:
        return hmac.new(self.token.encode(), f"nhr gallery {what}".encode(), hashlib.sha256).hexdigest()


class Tokens:
    """Lets in who has the token: as `?token=`, which is turned into a cookie, or as a bearer."""

    def __init__(self, app: ASGIApp, key: Key) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.query_params.get("token", "")
        if given and self._key.opens(given):
            await self._welcome(request)(scope, receive, send)
        elif self._key.knows(request.cookies.get(self._key.cookie, "")) or self._key.opens(_bearer(request)):
            await self._app(scope, receive, send)
        else:
            text = "This gallery wants its token: open the address it printed when it started (…/?token=…).\n"
            await PlainTextResponse(text, 401)(scope, receive, send)

    def _welcome(self, request: Request) -> Response:
        """Keep the cookie and lead on without the token in the address.

        By a page, not by a redirect: coming from another site, a redirect would not carry a strict cookie.
        """
        rest = urlencode([(name, value) for name, value in parse_qsl(request.url.query) if name != "token"])
        path = f"/{quote(request.scope['path'].lstrip('/'))}" + (f"?{rest}" if rest else "")
        answer = HTMLResponse(WELCOME.format(url=_escaped(path)), headers={"Cache-Control": "no-store"})
        answer.set_cookie(self._key.cookie, self._key.value, httponly=True, samesite="strict", path="/")
        return answer


def _host(scope: Scope) -> str:
    """The name that the request was sent to, without its port; "" for none or a malformed one."""
    try:
        return urlsplit(f"//{HTTPConnection(scope).headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _bearer(request: Request) -> str:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
