"""The embedded pipeline as one process: every handler a loop, one intake, until all is done or somebody stops it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra import campaigns
from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.intake import Intake
from infra.runtime.loop import Loop
from infra.runtime.pictures import Pictures
from infra.runtime.tuning import tune
from infra.settings import Settings
from infra.wiring import Crew, Stores, Watch, embedded, handlers
from schemas import metrics
from schemas.ports import Lag
from streams import records, shelf
from streams.funnel import Funnel
from streams.records import Campaign
from streams.rules.policy import Policy
from workers import roster
from workers.plugin import Skipped

TICK_S = 0.2
AHEAD_DEAR = 16
AHEAD_CHEAP = 128

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What to mine: `scenes` items to the end, or until `target` triplets, `for_s` seconds, or a stop."""

    out: Path
    campaign: str
    prompts: str
    policy: Policy
    crew: Crew
    scenes: int | None = None
    target: int | None = None
    for_s: float | None = None


@dataclass
class Progress:
    """What is to be seen while it runs; read by the view, written by the engine."""

    order: Order
    funnel: Funnel
    started: float
    now: float = 0.0
    resumed: bool = False
    triplets_before: int = 0
    scenes_before: int = 0
    scenes_done: int = 0
    lags: dict[tuple[str, str], Lag] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    phase: str = "mining"

    @property
    def triplets(self) -> int:
        """Triplets of this campaign on the shelf."""
        return self.funnel.released

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return self.now - self.started

    @property
    def per_minute(self) -> float | None:
        """Triplets a minute in this run."""
        made = self.triplets - self.triplets_before
        return 60.0 * made / self.elapsed_s if made and self.elapsed_s > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds to the nearest end asked for, by the rate so far; None while that is unknown."""
        ends = []
        if self.order.for_s is not None:
            ends.append(self.order.for_s - self.elapsed_s)
        if self.order.target is not None and self.per_minute:
            ends.append((self.order.target - self.triplets) * 60.0 / self.per_minute)
        done = self.scenes_done - self.scenes_before
        if self.order.scenes is not None and done > 0:
            ends.append((self.order.scenes - self.scenes_done) * self.elapsed_s / done)
        return max(0.0, min(ends)) if ends else None


class Engine:
    """Runs an order. `stop` drains: what is in hand is finished, the rest stays for the next run."""

    def __init__(self, order: Order, settings: Settings, view: Callable[[Progress], None]) -> None:
        self.order, self.settings, self._view = order, settings, view
        self.stop = threading.Event()
        self.meters = Metrics()
        self._clock = SystemClock()
        self._failures: list[BaseException] = []

    def run(self) -> Progress:
        """Mine until the order is met or `stop` is set; raises the first thing that went wrong."""
        tune()
        with embedded(self.order.out, self.settings, self._clock) as stores:
            campaigns.begin(stores, self._campaign(), self.order.policy)
            progress = self._resumed(stores)
            progress.scenes_before = self._scenes_done(stores, progress)
            intake = self._intake(stores, progress)
            threads = self._start(stores, intake, progress)
            try:
                self._watch(stores, intake, progress)
            finally:
                self.stop.set()
                for thread in threads:
                    thread.join()
            if self._failures:
                raise self._failures[0]
            if progress.resumed:  # what a crash cut short was learnt but not recorded, or the other way round
                progress.funnel = self._counted(stores)
            self._tick(stores, progress)
            return progress

    def _campaign(self) -> Campaign:
        order = self.order
        return Campaign(
            campaign=order.campaign, prompts=order.prompts, policy=order.policy.name,
            policy_id=order.policy.policy_id, plugins=order.crew.recipes(),
        )  # fmt: skip

    def _resumed(self, stores: Stores) -> Progress:
        funnel = self._counted(stores)
        progress = Progress(self.order, funnel, self._clock.monotonic())
        progress.triplets_before = funnel.released
        progress.resumed = funnel.images > 0
        return progress

    def _counted(self, stores: Stores) -> Funnel:
        """The funnel of everything kept so far, each answer once."""
        funnel = Funnel(self.order.policy, records.policies(stores.blobs), self.order.campaign)
        for event in records.events(stores.blobs):
            funnel.add(event)
        for triplet in shelf.triplets(stores.blobs):
            funnel.add_triplet(triplet)
        return funnel

    def _intake(self, stores: Stores, progress: Progress) -> Intake:
        return Intake(
            roster.prompter(self.order.prompts), self.order.campaign, stores.bus, Pictures(stores.blobs, 0),
            stores.cursors, self.stop, self.order.scenes,
            AHEAD_DEAR if self.order.crew.dear() else AHEAD_CHEAP, progress.skipped.append,
        )  # fmt: skip

    def _start(self, stores: Stores, intake: Intake, progress: Progress) -> list[threading.Thread]:
        watch = Watch(progress.funnel.add, progress.funnel.add_triplet)
        made = handlers(
            stores, self.order.crew, self.order.policy, self.meters, self._clock, self.stop, watch, self.settings
        )
        runs: list[tuple[str, Callable[[], None]]] = [("intake", intake.run)]
        runs += [
            (handler.group, Loop(handler, stores.bus, self.meters, self._clock, self.stop).run) for handler in made
        ]
        threads = [threading.Thread(target=self._guard, args=run, name=run[0]) for run in runs]
        for thread in threads:
            thread.start()
        return threads

    def _guard(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:
            log.exception("%s stopped", name)
            self._failures.append(error)
            self.stop.set()

    def _watch(self, stores: Stores, intake: Intake, progress: Progress) -> None:
        while not self.stop.wait(TICK_S):
            self._tick(stores, progress)
            if self._enough(progress):
                intake.closing.set()
                progress.phase = "finishing"
            if intake.finished.is_set() and not any(lag.waiting or lag.in_flight for lag in progress.lags.values()):
                progress.phase = "done"
                return
        progress.phase = "stopped"

    def _enough(self, progress: Progress) -> bool:
        order = self.order
        return (order.target is not None and progress.triplets >= order.target) or (
            order.for_s is not None and progress.elapsed_s >= order.for_s
        )

    def _tick(self, stores: Stores, progress: Progress) -> None:
        progress.lags = stores.bus.lag()
        progress.now = self._clock.monotonic()
        progress.scenes_done = self._scenes_done(stores, progress)
        progress.busy = {group: seconds for (group,), seconds in self.meters.totals(metrics.BUSY).items()}
        self._view(progress)

    def _scenes_done(self, stores: Stores, progress: Progress) -> int:
        """Sources judged by the gate, less those with work outstanding."""
        return max(0, progress.funnel.images - stores.ledgers.count("open"))
