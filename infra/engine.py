"""The embedded pipeline as one process: every handler a loop, one intake, until all is done or somebody stops it."""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from infra import blocklist, campaigns
from infra.admission import Admission
from infra.metrics import Metrics
from infra.progress import Order, Progress
from infra.runtime import autopsy
from infra.runtime.backlog import Backlog
from infra.runtime.clock import SystemClock
from infra.runtime.control import PROMPTER, STAGES, Control
from infra.runtime.inhand import InHand
from infra.runtime.intake import Intake
from infra.runtime.loop import Loop
from infra.runtime.pictures import Pictures
from infra.runtime.spending import Till
from infra.runtime.tuning import tune
from infra.runtime.worker import Worker
from infra.settings import Settings
from infra.telemetry.billing import bill
from infra.telemetry.build import built
from infra.telemetry.embedded import Gauges
from infra.telemetry.health import Health
from infra.telemetry.learnt import Learnt, each
from infra.telemetry.machine import Machine
from infra.telemetry.server import served
from infra.wiring import Stores, Watch, embedded, handlers, prompters_access
from schemas import metrics
from schemas.errors import NhrError, UserError
from schemas.messages import Meter
from schemas.ports import Handler
from streams import leftout, policies, records, shelf
from streams.funnel import Funnel
from streams.records import Campaign
from streams.sweep import unexplained
from workers import roster
from workers.language import standing

TICK_S = 0.2
MOST_SWEEPS = 3
AHEAD_TARGET = 4
AHEAD_DEAR = 16
AHEAD_CHEAP = 128
FAULTS = "nhr.faults"
DISK = "disk"
SPENDING = "spending"
STOPPING = "stopping: finishing what is in hand (again: at once); the same command resumes"

log = logging.getLogger(__name__)


