"""A call ends by its deadline, however little and however often something comes."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.wire.openai import chat_text
from tests.wire.server import Wire
from workers.language.deadline import Deadline


@contextlib.contextmanager
def dripping_heads() -> Iterator[str]:
    """A server that sends one byte of an endless head every 20 ms."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ending = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not ending.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ending.set()
            thread.join()


def test_a_head_that_drips_in_ends_by_the_deadline() -> None:
    transport = Deadline(1)
    with dripping_heads() as url, httpx2.Client(transport=transport, timeout=60) as client:
        started = time.monotonic()
        with pytest.raises(httpx2.ReadTimeout), transport.within(0.4):
            client.post(url, json={})
        assert time.monotonic() - started < 10


def test_a_deadline_that_has_passed_connects_to_nobody(wire: Wire) -> None:
    transport = Deadline(1)
    with httpx2.Client(transport=transport) as client, transport.within(0):
        with pytest.raises(httpx2.ConnectTimeout):
            client.post(wire.url, json={})
        assert wire.requests() == []


def test_outside_of_one_the_clients_own_timeouts_hold(wire: Wire) -> None:
    wire.on("chat", chat_text("x").late(30))
    transport = Deadline(1)
    with httpx2.Client(transport=transport, timeout=0.2) as client:
        with transport.within(60):
            pass
        with pytest.raises(httpx2.ReadTimeout):
            client.post(f"{wire.url}/v1/chat/completions", json={})


def test_each_thread_has_its_own(wire: Wire) -> None:
    wire.on("chat", chat_text("x").late(0.5))
    transport = Deadline(2)
    results: dict[float, object] = {}
    with httpx2.Client(transport=transport, timeout=60) as client:

        def ask(timeout_s: float) -> None:
            try:
                with transport.within(timeout_s):
                    results[timeout_s] = client.post(f"{wire.url}/v1/chat/completions", json={}).status_code
            except httpx2.TransportError as error:
                results[timeout_s] = type(error)

        threads = [threading.Thread(target=ask, args=(timeout_s,)) for timeout_s in (0.1, 60.0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {0.1: httpx2.ReadTimeout, 60.0: 200}
