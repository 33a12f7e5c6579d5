"""The fault proxy does what it is told, and nothing when it is told nothing."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.chaos.proxy import Proxy

BODY = b"x" * 300_000
SOON_S = 20.0


class Echo(BaseHTTPRequestHandler):
    """Answers with the Host header, the path and what it was sent; notes what it heard."""

    protocol_version = "HTTP/1.1"
    heard: list[bytes]

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.heard.append(self.path.encode() + b" " + sent)  # type: ignore[attr-defined]
        self.send_response(200)
        answer = BODY if self.path == "/large" else f"{self.headers['host']} {self.path} ".encode() + sent
        if self.path == "/chunked":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
            return
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_PUT = do_HEAD = do_GET  # noqa: N815 - names that its base class looks up

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.heard: list[bytes] = []

    def handle_error(self, *_: object) -> None:
        """Connections that the proxy reset are no news."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.shutdown()
        thread.join(SOON_S)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(f"http://127.0.0.1:{server.server_port}") as found:
        yield found


def connected(proxy: Proxy, timeout_s: float = SOON_S) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=timeout_s)


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def until(heard: list[bytes], what: bytes) -> None:
    end = time.monotonic() + SOON_S
    while what not in heard:
        assert time.monotonic() < end, heard
        time.sleep(0.005)


def test_without_faults_everything_passes_on_one_connection(proxy: Proxy) -> None:
    connection = connected(proxy)
    said = f"127.0.0.1:{proxy.port}".encode()
    for _ in range(3):
        assert ask(connection, "GET", "/a") == (200, said + b" /a ")
        assert ask(connection, "PUT", "/b", b"sent") == (200, said + b" /b sent")
        assert ask(connection, "HEAD", "/large") == (200, b"")
        assert ask(connection, "GET", "/large") == (200, BODY)
        assert ask(connection, "PUT", "/c", BODY)[1].endswith(BODY)
        assert ask(connection, "GET", "/chunked") == (200, b"abcde")
        connection_used = connection.sock
    assert connection_used is not None
    assert not proxy.injected()
    connection.close()


def test_it_answers_503_in_the_servers_place_and_keeps_the_connection(proxy: Proxy, server: Server) -> None:
    connection = connected(proxy)
    proxy.set(unavailable=1.0)
    status, body = ask(connection, "PUT", "/a", b"sent")
    assert (status, b"SlowDown" in body, server.heard) == (503, True, [])
    proxy.calm()
    assert ask(connection, "PUT", "/a", b"sent")[0] == 200
    assert proxy.injected() == {"unavailable": 1}
    connection.close()


def test_shares_are_drawn_by_the_seed(server: Server) -> None:
    drawn = []
    for seed in (1, 1, 2):
        with Proxy(f"http://127.0.0.1:{server.server_port}", seed) as proxy:
            proxy.set(unavailable=0.5)
            connection = connected(proxy)
            drawn.append([ask(connection, "GET", "/a")[0] for _ in range(40)])
            connection.close()
    assert drawn[0] == drawn[1] != drawn[2]
    assert {200, 503} == set(drawn[0])


def test_resets_cut_the_request_the_answer_or_its_middle(proxy: Proxy, server: Server) -> None:
    proxy.set(reset=1.0)
    for _ in range(40):
        connection = connected(proxy)
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(connection, "PUT", "/large", BODY)
        connection.close()
    injected = proxy.injected()
    assert set(injected) == {"reset request", "lost answer", "reset answer"}
    end = time.monotonic() + SOON_S
    while len(server.heard) < injected["lost answer"] + injected["reset answer"]:
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_hangs_reaches_the_server_later_though_its_client_is_gone(proxy: Proxy, server: Server) -> None:
    proxy.set(hang=1.0)
    connection = connected(proxy, 0.2)
    with pytest.raises(TimeoutError):
        ask(connection, "PUT", "/late", b"sent")
    connection.close()
    assert server.heard == []
    proxy.calm()
    until(server.heard, b"/late sent")


def test_a_delay_holds_every_request_up(proxy: Proxy) -> None:
    proxy.set(delay_s=0.05)
    connection = connected(proxy)
    started = time.monotonic()
    for _ in range(4):
        assert ask(connection, "GET", "/a")[0] == 200
    assert time.monotonic() - started >= 0.2
    connection.close()


def test_down_cuts_connections_and_refuses_new_ones_until_it_is_up_on_the_same_port(proxy: Proxy) -> None:
    for _ in range(3):
        connection = connected(proxy)
        assert ask(connection, "GET", "/a")[0] == 200
        proxy.set(down=True)
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(connection, "GET", "/a")
        connection.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", proxy.port), SOON_S).close()
        proxy.calm()
        connection = connected(proxy)
        assert ask(connection, "GET", "/a")[0] == 200
        connection.close()


def test_plain_tcp_passes_both_ways_and_can_be_reset() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, Proxy(f"127.0.0.1:{listener.getsockname()[1]}") as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port), SOON_S)
        server, _ = listener.accept()
        client.sendall(b"to")
        assert server.recv(10) == b"to"
        server.sendall(b"fro")
        assert client.recv(10) == b"fro"
        proxy.set(reset=1.0)
        client.sendall(b"more")
        with pytest.raises(ConnectionResetError):
            client.recv(10)
        client.close()
        server.close()


def test_as_a_process_it_is_told_faults_by_lines_and_ends_with_its_input(server: Server) -> None:
    command = [sys.executable, "-m", "tests.chaos.proxy", f"http://127.0.0.1:{server.server_port}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["endpoint"].rpartition(":")[2])
        process.stdin.write('{"unavailable": 1.0}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)
        assert ask(connection, "GET", "/a")[0] == 503
        connection.close()
        process.stdin.close()
        assert process.wait(SOON_S) == 0