class Engine:
    """Runs an order. `stop` drains: what is in hand is finished, the rest stays for the next run."""

    def __init__(self, order: Order, settings: Settings, view: Callable[[Progress], None]) -> None:
        self.order, self.settings, self._view = order, settings, view
        self.stop = threading.Event()
        self.meters = Metrics()
        self._clock = SystemClock()
        self._health = Health(self._clock, self.stop)
        self._failures: list[BaseException] = []
        self._workers: list[Worker] = []
        self._away: set[str] = set()
        self._sweeps = 0
        self._taking: Intake | None = None
        self._blocklist = blocklist.configured(settings)

    def run(self) -> Progress:
        """Mine until the order is met or `stop` is set; raises the first thing that went wrong."""
        tune()
        faults, machine = self.order.out / FAULTS, Machine(self.meters, "data", self.order.out)
        built(self.meters, "mine", *self.order.crew.recipes().values())
        with (
            served(self.settings.metrics, self.meters, self._health, machine.look) as address,
            embedded(self.order.out, self.settings, self._clock, self.meters) as stores,
            autopsy.watched(faults) as self._died,
        ):
            self._control = Control(stores.cursors)
            self._till = Till(stores.cursors, self._clock, self.settings.spend_usd_a_day)
            self._gauges = Gauges(stores, self.meters, self._clock, self.settings.spend_usd_a_day)
            progress = self._resumed(stores)
            progress.notes += [f"metrics: http://{address}/metrics"] if address else []
            intake = self._intake(stores, progress)
            if self._met(intake, progress) and campaigns.unfinished(stores) not in {"", self.order.campaign}:
                progress.phase = "done"  # nothing to do, and the jobs queued here are another campaign's
                return progress
            progress.notes += campaigns.begin(stores, self._campaign(), self.order.policy)
            self._mine(stores, intake, progress)
            # After a crash some was learnt but not recorded or the other way round; two directors count in turns.
            if progress.resumed or self.order.crew.count("director") > 1:
                progress.funnel = self._counted(stores)
            self._tick(stores, progress)
            return progress

    def _mine(self, stores: Stores, intake: Intake, progress: Progress) -> None:
        if self._enough(progress):
            intake.closing.set()
        self._taking = intake
        threads = self._start(stores, intake, progress)
        try:
            self._watch(stores, intake, progress)
            self._drain(stores, threads, progress)
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
            with suppress(UserError):  # a full disk, which is told already
                self._in_hand.save()
                self._till.tell()
        if self._failures:
            raise self._failures[0]

    def _campaign(self) -> Campaign:
        order = self.order
        return Campaign(
            campaign=order.campaign, prompts=order.prompts, policy=order.policy.name,
            policy_id=order.policy.policy_id, plugins=order.crew.recipes(),
        )  # fmt: skip

    def _resumed(self, stores: Stores) -> Progress:
        """Where an earlier run left off; reading that can take a while, so it is shown."""
        progress = Progress(self.order, Funnel(self.order.policy), self._clock.monotonic())
        self._tick(stores, progress)
        progress.funnel = self._counted(stores, self._gauges.recall)
        progress.phase, progress.started = "mining", self._clock.monotonic()
        progress.triplets_before = progress.funnel.released
        progress.resumed = progress.funnel.images > 0 or not self._quiet(progress)  # some may be learnt, not recorded
        progress.scenes_done = self._scenes_done(stores, progress)
        progress.worked_before = progress.worked
        return progress

    def _counted(self, stores: Stores, told: Callable[[Any], None] = lambda _event: None) -> Funnel:
        """The funnel of everything kept so far, each answer once; `told` hears of each, too."""
        funnel = Funnel(self.order.policy, policies.kept(stores.blobs), self.order.campaign)
        for event in records.events(stores.blobs):
            funnel.add(event)
            told(event)
        for triplet in shelf.triplets(stores.blobs):
            funnel.add_triplet(triplet)
        for meter in standing.spent(stores.blobs, self.order.campaign):
            funnel.spend(standing.STAGE, meter)
        return funnel

    def _intake(self, stores: Stores, progress: Progress) -> Intake:
        prompter = roster.prompter(self.order.prompts)
        prompter.access = prompters_access(
            self.settings, stores.blobs, progress.funnel.acceptance, self._till,
            each(
                lambda usage: progress.funnel.spend(standing.STAGE, Meter(**usage._asdict())),
                partial(bill, self.meters, PROMPTER, self.order.prompts),
            ),
        )  # fmt: skip
        return Intake(
            prompter, self.order.campaign, stores.bus, Pictures(stores.blobs, 0),
            stores.cursors, self.stop, Backlog(stores.bus, self._clock, self._ahead()), self.order.scenes,
            progress.skipped.append, self._takes_nothing, self._clock, self._health,
            Admission(self._blocklist, self.order.policy), partial(leftout.keep, stores.blobs, self.order.campaign),
        )  # fmt: skip

    def _takes_nothing(self) -> bool:
        """Whether no scene is to be taken in just now."""
        return PROMPTER in self._control.paused or self._till.reached or self._is_tight()

    def _paused(self, handler: Handler[Any]) -> Callable[[], bool]:
        paused = self._control.of(handler.group)
        if isinstance(handler, Worker):
            return lambda: paused() or self._till.rests(handler.recipe)
        return paused

    def _is_tight(self) -> bool:
        """Whether there is too little room on the disk for more scenes; what is under way is finished all the same."""
        return shutil.disk_usage(self.order.out).free < self.settings.min_free_gb * 1e9

    def _ahead(self) -> int:
        if self.order.target is not None:  # what is under way when the target is met comes on top of it
            return AHEAD_TARGET
        return AHEAD_DEAR if self.order.crew.dear() else AHEAD_CHEAP

    def _start(self, stores: Stores, intake: Intake, progress: Progress) -> list[threading.Thread]:
        funnel, gauges = progress.funnel, self._gauges
        learnt = Learnt(self.meters, funnel.bars)
        watch = Watch(
            each(funnel.add, learnt.event, gauges.event), each(funnel.add_triplet, learnt.triplet, gauges.triplet),
            learnt.shelved,
        )  # fmt: skip
        self._in_hand = InHand(stores.cursors, died=self._died)
        made = handlers(
            stores, self.order.crew, self.order.policy, self.meters, self._clock, self._in_hand, watch, self.settings,
            self._till,
        )  # fmt: skip
        self._workers = [handler for handler in made if isinstance(handler, Worker)]
        runs: list[tuple[str, Callable[[], None]]] = [("intake", intake.run)]
        runs += [
            (one.group, Loop(one, stores.bus, self.meters, self._clock, self.stop, self._paused(one), self._health).run)
            for one in made
        ]
        threads = [threading.Thread(target=self._guard, args=run, name=run[0]) for run in runs]
        for thread in threads:
            thread.start()
        return threads

    def _guard(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:
            if isinstance(error, NhrError):
                log.error("%s stopped: %s", name, error)  # noqa: TRY400 - the line says it all
            else:
                log.exception("%s stopped", name)
            self._failures.append(error)
            self.stop.set()

    def _watch(self, stores: Stores, intake: Intake, progress: Progress) -> None:
        while not self.stop.wait(TICK_S):
            finished = intake.finished.is_set()  # asked before the lags are read: what it published last is in them
            self._tick(stores, progress)
            if self._enough(progress):
                intake.closing.set()
            if finished or intake.closing.is_set():
                progress.phase = "finishing"
            if finished and self._quiet(progress) and not self._sweep(stores, progress):
                progress.phase = "done"
                self._in_hand.clear()
                return

    def _quiet(self, progress: Progress) -> bool:
        return not any(lag.waiting or lag.in_flight for lag in progress.lags.values())

    def _sweep(self, stores: Stores, progress: Progress) -> int:
        """Send again what the plan calls for and nobody is at work on, if anything; says how many messages."""
        if not stores.ledgers.count("open") or self._sweeps >= MOST_SWEEPS:
            return 0
        self._sweeps += 1
        again = list(unexplained(stores.ledgers, policies.Policies(stores.blobs), progress.lags))
        if again:
            stores.bus.publish(again)
            progress.notes.append(f"{len(again)} jobs had been lost on the way and were sent again")
        return len(again)

    def _drain(self, stores: Stores, threads: list[threading.Thread], progress: Progress) -> None:
        self.stop.set()
        if progress.phase == "done":
            return
        progress.phase = "stopping"
        if not self._failures:
            progress.notes.append(STOPPING)
        for thread in threads:
            while thread.is_alive():
                if self._failures:  # the stores may be what failed
                    self._view(progress)
                else:
                    self._tick(stores, progress)
                thread.join(TICK_S)
        progress.phase = "stopped"

    def _met(self, intake: Intake, progress: Progress) -> bool:
        """Whether nothing new is to be taken in."""
        return self._enough(progress) or (self.order.scenes is not None and intake.cursor >= self.order.scenes)

    def _enough(self, progress: Progress) -> bool:
        order = self.order
        return (order.target is not None and progress.triplets >= order.target) or (
            order.for_s is not None and progress.elapsed_s >= order.for_s
        )

    def _tick(self, stores: Stores, progress: Progress) -> None:
        self._control.look()
        self._till.look()
        self._gauges.look()
        progress.lags = stores.bus.lag()
        progress.now = self._clock.monotonic()
        progress.scenes_done = self._scenes_done(stores, progress)
        progress.letters = int(sum(self.meters.totals(metrics.DEAD_LETTERS).values()))
        self._tell_troubles(progress)
        progress.busy = {group: seconds for (group,), seconds in self.meters.totals(metrics.BUSY).items()}
        self._view(progress)

    def _tell_troubles(self, progress: Progress) -> None:
        """What keeps workers waiting now; a note when it begins and when it is over."""
        away = {worker.name: trouble for worker in self._workers if (trouble := worker.trouble)}
        if self._taking is not None and self._taking.trouble:
            away[self._taking.name] = self._taking.trouble
        away |= {stage: f"{stage} is paused (nhr resume {stage})" for stage in sorted(self._control.paused)}
        if self._is_tight():
            away[DISK] = f"under {self.settings.min_free_gb:g} GB free: nothing new is taken in (nhr gc --dry-run)"
        if self._till.trouble:
            away[SPENDING] = self._till.trouble
        over = sorted(self._away - set(away))
        progress.notes += [text for name, text in away.items() if name not in self._away]
        progress.notes += [
            f"{name}: {'goes on' if name in (*STAGES, DISK, SPENDING) else 'service back'}" for name in over
        ]
        self._away, progress.troubles = set(away), list(away.values())

    def _scenes_done(self, stores: Stores, progress: Progress) -> int:
        """Sources judged by the gate, less those with work outstanding."""
        return max(0, progress.funnel.images - stores.ledgers.count("open"))
