"""The HTTP server of a process, on a thread of its own: /metrics, /healthz (alive?), /readyz (at work?)."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import AF_INET, AF_INET6
from socketserver import TCPServer, ThreadingMixIn
from typing import NamedTuple

from prometheus_client.exposition import choose_encoder

from infra.metrics import Metrics
from infra.telemetry.health import Health
from schemas.errors import UserError

ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]*):(?P<port>\d{1,5})")
LOOPBACK = "127.0.0.1"
CLIENT_S = 10.0
"""A client that is silent for so long is hung up on."""
CLOSING_S = 0.2

log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """An answer to one request."""

    status: HTTPStatus
    body: bytes
    type: str = "text/plain; charset=utf-8"


Page = Callable[[str], Reply]
"""Answers, given what the client accepts."""


def address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; raises `UserError` for anything else."""
    match = ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise UserError(f"{text!r} is no HOST:PORT for metrics", f"give one such as {LOOPBACK}:9464; port 0: any free")
    return match["host"].strip("[]"), int(match["port"])


def named(text: str) -> str:
    """HOST:PORT as somebody typed it: of this machine where only a port is given; raises `UserError` as `address`."""
    where = f"{LOOPBACK}:{text}" if text.isdecimal() else text
    address(where)
    return where


@contextmanager
def served(where: str, meters: Metrics, health: Health, look: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Serve at `where` (HOST:PORT; port 0: any free one) until the end of the block; gives the HOST:PORT it has.

    `look` brings up to date what is not counted but looked at, whenever metrics are asked for. Serves nothing where
    the address is "". Raises `UserError` for one that cannot be had.
    """
    if not where:
        yield ""
        return
    server = _opened(where, {"/metrics": _metrics(meters, look), "/healthz": _said(lambda: health.trouble),
                             "/readyz": _said(lambda: health.unready)})  # fmt: skip
    thread = threading.Thread(target=server.serve_forever, args=(CLOSING_S,), name="http", daemon=True)
    thread.start()
    log.info("metrics: http://%s/metrics", server.where)
    try:
        yield server.where
    finally:
        server.shutdown()
        server.server_close()


def _opened(where: str, pages: dict[str, Page]) -> "_Server":
    host, port = address(where)
    try:
        return _Server(host, port, pages)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(f"metrics cannot be served at {where} ({why})", "give another HOST:PORT") from None


def _metrics(meters: Metrics, look: Callable[[], None]) -> Page:
    def page(accepted: str) -> Reply:
        look()
        encode, type_ = choose_encoder(accepted)
        return Reply(HTTPStatus.OK, encode(meters.registry), type_)

    return page


def _said(trouble: Callable[[], str]) -> Page:
    def page(_accepted: str) -> Reply:
        why = trouble()
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK, f"{why or 'ok'}\n".encode())

    return page


class _Server(ThreadingMixIn, TCPServer):
    """Answers each client on a thread that ends with the process."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, pages: dict[str, Page]) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.pages = pages
        super().__init__((host, port), _Client)
        name = f"[{host}]" if ":" in host else host or "0.0.0.0"  # noqa: S104 - what an empty host means
        self.where = f"{name}:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """A client that hung up is no news."""
        log.debug("a client went away", exc_info=True)


class _Client(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "nhr", ""
    timeout = CLIENT_S

    def do_GET(self) -> None:
        """Answer."""
        self._answer(self._reply())

    def do_HEAD(self) -> None:
        """Answer, without the body."""
        self._answer(self._reply(), with_body=False)

    def _refuse(self) -> None:
        self._answer(Reply(HTTPStatus.METHOD_NOT_ALLOWED, b"only GET and HEAD\n"))
        self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _refuse  # noqa: N815

    def _reply(self) -> Reply:
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            return Reply(HTTPStatus.NOT_FOUND, b"/metrics, /healthz or /readyz\n")
        try:
            return page(self.headers.get("Accept", ""))
        except Exception:
            log.exception("%s could not be told", self.path)
            return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, b"see the log\n")

    def _answer(self, reply: Reply, with_body: bool = True) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Scrapes are no news."""
