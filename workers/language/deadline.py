"""A total deadline for HTTP calls: the timeouts of HTTP libraries start anew with every piece that comes.

An answer that drips in, head or body, would otherwise keep a call busy for ever.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import httpcore2
import httpx2

CONNECT_S = 10.0
"""Longest wait for a connection: a server that is there takes one sooner."""


class Deadline(httpx2.HTTPTransport):
    """A transport with room for `most` calls at once, each within what `within` gives its thread.

    It ignores proxies named in the environment; what is asked goes where the options say.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.trust = httpx2.create_ssl_context()
        super().__init__(verify=self.trust)
        self._clock = clock
        self._here = threading.local()
        self._pool = httpcore2.ConnectionPool(  # in place of the one just made, which has no say in the network
            ssl_context=self.trust,
            max_connections=most,
            max_keepalive_connections=most,
            keepalive_expiry=30.0,
            network_backend=_Network(self._left),
        )

    @contextmanager
    def within(self, timeout_s: float) -> Iterator[None]:
        """Around calls of this thread that must end within so many seconds in all."""
        self._here.ends = self._clock() + timeout_s
        try:
            yield
        finally:
            self._here.ends = None

    def _left(self, asked_s: float | None) -> float | None:
        """How long this thread may wait now: what was asked, but not beyond the deadline; 0 when it has passed."""
        ends: float | None = getattr(self._here, "ends", None)
        if ends is None:
            return asked_s
        left = max(0.0, ends - self._clock())
        return left if asked_s is None else min(asked_s, left)


Left = Callable[[float | None], float | None]


class _Network(httpcore2.NetworkBackend):
    """Connections that know the deadline."""

    def __init__(self, left: Left) -> None:
        self._inner, self._left = httpcore2.SyncBackend(), left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._left(CONNECT_S if timeout is None else min(CONNECT_S, timeout))
        if left == 0:
            raise httpcore2.ConnectTimeout("the deadline of the call has passed")
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._left)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step ends by the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream, left: Left) -> None:
        self._inner, self._left = inner, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._left(timeout)
        if left == 0:
            raise httpcore2.ReadTimeout("the answer took longer than its deadline")
        return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._left(timeout)
        if left == 0:
            raise httpcore2.WriteTimeout("sending took longer than its deadline")
        self._inner.write(buffer, left)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._left(timeout)
        if left == 0:
            raise httpcore2.ConnectTimeout("the deadline of the call has passed")
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._left)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
