"""A director in a process of its own, as a Faust agent or on the loop, that notes every batch it settled.

python -m tests.chaos.spike_worker HOW SERVERS PREFIX LEDGERS.sqlite NOTES [SLOT]

HOW is "agent" or "loop"; a "broken agent" meets a bug after its first batch, an "agent without a store" has none until
there is a file "store" beside the notes, and a "hanging agent" never comes back from its second batch without one.

A note is one line, written at once after the ledgers are saved and before anything is acknowledged: the monotonic
time, the process id, and partition:offset of each event.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from infra.runtime.tuning import tune
from schemas.errors import Retry
from schemas.ports import Delivery, Handler, Outgoing
from streams.director import Director, Fold
from tests.chaos.campaign import director

BROKERS = "brokers.json"
"""Beside the notes: what else an agent is to know of the brokers, if anything (`Brokers`)."""


class Noted:
    """The director, with notes, and perhaps with a flaw."""

    def __init__(self, inner: Director, notes: Path, flaw: str = "") -> None:
        self._inner, self._flaw, self._folder, self._settled = inner, flaw, notes.parent, 0
        self.topic, self.group, self.batch, self.due_s = inner.topic, inner.group, inner.batch, inner.due_s
        self.linger_s, self.overlaps = inner.linger_s, inner.overlaps
        self._notes = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def start(self) -> None:
        self._inner.start()

    def begin(self, deliveries: Sequence[Delivery]) -> Fold:
        return self._inner.begin(deliveries)

    def step(self, work: Fold) -> None:
        if self._flaw == "hanging" and self._settled and not (self._folder / "store").exists():
            threading.Event().wait()
        self._inner.step(work)

    def finish(self, work: Fold) -> list[Outgoing]:
        return self._inner.finish(work)

    def settle(self, work: Fold) -> Sequence[Delivery]:
        if self._flaw == "broken" and self._settled:
            raise RuntimeError("a bug")
        if self._flaw == "without a store" and not (self._folder / "store").exists():
            raise Retry("the store is away")
        self._settled += 1
        settled = self._inner.settle(work)
        held = " ".join(f"{delivery.partition}:{delivery.offset}" for delivery in settled)
        os.write(self._notes, f"{time.monotonic():.4f} {os.getpid()} {held}\n".encode())
        return settled


def as_agent(
    make: Callable[[Any], Handler[Any]], servers: str, prefix: str, slot: str, data: Path, stop: threading.Event
) -> None:
    """Run the handler as a Faust agent."""
    from streams import app

    told = data.parent / BROKERS
    more = json.loads(told.read_text()) if told.exists() else {}
    brokers = app.Brokers((servers,), prefix, slot=slot, **more)
    app.run(app.handler_app(make, brokers, data), stop)


def on_loop(make: Callable[[Any], Handler[Any]], servers: str, prefix: str, slot: str, stop: threading.Event) -> None:
    """Run the handler on the kafka-python loop."""
    from infra.bus.kafka import KafkaBus
    from infra.metrics import Metrics
    from infra.runtime.loop import Loop
    from infra.settings import Settings

    bus = KafkaBus(Settings(kafka=servers, kafka_prefix=prefix, slot=slot), SystemClock())
    try:
        Loop(make(bus.publish), bus, Metrics(), SystemClock(), stop).run()
    finally:
        bus.close()


def end_with(parent: int) -> None:
    """End at once when whoever started this process is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Work until SIGTERM."""
    end_with(os.getppid())
    how, servers, prefix, store, notes, *slot = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    tune()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ledgers = SqliteLedgers(Path(store))

    def make(publish: Any) -> Handler[Any]:
        return Noted(director(ledgers, publish), Path(notes), flaw=how.replace("agent", "").strip())

    if "agent" in how:
        as_agent(make, servers, prefix, slot[0] if slot else "", Path(store).parent / "faust", stop)
    else:
        on_loop(make, servers, prefix, slot[0] if slot else "", stop)


if __name__ == "__main__":
    main()
