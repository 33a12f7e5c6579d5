"""Directors on real Kafka under `kill -9`: fed, killed, drained, and what they left compared with a calm run."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from infra.ledgers.sqlite import SqliteLedgers
from schemas import topics
from schemas.ports import Outgoing
from tests.chaos.campaign import outcome, read_ledgers

OUTPUTS = tuple(topic.name for topic in topics.ALL if "director" in topic.makers)
STALLED_S = 60.0
MOST_STALLS = 5
RECENT_S = 5.0
MOST_PAUSE_S = 4.0
WARM_S = 20.0
LOOK_S = 0.02
PATIENT_MS = 600_000
SLOTS = 2
GENTLE = 0.15
STOP_S = 40.0


@dataclass(frozen=True)
class Orders:
    """How to storm: `how` is "agent" or "loop"; `per_s` events are fed a second until `kills` are done."""

    how: str
    servers: str
    folder: Path
    told: Sequence[Outgoing]
    seed: int = 0
    kills: int = 30
    partitions: int = 8
    per_s: float = 250.0
    fixed_slots: bool = False

    @property
    def prefix(self) -> str:
        """Before every topic and group of this storm."""
        return f"{self.folder.name}-"

    @property
    def wire(self) -> str:
        """The verdicts topic's name on the wire."""
        return f"{self.prefix}{topics.VERDICTS.name}"


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


@dataclass(frozen=True)
class Note:
    """A settled batch."""

    at: float
    pid: int
    events: tuple[tuple[int, int], ...]


class Notes:
    """The file to which every worker appends what it settled."""

    def __init__(self, path: Path) -> None:
        self.path, self.all = path, list[Note]()
        self.covered: set[tuple[int, int]] = set()
        self._position = 0
        path.touch()

    def look(self) -> bool:
        """Read what is new; says whether there was anything."""
        with self.path.open("rb") as file:
            file.seek(self._position)
            lines = [line for line in file.readlines() if line.endswith(b"\n")]
        self._position += sum(map(len, lines))
        for line in lines:
            at, pid, *events = line.split()
            pairs = tuple((int(p), int(o)) for p, _, o in (event.partition(b":") for event in events))
            self.all.append(Note(float(at), int(pid), pairs))
            self.covered.update(pairs)
        return bool(lines)

    def held(self, pid: int, since: float) -> set[int]:
        """Partitions from which a process settled something since then."""
        return {p for note in self.all if note.pid == pid and note.at >= since for p, _ in note.events}

    def moved(self, since: float) -> set[int]:
        """Partitions of which something was settled since then."""
        return {p for note in self.all if note.at > since for p, _ in note.events}


class Workers:
    """The director processes, by slot."""

    def __init__(self, orders: Orders, notes: Path) -> None:
        self._orders, self._notes = orders, notes
        self._alive: dict[int, subprocess.Popen[bytes]] = {}
        self._log = (orders.folder / "workers.log").open("ab")

    def start(self, slot: int) -> None:
        orders = self._orders
        command = [sys.executable, "-m", "tests.chaos.spike_worker", orders.how, orders.servers, orders.prefix]
        command += [str(orders.folder / "ledgers.sqlite"), str(self._notes)]
        command += [str(slot)] if orders.fixed_slots else []
        self._alive[slot] = subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True)

    def slots(self) -> list[int]:
        return sorted(self._alive)

    def kill(self, slot: int) -> tuple[int, float]:
        """SIGKILL; gives the process id and when."""
        process = self._alive.pop(slot)
        at = time.monotonic()
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid, at

    def cpu_s(self) -> float:
        """Seconds of CPU that the processes took so far."""
        times = [psutil.Process(process.pid).cpu_times() for process in self._alive.values()]
        return sum(took.user + took.system for took in times)

    def ended(self) -> list[int]:
        """Slots whose process ended by itself."""
        return [slot for slot, process in self._alive.items() if process.poll() is not None]

    def forget(self, slot: int) -> int:
        """Reap a process that ended by itself; gives its status."""
        return self._alive.pop(slot).wait()

    def stop(self, slot: int) -> None:
        """SIGTERM, and SIGKILL where that is not enough."""
        self._alive[slot].terminate()
        try:
            self._alive[slot].wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill(slot)
        else:
            self.forget(slot)

    def stop_all(self) -> None:
        """Stop every worker."""
        for slot in self.slots():
            self.stop(slot)
        self._log.close()


