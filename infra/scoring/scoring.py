"""Has a judge score the samples of data sets: the worker and the loop of every judge, over rows in place of a queue."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from infra.metrics import Metrics
from infra.runtime import autopsy
from infra.runtime.clock import SystemClock
from infra.runtime.inhand import InHand
from infra.runtime.loop import Loop
from infra.runtime.spending import Till
from infra.runtime.tuning import tune
from infra.runtime.worker import Worker
from infra.scoring.dataset import DataSet
from infra.scoring.feed import Feed, Part
from infra.scoring.pictures import Desk
from infra.settings import Settings
from infra.wiring import Stores, access, embedded
from schemas import metrics
from schemas.errors import UserError
from schemas.ports import Clock
from streams.scoring.sampling import drawn
from streams.scoring.scores import Scores
from workers import roster
from workers.plugin import PlugIn

FAULTS = "nhr.faults"
JUDGE = roster.KINDS["judge"]


@dataclass
class Seen:
    """What is to be seen while it runs: rows `done` of those `wanted`, and what this run paid.

    `standing` answers were there before, so many rows were `asked` about now. `trouble` is what keeps it waiting.
    """

    parts: Sequence[Part]
    wanted: int
    started: float
    now: float = 0.0
    paid_usd: float = 0.0
    standing: int = 0
    asked: int = 0
    trouble: str = ""

    @property
    def done(self) -> int:
        """Rows that were scored, or that cannot be."""
        return sum(part.scores.done for part in self.parts)

    @property
    def failed(self) -> int:
        """Rows that cannot be."""
        return sum(part.scores.failures.total() for part in self.parts)

    @property
    def per_second(self) -> float | None:
        """Rows a second in this run."""
        took = self.now - self.started
        return self.done / took if self.done and took > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds to the end by the rate so far."""
        return (self.wanted - self.done) / self.per_second if self.per_second else None


@dataclass
class Scoring:
    """What is to be scored, by whom (a judge's name with options), and how much of it (`samples`; None: all).

    `to` is the folder that keeps the answers. `stop` ends it: what is in hand is finished. `view` is shown how far it
    is, `warn` is told what may go wrong.
    """

    data_sets: Sequence[DataSet]
    judge: str
    samples: int | None
    seed: int
    to: Path
    settings: Settings
    view: Callable[[Seen], None] = lambda _seen: None
    warn: Callable[[str], None] = lambda _text: None
    clock: Clock = field(default_factory=SystemClock)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.plugin = _plugin(self.judge)
        self.recipe = roster.recipe("judge", self.judge.partition(":")[0], self.plugin)
        self._meters = Metrics()
        self._paid = 0.0

    def run(self) -> Seen:
        """Score until all is done or `stop` is set; raises what went wrong with the judge, a store or a file."""
        tune()
        parts = [Part(one, drawn(one.rows.count(), self.samples, self.seed), Scores()) for one in self.data_sets]
        seen = Seen(parts, sum(len(part.numbers) for part in parts), self.clock.monotonic())
        with embedded(self.to, self.settings, self.clock) as stores, autopsy.watched(self.to / FAULTS) as died:
            self.plugin.access = access(self.settings, stores.blobs)
            for trouble in _checked(self.plugin):
                self.warn(f"the judge may not be able to answer: {trouble}")
            desk = Desk(stores.blobs, self.to)
            try:
                self._loop(stores, desk, seen, died)
            finally:
                desk.close()
        self._look(seen)
        return seen

    def _loop(self, stores: Stores, desk: Desk, seen: Seen, died: bool) -> None:
        till = Till(stores.cursors, self.clock, self.settings.spend_usd_a_day)
        in_hand = InHand(stores.cursors, died=died)
        worker = Worker(
            JUDGE, self.plugin, self.recipe, stores.blobs, desk, self.clock, self._meters, in_hand,
            spent=partial(self._spent, till), keeps=True,
        )  # fmt: skip

        def tick() -> None:
            till.look()
            seen.trouble = worker.trouble or till.trouble
            self._look(seen)

        ended = threading.Event()  # by itself
        feed = Feed(seen.parts, desk, self.clock, self.stop, ended, tick)
        loop = Loop(worker, feed, self._meters, self.clock, self.stop, lambda: till.rests(self.recipe))
        try:
            loop.run()
        except ModuleNotFoundError as error:
            raise missing(self.plugin, error) from None
        finally:
            till.tell()
            in_hand.clear() if ended.is_set() else in_hand.save()

    def _spent(self, till: Till, usd: float) -> None:
        till.add(self.recipe, usd)
        self._paid += usd

    def _look(self, seen: Seen) -> None:
        seen.now, seen.paid_usd = self.clock.monotonic(), self._paid
        jobs = self._meters.totals(metrics.JOBS)
        seen.standing = int(jobs.get((JUDGE.name, "standing"), 0))
        seen.asked = int(sum(jobs.values())) - seen.standing
        self.view(seen)


def _plugin(text: str) -> PlugIn[Any]:
    """The judge, by its name with options; raises `UserError`."""
    try:
        return roster.parse("judge", text)
    except ImportError as error:
        raise UserError(f"judge {text}: package {error.name} is not installed", "nhr doctor") from None


def _checked(plugin: PlugIn[Any]) -> Sequence[str]:
    """What may keep the judge from working, as `nhr doctor` finds it: while it lasts, every row waits."""
    try:
        return plugin.check()
    except ModuleNotFoundError as error:
        raise missing(plugin, error) from None


def missing(plugin: PlugIn[Any], error: ModuleNotFoundError) -> UserError:
    """That a package is not there, and the extra that brings it."""
    extra = plugin.INFO.extra
    return UserError(f"package {error.name} is not installed", f'pip install "nhr[{extra}]"' if extra else "install it")
