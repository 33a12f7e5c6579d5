"""The scripted server itself: its faults are what they say, and closing it leaves nothing behind."""

import threading
import time

import httpx2
import pytest

from tests.wire.openai import chat_text
from tests.wire.server import Wire
from tests.wire.traffic import DROP, HANG, RESET, Reply

CHAT = "/v1/chat/completions"
LONG = chat_text("x" * 999)


def test_closing_ends_hanging_handlers_and_leaves_no_thread() -> None:
    before = threading.active_count()
    ended: list[Exception] = []
    with httpx2.Client(timeout=60) as client:

        def ask() -> None:
            try:
                client.post(wire.url + CHAT, json={})
            except httpx2.TransportError as error:
                ended.append(error)

        with Wire() as wire:
            wire.on("chat", HANG)
            threads = [threading.Thread(target=ask) for _ in range(40)]
            for thread in threads:
                thread.start()
            wire.wait(40, "chat")
            started = time.monotonic()
        assert time.monotonic() - started < 20
        for thread in threads:
            thread.join()
    assert len(ended) == 40
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DROP, httpx2.RemoteProtocolError),
        (RESET, httpx2.ReadError),
        (LONG.cut(), httpx2.RemoteProtocolError),
        (LONG.cut("cut_reset"), httpx2.ReadError),
        (LONG.cut("stall"), httpx2.ReadTimeout),
        (HANG, httpx2.ReadTimeout),
    ],
)
def test_each_fault_is_what_it_says(fault: Reply, error: type[Exception]) -> None:
    with Wire() as wire, httpx2.Client(timeout=0.5) as client:
        wire.on("chat", fault)
        with pytest.raises(error):
            client.post(wire.url + CHAT, json={})


def test_connections_are_kept_and_replies_come_in_order() -> None:
    with Wire() as wire, httpx2.Client() as client:
        wire.on("chat", chat_text("a"), chat_text("b"))
        texts = [client.post(wire.url + CHAT, json={}).json()["choices"][0]["message"]["content"] for _ in range(4)]
        assert texts == ["a", "b", "b", "b"]
        assert len({request.port for request in wire.requests("chat")}) == 1


def test_a_route_without_a_script_is_told() -> None:
    with Wire() as wire, httpx2.Client() as client:
        assert client.get(wire.url + "/nowhere").status_code == 404
        with pytest.raises(ValueError, match="no route 'nowhere'"):
            wire.on("nowhere", HANG)
