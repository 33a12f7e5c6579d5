"""A proxy on loopback that spoils what goes through it: HTTP by requests (before S3), or plain TCP (before Kafka).

`Proxy(...)` runs in threads of this process. As a process of its own it is told faults as lines of JSON, answers each
with what it has injected so far, and ends when its input does:

    python -m tests.chaos.proxy http://127.0.0.1:8333 --delay-s 0.03
    {"unavailable": 0.1, "hang": 0.05}
"""

import argparse
import dataclasses
import json
import random
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from tests.chaos.wire import CHUNK, SLOW_DOWN, Buffered, Gone

HOST = "127.0.0.1"
UPSTREAM_S = 60.0
RESETS = ("reset request", "lost answer", "reset answer")


@dataclass(frozen=True)
class Faults:
    """Shares of requests (in plain TCP: of chunks), each met by at most one of them; `delay_s` is for every one.

    `unavailable`: 503, the server hears nothing. `hang`: no answer while this lasts; then the server hears of it after
    all, though whoever asked may be gone. `reset`: the connection is reset in the middle of the request, before the
    answer, or in the middle of it. `down`: every connection is reset and new ones are refused.
    """

    delay_s: float = 0.0
    unavailable: float = 0.0
    hang: float = 0.0
    reset: float = 0.0
    down: bool = False


def free_port() -> int:
    """A port to ask for by number: one that the system chose is another after listening again."""
    with socket.create_server((HOST, 0)) as found:
        number: int = found.getsockname()[1]
        return number


class Proxy:
    """Between clients and `target` (http://HOST:PORT, or HOST:PORT for plain TCP); faults may be set at any time."""

    def __init__(
        self, target: str, seed: int = 0, port: int = 0, faults: Faults | None = None,
        seen: Callable[[bytes], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """`seen` is shown the head of every HTTP request, by many threads."""
        self._http = target.startswith("http://")
        address = urlsplit(target if self._http else f"tcp://{target}")
        assert address.hostname
        assert address.port
        self._target = address.hostname, address.port
        self._faults, self._rng = faults or Faults(), random.Random(seed)
        self._seen = seen
        self._lock = threading.Lock()
        self._injected: Counter[str] = Counter()
        self._changed, self._closed = threading.Event(), False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, port or free_port()), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"{HOST}:{self.port}"
        self.endpoint = f"http://{self.address}" if self._http else self.address
        self._up = threading.Event()
        self._up.set()
        if self._faults.down:
            self._go_down()
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set(self, **faults: float) -> None:
        """From now on these faults, and no others; what hangs goes on."""
        self._be(Faults(**faults))  # type: ignore[arg-type]

    def calm(self) -> None:
        """No more faults."""
        self._be(Faults())

    def injected(self) -> Counter[str]:
        """What was done so far, by kind."""
        with self._lock:
            return Counter(self._injected)

    def close(self) -> None:
        """End every connection and stop listening."""
        self._closed = True
        self._changed.set()
        self._up.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._reset_all()

    # --- faults -------------------------------------------------------------------------------------------------------

    def _be(self, faults: Faults) -> None:
        before, self._faults = self._faults, faults
        changed, self._changed = self._changed, threading.Event()
        changed.set()
        if faults.down and not before.down:
            self._go_down()
        if before.down and not faults.down:
            self._listener.listen(512)
            self._up.set()

    def _go_down(self) -> None:
        """Refuse: a listener that is shut down keeps the port it asked for, and may listen again (Linux)."""
        self._up.clear()
        self._listener.shutdown(socket.SHUT_RD)
        self._reset_all()

    def _reset_all(self) -> None:
        with self._lock:
            found = list(self._open)
            self._injected["down"] += len(found) * (not self._closed)
        for one in found:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _meet(self) -> str:
        """What happens to the next request."""
        faults = self._faults
        with self._lock:
            left = self._rng.random()
            for kind in ("unavailable", "hang", "reset"):
                left -= getattr(faults, kind)
                if left < 0:
                    met = self._rng.choice(RESETS) if kind == "reset" else kind
                    self._injected[met] += 1
                    return met
        return ""

    def _hang(self) -> None:
        """Wait until other faults are set."""
        self._changed.wait()
        if self._closed:
            raise Gone

    # --- connections --------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._closed:
            self._up.wait()
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket()
        with self._lock:
            self._open |= {client, server}
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.settimeout(UPSTREAM_S)
            server.connect(self._target)
            (self._serve_http if self._http else self._serve_tcp)(client, server)
        except (Gone, OSError):
            _reset(client)
        finally:
            with self._lock:
                self._open -= {client, server}
            client.close()
            server.close()

    def _serve_http(self, client: socket.socket, server: socket.socket) -> None:
        ours, theirs = Buffered(client), Buffered(server)
        while not self._faults.down:
            head = ours.head()
            body = ours.body(head)
            self._seen(head)
            if self._faults.delay_s:
                self._changed.wait(self._faults.delay_s)
            fault = self._meet()
            if fault == "unavailable":
                client.sendall(SLOW_DOWN)
                continue
            if fault == "hang":
                self._hang()
            if fault == "reset request":
                server.sendall((head + body)[: len(head) + len(body) // 2 or len(head) // 2])
                raise Gone
            server.sendall(head + body)
            answer = theirs.head()
            content = b"" if head.startswith(b"HEAD ") else theirs.body(answer)
            if fault == "lost answer":
                raise Gone
            if fault == "reset answer":
                client.sendall((answer + content)[: len(answer) + len(content) // 2 or len(answer) // 2])
                raise Gone
            client.sendall(answer + content)

    def _serve_tcp(self, client: socket.socket, server: socket.socket) -> None:
        server.settimeout(None)
        back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        back.start()
        self._pump(client, server)
        back.join()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(CHUNK):
                if self._faults.delay_s:
                    self._changed.wait(self._faults.delay_s)
                fault = self._meet()
                if fault == "hang":
                    self._hang()
                if fault.startswith(("reset", "lost")):
                    _reset(source)
                    _reset(sink)
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except (Gone, OSError):
            _reset(source)
            _reset(sink)


def _reset(one: socket.socket) -> None:
    """Close so that the other side sees a reset, also while another thread reads from it."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)
        one.close()


def main() -> None:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="http://HOST:PORT, or HOST:PORT for plain TCP")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    for field in dataclasses.fields(Faults):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    given = vars(parser.parse_args())
    target, port, seed = given.pop("target"), given.pop("port"), given.pop("seed")
    with Proxy(target, seed, port, Faults(**given)) as proxy:
        print(json.dumps({"endpoint": proxy.endpoint}), flush=True)
        for line in sys.stdin:
            proxy.set(**json.loads(line))
            print(json.dumps(proxy.injected()), flush=True)


if __name__ == "__main__":
    main()
