"""Directors on real Kafka under `kill -9`: fed, killed, drained, and what they left compared with a calm run."""

import random
import time
from dataclasses import dataclass, field

from infra.ledgers.sqlite import SqliteLedgers
from tests.chaos.campaign import outcome, read_ledgers
from tests.chaos.crew import LOOK_S, Feeder, Orders, create_topics, wait_for, workers
from tests.chaos.remains import committed, end_offsets, read_outputs, recoveries

SLOTS = 2
GENTLE = 0.15
STALLED_S = 60.0
MOST_STALLS = 5
RECENT_S = 5.0
MOST_PAUSE_S = 4.0
WARM_S = 20.0


@dataclass
class Report:
    """What a storm did: `lost` events were never settled; `missing` and `strange` are messages, `wrong` ledgers."""

    fed: int = 0
    lost: int = 0
    missing: int = 0
    strange: int = 0
    wrong: int = 0
    settled_again: int = 0
    published_again: int = 0
    published: int = 0
    kills: int = 0
    stops: int = 0
    stalls: int = 0
    seconds: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every event was folded and nothing but what a calm run publishes was published."""
        return not (self.lost or self.missing or self.strange or self.wrong)


class Storm:
    """One storm from beginning to end."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._rng, self.report = orders, random.Random(orders.seed), Report()
        self._kills: list[tuple[float, set[int]]] = []

    def run(self) -> Report:
        """Feed, kill, drain, compare."""
        started = time.monotonic()
        self._orders.folder.mkdir(parents=True)
        create_topics(self._orders)
        feeder = Feeder(self._orders)
        with workers(self._orders) as (self._crew, self._notes):
            for slot in range(SLOTS):
                self._crew.start(slot)
            feeder.start()
            self._progress(2 * WARM_S)
            for _ in range(self._orders.kills):
                self._kill()
            for slot in set(range(SLOTS)) - set(self._crew.slots()):
                self._crew.start(slot)
            feeder.enough.set()
            feeder.join()
            self._drain()
        self.report.seconds = time.monotonic() - started
        self.report.fed = feeder.fed
        self._compare()
        return self.report

    def _progress(self, patience_s: float) -> bool:
        """Wait until something new is settled; those that ended by themselves are started again."""

        before = len(self._notes.covered)

        def seen() -> bool:
            for slot in self._crew.ended():
                self.report.ends.append(f"slot {slot} ended by itself: {self._crew.forget(slot)}")
                self._crew.start(slot)
            return self._notes.look() and len(self._notes.covered) > before

        return wait_for(seen, patience_s)

    def _recovered(self) -> bool:
        """Whether everything the latest victim worked on moved on."""
        self._progress(LOOK_S)
        at, held = self._kills[-1] if self._kills else (0.0, set())
        return held <= self._notes.moved(at)

    def _kill(self) -> None:
        rng = self._rng
        if rng.random() < 0.7:
            wait_for(self._recovered, WARM_S)
        until = time.monotonic() + rng.uniform(0.0, MOST_PAUSE_S)
        wait_for(lambda: time.monotonic() >= until, MOST_PAUSE_S + 1)
        if rng.random() < GENTLE:
            self._crew.stop(polite := rng.choice(self._crew.slots()))
            self._crew.start(polite)
            self.report.stops += 1
        victim = rng.choice(self._crew.slots())
        pid, at = self._crew.kill(victim)
        self._notes.look()
        self._kills.append((at, self._notes.held(pid, at - RECENT_S)))
        self.report.kills += 1
        if rng.random() < 0.8 or not self._crew.slots():
            self._crew.start(victim)
        for slot in set(range(SLOTS)) - set(self._crew.slots()) - {victim}:
            self._crew.start(slot)

    def _drain(self) -> None:
        ends = end_offsets(self._orders)
        wanted = {(p, o) for p, end in ends.items() for o in range(end)}
        while wanted - self._notes.covered and self.report.stalls < MOST_STALLS:
            if self._progress(STALLED_S):
                continue
            if committed(self._orders) == ends:
                break  # acknowledged, but never settled: lost
            self.report.stalls += 1
            for slot in self._crew.slots():
                self._crew.kill(slot)
                self._crew.start(slot)
        self.report.lost = len(wanted - self._notes.covered)

    def _compare(self) -> None:
        report, notes = self.report, self._notes
        calm = outcome(list(self._orders.told[: report.fed]))
        left = SqliteLedgers(self._orders.folder / "ledgers.sqlite")
        ledgers = read_ledgers(left)
        left.close()
        report.wrong = sum(ledgers.get(name) != calm.ledgers.get(name) for name in {*ledgers, *calm.ledgers})
        published = read_outputs(self._orders)
        report.published = published.total()
        report.missing = len(calm.messages - set(published))
        report.strange = len(set(published) - calm.messages)
        report.published_again = published.total() - len(published)
        report.settled_again = sum(len(note.events) for note in notes.all) - len(notes.covered)
        report.recoveries = recoveries(self._kills, notes.all)


def sustained(orders: Orders, count: int) -> tuple[float, float]:
    """Events a second, and a second of CPU, of `count` directors that find all events waiting, once all have begun."""
    orders.folder.mkdir(parents=True)
    create_topics(orders)
    feeder = Feeder(orders, all_at_once=True)
    feeder.run()
    with workers(orders) as (crew, notes):
        for slot in range(count):
            crew.start(slot)
        wait_for(lambda: notes.look() and len({note.pid for note in notes.all}) == count, WARM_S)
        begun, before, spent = time.monotonic(), len(notes.covered), crew.cpu_s()
        wait_for(lambda: notes.look() and len(notes.covered) >= feeder.fed, 300.0)
        done = len(notes.covered) - before
        return done / (time.monotonic() - begun), done / (crew.cpu_s() - spent)
