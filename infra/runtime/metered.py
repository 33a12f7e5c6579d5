"""A handler whose batches and steps are measured, for whoever runs it without the loop."""

from collections import Counter
from collections.abc import Sequence
from typing import Generic

from infra.metrics import Metrics
from schemas import metrics
from schemas.ports import Clock, Delivery, Handler, Outgoing, Work


def waited(deliveries: Sequence[Delivery], group: str, meters: Metrics, clock: Clock) -> None:
    """Observe how long these waited to be taken: never less than nothing, though clocks of two machines differ."""
    if not deliveries:
        return
    now = clock.now()
    for at, times in Counter([delivery.at for delivery in deliveries]).items():
        if at:
            meters.observe(metrics.WAIT, group, value=max(0.0, now - at), times=times)


class Metered(Generic[Work]):
    """Passes everything on to `handler`; observes what the loop would."""

    def __init__(self, handler: Handler[Work], meters: Metrics, clock: Clock) -> None:
        self._handler, self._meters, self._clock = handler, meters, clock
        self.topic, self.group = handler.topic, handler.group
        self.linger_s, self.overlaps = handler.linger_s, handler.overlaps

    @property
    def batch(self) -> int:
        """Most messages wanted now."""
        return self._handler.batch

    @property
    def due_s(self) -> float | None:
        """When a turn is wanted without new messages."""
        return self._handler.due_s

    def start(self) -> None:
        """Called once by the stepping thread before its first step."""
        self._handler.start()

    def begin(self, deliveries: Sequence[Delivery], /) -> Work:
        """Decode, and fetch what the step needs."""
        waited(deliveries, self.group, self._meters, self._clock)
        self._meters.observe(metrics.BATCH, self.group, value=len(deliveries))
        return self._handler.begin(deliveries)

    def step(self, work: Work, /) -> None:
        """The work itself, timed."""
        started = self._clock.monotonic()
        self._handler.step(work)
        took = self._clock.monotonic() - started
        self._meters.observe(metrics.STEP, self.group, value=took)
        self._meters.inc(metrics.BUSY, self.group, by=took)

    def finish(self, work: Work, /) -> list[Outgoing]:
        """Store what was made; gives the messages to publish."""
        return self._handler.finish(work)

    def settle(self, work: Work, /) -> Sequence[Delivery]:
        """Save state; gives the deliveries that are done with for ever."""
        return self._handler.settle(work)
