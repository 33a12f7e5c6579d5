"""Batches on an event loop: what is waited out, what is fatal, what is acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from schemas import topics
from schemas.errors import Retry, UserError
from schemas.ports import Delivery, Outgoing
from streams import turns
from streams.turns import Turns, patiently

LONGEST_S = 60.0
LETTER = Outgoing("out", "k", b"v")


class Steps:
    """A handler that says what it does, settling as told."""

    topic, group, batch, due_s, linger_s, overlaps = topics.VERDICTS, "g", 4, None, 0.0, False

    def __init__(self, did: list[str], hold: int = 0) -> None:
        self._did, self._hold = did, hold
        self.came: list[Delivery] = []

    def start(self) -> None:
        self._did.append("start")

    def begin(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        self._did.append("begin")
        self.came += deliveries
        return list(deliveries)

    def step(self, work: list[Delivery]) -> None:
        self._did.append("step")

    def finish(self, work: list[Delivery]) -> list[Outgoing]:
        self._did.append("finish")
        return [LETTER]

    def settle(self, work: list[Delivery]) -> list[Delivery]:
        self._did.append("settle")
        return work[self._hold :]


class Stream:
    """Notes what is acknowledged."""

    def __init__(self, did: list[str]) -> None:
        self._did = did

    async def ack(self, event: Any) -> None:
        self._did.append(f"ack {event.message.offset}")


def event(offset: int) -> Any:
    message = SimpleNamespace(
        topic="p.nhr.verdicts.v1", partition=3, offset=offset, key=b"k", value=b"v", headers=[("a", b"b")],
        timestamp=12.5,
    )  # fmt: skip
    return SimpleNamespace(message=message)


def turn(handler: Steps, did: list[str], offsets: Sequence[int]) -> None:
    async def send(messages: Sequence[Outgoing]) -> None:
        did.append(f"send {len(messages)}")

    asyncio.run(Turns(handler, send, "p.").take(Stream(did), [event(offset) for offset in offsets]))


def waits(failures: list[BaseException]) -> tuple[list[float], list[BaseException], int]:
    """How long it paused between tries, what was fatal, how often it tried, when these errors come one by one."""
    paused: list[float] = []
    fatal: list[BaseException] = []
    tries = 0

    async def take() -> None:
        nonlocal tries
        tries += 1
        if failures:
            raise failures.pop(0)

    async def sleep(pause: float) -> None:
        paused.append(pause)

    asyncio.run(patiently("g", take, fatal.append, LONGEST_S, sleep))
    return paused, fatal, tries


def test_outputs_go_before_state_and_state_before_the_acknowledgement() -> None:
    did: list[str] = []
    turn(Steps(did), did, [7, 8])
    assert did == ["start", "begin", "step", "finish", "send 1", "settle", "ack 7", "ack 8"]


def test_only_what_is_settled_is_acknowledged() -> None:
    did: list[str] = []
    turn(Steps(did, hold=1), did, [7, 8])
    assert did[-1:] == ["ack 8"]


def test_a_delivery_carries_what_the_brokers_gave_under_its_plain_topic() -> None:
    handler = Steps([])
    turn(handler, [], [7])
    assert handler.came == [Delivery("nhr.verdicts.v1", 3, 7, "k", b"v", {"a": "b"}, 12.5)]


@pytest.mark.parametrize("error", [Retry("busy"), ConnectionResetError(), TimeoutError()])
def test_a_store_that_is_away_is_waited_out(error: Exception) -> None:
    paused, fatal, tries = waits([error, error])
    assert (len(paused), fatal, tries) == (2, [], 3)


def test_each_try_that_is_made_again_is_told_to_whoever_counts() -> None:
    errors, failed = [ConnectionResetError(), TimeoutError()], list[int]()

    async def take() -> None:
        if errors:
            raise errors.pop()

    async def sleep(_seconds: float) -> None:
        """Not at all."""

    asyncio.run(patiently("g", take, lambda _: None, LONGEST_S, sleep, lambda: failed.append(1)))
    assert len(failed) == 2


def test_pauses_grow_to_a_limit() -> None:
    paused, _, _ = waits([Retry("busy") for _ in range(12)])
    assert paused == sorted(paused)
    assert paused[-1] == turns.LONGEST_PAUSE_S


@pytest.mark.parametrize("error", [ValueError("bug"), UserError("disk full"), MemoryError()])
def test_what_waiting_cannot_mend_is_fatal_at_once(error: Exception) -> None:
    assert waits([error]) == ([], [error], 1)


def test_a_try_without_an_end_is_fatal() -> None:
    fatal: list[BaseException] = []

    async def hang() -> None:
        await asyncio.Event().wait()

    asyncio.run(patiently("g", hang, fatal.append, 0.01))
    assert [str(error) for error in fatal] == [f"g: a batch took more than 0 s; {turns.LATE_HINT}"]


def test_kafkas_own_word_on_its_errors_is_heeded() -> None:
    class Away(Exception):
        retriable = True

    assert waits([Away()])[1:] == ([], 2)


def test_nothing_of_a_failed_batch_is_acknowledged() -> None:
    did: list[str] = []

    class Broken(Steps):
        def settle(self, work: list[Delivery]) -> list[Delivery]:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - a bug of any kind
        turn(Broken(did), did, [7])
    assert not [deed for deed in did if deed.startswith("ack")]


def test_a_process_that_dies_of_an_error_says_why_in_a_line_and_runs_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends: list[int] = []
    gone: Callable[[int], None] = ends.append
    monkeypatch.setattr("os._exit", gone)
    turns.die(UserError("the disk is full", "free some space"))
    assert ends == [turns.FATAL_EXIT]
    assert capsys.readouterr().err == "nhr: the disk is full; free some space\n"
