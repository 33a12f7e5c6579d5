"""Directors on real Kafka as processes: fed at a steady pace, started and killed, with a note of each settled batch."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from schemas import topics
from schemas.ports import Outgoing

OUTPUTS = tuple(topic.name for topic in topics.ALL if "director" in topic.makers)
OUTPUT_PARTITIONS = 4
LOOK_S = 0.02
PATIENT_MS = 600_000
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
    wanted = {orders.wire: orders.partitions} | {f"{orders.prefix}{name}": OUTPUT_PARTITIONS for name in names}
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


def workers_log(orders: Orders) -> str:
    """The last of what the workers said."""
    path = orders.folder / "workers.log"
    return path.read_text(errors="replace")[-2000:]


def wait_for(condition: Callable[[], bool], patience_s: float) -> bool:
    """Whether `condition` came true in time."""
    until = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S)
    return True
