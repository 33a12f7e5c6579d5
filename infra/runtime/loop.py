"""The loop: poll -> begin -> step -> finish -> publish -> settle -> acknowledge, for every handler alike.

A handler may hold deliveries back over many batches: their leases are kept until it names them as done. It may rest,
and it may want a turn although nothing new has come: then it gets an empty batch.

Handlers that overlap have their step on a thread of its own, which owns the model, and finish and publish on another,
so the model never waits for I/O; polling, fetching and acknowledging stay on the loop's own thread. A batch cut short
by a crash at any point is delivered again.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, NamedTuple

from infra.metrics import Metrics
from infra.runtime.metered import waited
from infra.telemetry.health import STEP_S, Health, Pulse
from schemas import metrics, topics
from schemas.ports import Bus, Clock, Delivery, Handler

IN_HAND = 4  # one being fetched, one waiting for the model, one in the model, one being stored
IDLE_POLL_S = 0.25
BUSY_POLL_S = 0.02
KEEP_EVERY_S = 0.3  # three times in the shortest lease that may be set
NOT_JOINED, NOT_LOADED = "has not joined its group yet", "loads its model"
TELL_EVERY_S = 1.0
LEAVING_S = 30.0  # most seconds to finish what is in hand when some of it is about to go to another member


class Hand(NamedTuple):
    """A batch in hand."""

    deliveries: Sequence[Delivery]
    work: Any


class Loop:
    """Runs one handler as a member of its group, until `stop` is set: then what is in hand is finished.

    While it is `paused` it takes nothing new and asks nothing again, but goes on holding what it holds.
    """

    def __init__(
        self, handler: Handler[Any], bus: Bus, meters: Metrics, clock: Clock, stop: threading.Event,
        paused: Callable[[], bool] = lambda: False, health: Health | None = None,
    ) -> None:  # fmt: skip
        self.handler, self.group, self._paused = handler, handler.group, paused
        self._bus, self._meters, self._clock, self._stop = bus, meters, clock, stop
        self._stepping: Queue[Hand | None] = Queue()
        self._finishing: Queue[Hand | None] = Queue()
        self._done: Queue[Sequence[Delivery]] = Queue()
        self._failures: list[BaseException] = []
        self._in_hand = 0
        self._keep_at = 0.0
        self._health = health or Health(clock, stop)
        self._pulse = self._steps = self._finishes = self._health.pulse(self.group, NOT_JOINED)

    def run(self) -> None:
        """Work until `stop` is set; raises what a handler or a store raised, with nothing more acknowledged."""
        try:
            self._subscription = self._bus.subscribe(self.handler.topic.name, self.group, self._finish_soon)
            try:
                if self.handler.overlaps:
                    self._run_overlapped()
                else:
                    self._run_inline()
            finally:
                self._subscription.close()
        finally:
            self._health.over(self._pulse, self._steps, self._finishes)

    def _turned(self) -> None:
        self._pulse.turned()
        if self._pulse.lacks and self._subscription.joined:
            self._pulse.lacks = ""

    # --- in line ------------------------------------------------------------------------------------------------------

    def _run_inline(self) -> None:
        with self._pulse.within():
            self.handler.start()
        while not self._stop.is_set():
            self._turned()
            hand = self._next_hand(IDLE_POLL_S)
            if hand is not None:
                self._step(hand)
                self._subscription.ack(self._finish(hand))
            self._keep()

    def _next_hand(self, timeout_s: float, idle: bool = True) -> Hand | None:
        """What to do next: a batch, an empty one for an idle handler that is due, or nothing just now."""
        if self._paused():
            self._stop.wait(timeout_s)
            return None
        limit, due_s = self.handler.batch, self.handler.due_s if idle else None
        left_s = timeout_s if due_s is None else min(timeout_s, max(0.0, due_s - self._clock.monotonic()))
        deliveries = self._gather(limit, left_s) if limit else []
        waited(deliveries, self.group, self._meters, self._clock)
        if not limit and left_s:
            self._stop.wait(left_s)
        if deliveries or (due_s is not None and self._clock.monotonic() >= due_s):
            return Hand(deliveries, self.handler.begin(deliveries))
        return None

    def _gather(self, limit: int, timeout_s: float) -> list[Delivery]:
        """A batch: what is there, and what else comes within the handler's linger."""
        deliveries = self._subscription.poll(limit, timeout_s)
        if not deliveries or not self.handler.linger_s:
            return deliveries
        until = self._clock.monotonic() + self.handler.linger_s
        while len(deliveries) < limit and not self._stop.is_set():
            left = until - self._clock.monotonic()
            if left <= 0:
                break
            self._subscription.keep()
            deliveries += self._subscription.poll(limit - len(deliveries), min(left, IDLE_POLL_S))
        return deliveries

    def _keep(self) -> None:
        """Renew the leases of all that is in hand or held, now and then."""
        now = self._clock.monotonic()
        if now >= self._keep_at:
            self._subscription.keep()
            self._keep_at = now + KEEP_EVERY_S

    # --- overlapped ---------------------------------------------------------------------------------------------------

    def _run_overlapped(self) -> None:
        self._steps = self._health.pulse(f"{self.group} step", NOT_LOADED)
        self._finishes = self._health.pulse(f"{self.group} finish")
        threads = [
            threading.Thread(target=self._guard, args=(target,), name=f"{self.group}-{name}", daemon=True)
            for name, target in (("step", self._step_all), ("finish", self._finish_all))
        ]
        for thread in threads:
            thread.start()
        try:
            self._feed()
        finally:
            self._stepping.put(None)
            self._join(threads)
        self._acknowledge(wait_s=0.0)
        self._raise_failure()

    def _join(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for what is in hand, however long the model takes, and keep its leases meanwhile."""
        for thread in threads:
            while thread.is_alive():
                self._pulse.turned()
                thread.join(KEEP_EVERY_S)
                self._subscription.keep()

    def _feed(self) -> None:
        while not self._stop.is_set() and not self._failures:
            self._turned()
            self._acknowledge(wait_s=BUSY_POLL_S if self._in_hand >= IN_HAND else 0.0)
            self._keep()
            if self._in_hand >= IN_HAND:
                continue
            hand = self._next_hand(BUSY_POLL_S if self._in_hand else IDLE_POLL_S, idle=not self._in_hand)
            if hand is not None:
                self._in_hand += 1
                self._stepping.put(hand)

    def _acknowledge(self, wait_s: float) -> None:
        with suppress(Empty):
            done = self._done.get(timeout=wait_s) if wait_s else self._done.get_nowait()
            while True:
                self._in_hand -= 1
                self._subscription.ack(done)
                done = self._done.get_nowait()

    def _finish_soon(self) -> None:
        """Some of what is in hand goes to another member, who would do it again: finish it first, if that is quick."""
        until = self._clock.monotonic() + LEAVING_S
        while self._in_hand and not self._failures and self._clock.monotonic() < until:
            self._acknowledge(wait_s=BUSY_POLL_S)

    def _step_all(self) -> None:
        try:
            with self._steps.within():
                self.handler.start()
            self._steps.lacks = ""
            while (hand := self._next()) is not None:
                self._step(hand)
                self._finishing.put(hand)
        finally:
            self._finishing.put(None)

    def _next(self) -> Hand | None:
        """The next batch for the model; what it waits is told meanwhile, for it may wait for hours."""
        started = self._clock.monotonic()
        while True:
            hand, came = _next(self._stepping, self._steps, TELL_EVERY_S)
            now = self._clock.monotonic()
            self._meters.inc(metrics.STARVED, self.group, by=now - started)
            if came:
                return hand
            started = now

    def _finish_all(self) -> None:
        while (hand := _next(self._finishing, self._finishes)[0]) is not None:
            self._done.put(self._finish(hand))

    def _guard(self, target: Any) -> None:
        try:
            target()
        except BaseException as error:  # noqa: BLE001 - carried to the loop's own thread, which raises it
            self._failures.append(error)
            self._stop.set()

    def _raise_failure(self) -> None:
        if self._failures:
            raise self._failures[0]

    # --- a batch ------------------------------------------------------------------------------------------------------

    def _step(self, hand: Hand) -> None:
        started = self._clock.monotonic()
        with self._steps.within(STEP_S):
            self.handler.step(hand.work)
        took = self._clock.monotonic() - started
        self._meters.observe(metrics.BATCH, self.group, value=len(hand.deliveries))
        self._meters.observe(metrics.STEP, self.group, value=took)
        self._meters.inc(metrics.BUSY, self.group, by=took)

    def _finish(self, hand: Hand) -> Sequence[Delivery]:
        outputs = self.handler.finish(hand.work)
        if outputs:
            with self._finishes.within():  # brokers that are away are waited for
                self._bus.publish(outputs)
            for letter in (output for output in outputs if output.topic == topics.DEAD_LETTERS.name):
                self._meters.inc(metrics.DEAD_LETTERS, self.group, letter.headers.get("nhr-error", ""))
        return self.handler.settle(hand.work)


def _next(queue: "Queue[Hand | None]", pulse: Pulse, within_s: float | None = None) -> tuple[Hand | None, bool]:
    """What comes next; and whether anything did within the time."""
    with pulse.within(), suppress(Empty):
        return queue.get(timeout=within_s), True
    return None, False
