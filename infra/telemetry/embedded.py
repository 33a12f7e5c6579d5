"""What is true of the whole pipeline, told by the process that mines it alone: the gauges of the cluster's exporter.

Queues, notes and ledgers are read as they are. Acceptance and triplets are counted as they come; of what earlier runs
recorded only acceptance counts. Ages are those that this process knows of: at least as old as told.
"""

import logging
from typing import Any

from infra.metrics import Metrics
from infra.runtime import control, spending
from infra.telemetry import figures
from infra.telemetry.ages import Ages
from infra.telemetry.canaries import Canaries
from infra.telemetry.figures import Behind
from infra.telemetry.openledgers import OpenLedgers
from infra.telemetry.windows import Windows
from infra.wiring import Stores
from schemas import messages as m
from schemas import metrics
from schemas.errors import NhrError
from schemas.ports import Clock
from streams.policies import Policies

EVERY_S = 5.0
TOLD = (
    metrics.LAG, metrics.LAG_SECONDS, metrics.DONE, metrics.RETENTION, metrics.PAUSED, metrics.LEDGERS, metrics.OLDEST,
    metrics.PARKED, metrics.SPENT, metrics.LIMIT, metrics.ACCEPTANCE, metrics.SEEN, metrics.PRICE, metrics.DRIFTED,
    metrics.CANARY_AT,
)  # fmt: skip

log = logging.getLogger(__name__)


class Gauges:
    """Sets the gauges every few seconds; `event` and `triplet` are told what the director and the collector learn."""

    def __init__(self, stores: Stores, meters: Metrics, clock: Clock, limit_usd: float) -> None:
        self._stores, self._meters, self._clock, self._limit_usd = stores, meters, clock, limit_usd
        policies = Policies(stores.blobs)
        self._windows = Windows(lambda name: policies.get(name) if policies.has(name) else None, clock)
        self._open = OpenLedgers(stores.ledgers, policies)
        self._ages = Ages()
        self._done: dict[str, int] = {}
        self._canaries, self._trouble = Canaries(stores.blobs), ""
        self._look_at = 0.0

    def event(self, event: Any) -> None:
        """The director learnt this."""
        self._windows.event(event)
        if isinstance(event, m.Failure | m.Redrive):
            self._open.suspect(event.source_id)

    def recall(self, event: Any) -> None:
        """An earlier run recorded this."""
        self._windows.recall(event)

    def triplet(self, triplet: m.Triplet) -> None:
        """The collector put this on the shelf."""
        self._windows.triplet(triplet)

    def look(self) -> None:
        """Set them all, when it is time to."""
        if self._clock.monotonic() < self._look_at:
            return
        self._look_at = self._clock.monotonic() + EVERY_S
        try:
            self._tell()
            self._trouble = ""
        except NhrError as error:  # a note or a canary that cannot be read is no reason to stop mining
            self._meters.drop(*TOLD)
            if str(error) != self._trouble:
                log.warning("metrics of the whole pipeline cannot be told: %s", error)
            self._trouble = str(error)

    def _tell(self) -> None:
        now, meters, cursors = self._clock.now(), self._meters, self._stores.cursors
        self._open.look(now)
        figures.tell_groups(meters, self._behind(now))
        figures.tell_paused(meters, control.paused(cursors))
        figures.tell_ledgers(meters, self._open.count, self._open.oldest_s(now))
        figures.tell_parked(meters, self._open.parked)
        figures.tell_spending(meters, spending.spent(cursors, now), self._limit_usd)
        figures.tell_windows(meters, self._windows.rates(), self._windows.triplets())
        figures.tell_canaries(meters, self._canaries.look())

    def _behind(self, now: float) -> list[Behind]:
        """Every group; ends are asked first, so that nothing counts as done that only came meanwhile."""
        bus = self._stores.bus
        ends = bus.ends()
        for topic, end in ends.items():
            self._ages.note(topic, end, now)
        found = []
        for (topic, group), lag in bus.lag().items():
            waiting = lag.waiting + lag.in_flight
            self._done[group] = max(self._done.get(group, 0), ends[topic] - waiting)
            oldest_s = self._ages.of(topic, bus.floors(topic, group)[0], now) if waiting else 0.0
            found.append(Behind(group, waiting, oldest_s, self._done[group]))
        return found
