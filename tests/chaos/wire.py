"""HTTP/1.1 as it is on the wire: whole heads and bodies, and the answer of a server that is too busy."""

import socket

CHUNK = 1 << 16
HEAD_END = b"\r\n\r\n"
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
SLOW_DOWN = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(BUSY)
) + BUSY


class Gone(Exception):
    """The other side closed."""


class Buffered:
    """Reads whole heads and bodies of HTTP/1.1 from a socket."""

    def __init__(self, source: socket.socket) -> None:
        self._source, self._left = source, b""

    def head(self) -> bytes:
        """Up to the empty line; raises `Gone` where there is no more."""
        while (end := self._left.find(HEAD_END)) < 0:
            self._more()
        return self._take(end + len(HEAD_END))

    def body(self, head: bytes) -> bytes:
        """The body that belongs to a head, as it is on the wire."""
        lines = head.lower().split(b"\r\n")
        if lines[0].startswith((b"http/1.1 204", b"http/1.1 304", b"http/1.1 1")):
            return b""
        for line in lines:
            if line.startswith(b"content-length:"):
                return self._exactly(int(line.partition(b":")[2]))
            if line.startswith(b"transfer-encoding:") and b"chunked" in line:
                return self._chunks()
        return b""

    def _chunks(self) -> bytes:
        found = b""
        while True:
            while (end := self._left.find(b"\r\n")) < 0:
                self._more()
            size = int(self._left[:end].partition(b";")[0], 16)
            found += self._exactly(end + 2 + size + 2)
            if not size:
                return found

    def _exactly(self, count: int) -> bytes:
        parts = [self._take(min(count, len(self._left)))]
        missing = count - len(parts[0])
        while missing:
            data = self._source.recv(min(missing, 1 << 20))
            if not data:
                raise Gone
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _take(self, count: int) -> bytes:
        found, self._left = self._left[:count], self._left[count:]
        return found

    def _more(self) -> None:
        data = self._source.recv(CHUNK)
        if not data:
            raise Gone
        self._left += data
