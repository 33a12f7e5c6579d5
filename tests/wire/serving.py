"""The sockets: one thread a connection, faults as scripted, and an end without delay."""

import contextlib
import socket
import struct
import threading
import time
from contextlib import AbstractContextManager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.wire.traffic import Fault, Reply, Request


class Answering(Protocol):
    """Whoever says what is answered."""

    closing: threading.Event

    def route(self, command: str, path: str) -> tuple[str, dict[str, str]]:
        """The name of a route and what its path names."""

    def answer(self, request: Request) -> Reply:
        """The reply to a request."""

    def counted(self) -> AbstractContextManager[None]:
        """Count a request that is in progress."""


class Server(ThreadingHTTPServer):
    """Threads that are joined when it closes."""

    daemon_threads = False  # server_close() joins them
    request_queue_size = 256

    def __init__(self, wire: Answering) -> None:
        self.wire = wire
        self._open: set[socket.socket] = set()
        self._aborted: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
            aborted = request in self._aborted
            self._aborted.discard(request)
        if aborted:
            request.close()  # no shutdown() before, which would send a FIN
        else:
            super().shutdown_request(request)

    def abort(self, connection: socket.socket) -> None:
        """Make this connection end with a RST."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._guard:
            self._aborted.add(connection)

    def hang_up(self) -> None:
        """Wake the handlers that wait for a client's next request."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what half of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each keep-alive answer costs 40 ms
    server: Server

    def setup(self) -> None:
        super().setup()
        self.wire = self.server.wire

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _handle(self) -> None:
        body = self._read_body()
        route, names = self.wire.route(self.command, urlsplit(self.path).path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        port = self.client_address[1]
        request = Request(route, self.command, self.path, headers, body, names, time.monotonic(), port)
        with self.wire.counted():
            self._send(self.wire.answer(request))

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _handle  # noqa: N815

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, reply: Reply) -> None:
        if reply.fault == "hang":
            self.wire.closing.wait()
        if reply.fault in {"hang", "drop", "reset"}:
            self._leave(reply.fault)
            return
        if reply.delay_s and self.wire.closing.wait(reply.delay_s):
            return
        head = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}", f"Content-Length: {len(reply.body)}"]
        head += [f"{key}: {value}" for key, value in reply.headers.items()]
        start = "\r\n".join([*head, "", ""]).encode()
        if not reply.fault and not reply.drip_s:
            self.wfile.write(start + reply.body)  # one send
            return
        end = len(reply.body) // 2 if reply.fault else len(reply.body)
        step = reply.chunk if reply.drip_s else max(end, 1)
        self.wfile.write(start)
        for at in range(0, end, step):
            self.wfile.write(reply.body[at : min(at + step, end)])
            if self.wire.closing.wait(reply.drip_s):
                return
        if reply.fault == "stall":
            self.wire.closing.wait()
        if reply.fault:
            self._leave(reply.fault)

    def _leave(self, fault: Fault) -> None:
        self.close_connection = True
        if fault in {"reset", "cut_reset"}:
            if fault == "cut_reset":
                self.wire.closing.wait(0.05)  # let the first half be read, not thrown away by the reset
            self.server.abort(self.connection)


def _phrase(status: int) -> str:
    with contextlib.suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Unknown"
