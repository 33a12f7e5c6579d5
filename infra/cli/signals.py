"""How a command is ended by signals: the first one drains, a second one ends it at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def draining(stop: threading.Event, abandon: Callable[[], None] = lambda: None) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop`; a second one ends the process, after `abandon`, which loses nothing either."""
    asked = threading.Event()  # not `stop`: what stops by itself is not to be cut short by a first signal

    def drain(number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            abandon()
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.set()
        stop.set()

    before = {number: signal.signal(number, drain) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, as `draining` has it."""
    stop = threading.Event()
    with draining(stop):
        yield stop