class Feeder(threading.Thread):
    """Publishes the events at a steady pace, over and over, until told to stop; `all_at_once` runs through once."""

    def __init__(self, orders: Orders, all_at_once: bool = False) -> None:
        super().__init__(daemon=True)
        self._orders, self._burst = orders, all_at_once
        self.fed = 0
        self.enough = threading.Event()

    def run(self) -> None:
        producer = KafkaProducer(
            bootstrap_servers=self._orders.servers, linger_ms=5, max_block_ms=PATIENT_MS,
            delivery_timeout_ms=PATIENT_MS,
        )  # fmt: skip
        started, told = time.monotonic(), self._orders.told
        while not self.enough.is_set():
            due = len(told) if self._burst else int((time.monotonic() - started) * self._orders.per_s)
            for number in range(self.fed, due):
                event = told[number % len(told)]
                producer.send(self._orders.wire, key=event.key.encode(), value=event.value)
            self.fed = max(due, self.fed)
            if self._burst:
                break
            self.enough.wait(0.05)
        producer.flush()
        producer.close()


def create_topics(orders: Orders) -> None:
    """The topics of the director, in and out."""
    admin = KafkaAdminClient(bootstrap_servers=orders.servers)
    names = [*OUTPUTS, topics.DEAD_LETTERS.name]
    wanted = {orders.wire: orders.partitions} | {f"{orders.prefix}{name}": 4 for name in names}
    admin.create_topics([NewTopic(name, count, 1) for name, count in wanted.items()])
    admin.close()


@contextmanager
def workers(orders: Orders) -> Iterator[tuple[Workers, Notes]]:
    """A crew with its notes; stopped in the end."""
    notes = Notes(orders.folder / "notes")
    crew = Workers(orders, notes.path)
    try:
        yield crew, notes
    finally:
        crew.stop_all()


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


def wait_for(condition: Callable[[], bool], patience_s: float) -> bool:
    """Whether `condition` came true in time."""
    until = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S)
    return True


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


def recoveries(kills: Sequence[tuple[float, set[int]]], notes: Sequence[Note]) -> list[float]:
    """Seconds from a kill until every partition the victim worked on moved on; kills hit by a further one are left out.

    A partition that a process had just worked on counts as the victim's.
    """
    settled: dict[int, list[float]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.at):
        for partition in {p for p, _ in note.events}:
            settled[partition].append(note.at)
    taken = []
    for (at, held), (later, _) in pairwise([*kills, (float("inf"), set())]):
        moved = [next((t for t in settled[p] if t > at), float("inf")) for p in held]
        if held and max(moved) < later:
            taken.append(max(moved) - at)
    return sorted(taken)


def end_offsets(orders: Orders) -> dict[int, int]:
    """How many events each partition of the verdicts topic has."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers)
    ends = consumer.end_offsets([TopicPartition(orders.wire, p) for p in range(orders.partitions)])
    consumer.close()
    return {partition.partition: end for partition, end in ends.items()}


def committed(orders: Orders) -> dict[int, int]:
    """How far the director's group acknowledged each partition."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers, group_id=f"{orders.prefix}director")
    done = {p: consumer.committed(TopicPartition(orders.wire, p)) or 0 for p in range(orders.partitions)}
    consumer.close()
    return done


def read_outputs(orders: Orders) -> Counter[tuple[str, str, bytes]]:
    """Every message that was published, as often as it was."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers, auto_offset_reset="earliest")
    partitions = [TopicPartition(f"{orders.prefix}{name}", p) for name in OUTPUTS for p in range(4)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found: Counter[tuple[str, str, bytes]] = Counter()
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for partition, records in consumer.poll(timeout_ms=500).items():
            name = partition.topic.removeprefix(orders.prefix)
            found.update((name, record.key.decode(), record.value) for record in records)
    consumer.close()
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie; NaN where there are none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def workers_log(orders: Orders) -> str:
    """The last of what the workers said."""
    path = orders.folder / "workers.log"
    return path.read_text(errors="replace")[-2000:]
