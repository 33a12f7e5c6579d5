"""A data folder, or the cluster, looked at while others are at work there: its queues and ledgers, without a lock."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from infra.bus import BrowsableBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE, LOCK, cluster
from schemas.errors import UserError
from schemas.ports import Bus, Delivery, Ledgers

AT_ONCE = 1000
FIRST: Mapping[int, int] = {0: 0}
"""From where a topic of one partition is read: dead letters have one everywhere, on one machine all have."""


@dataclass(frozen=True)
class Queues:
    """What is to be done in a place: its bus, ledgers and cursors. To be read; publishing is safe as well."""

    bus: BrowsableBus
    ledgers: Ledgers
    cursors: Ledgers


@contextmanager
def looked_into(out: Path | None, settings: Settings) -> Iterator[Queues | None]:
    """The queues of folder `out`, or without one of the cluster; raises `UserError` when they cannot be read.

    None where there are none: no database in the folder, no Kafka named by the settings.
    """
    if out is None:
        with cluster(settings) if settings.kafka else nullcontext() as stores:
            yield Queues(stores.bus, stores.ledgers, stores.cursors) if stores else None
        return
    path = out / DATABASE
    if not path.is_file():
        yield None
        return
    database = Database(path)
    try:
        bus = SqliteBus(database, SystemClock(), lease_s=settings.lease_s)
        yield Queues(bus, SqliteLedgers(database), SqliteLedgers(database, "cursors"))
    finally:
        database.close()


@dataclass(frozen=True)
class Switchboard:
    """Where people's wishes are noted, and the queues that show how they are obeyed."""

    bus: Bus
    cursors: Ledgers


@contextmanager
def switchboard(out: Path | None, settings: Settings) -> Iterator[Switchboard]:
    """That of folder `out`, or without one of the cluster that the settings name, if they name one."""
    if out is None and settings.s3:
        with cluster(settings) as stores:
            yield Switchboard(stores.bus, stores.cursors)
        return
    folder = out or settings.out
    with looked_into(folder, settings) as queues:
        if queues is None:
            raise UserError(f"nothing was mined into {folder}", "give its --out, or name a cluster (NHR_KAFKA, NHR_S3)")
        yield Switchboard(queues.bus, queues.cursors)


def is_mined(out: Path) -> bool:
    """Whether a process is mining into `out` just now, that is, holds its lock."""
    try:
        with (out / LOCK).open(encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def kept(bus: BrowsableBus, topic: str, starts: Mapping[int, int] = FIRST) -> Iterator[Delivery]:
    """The stored messages of a topic, of each partition from its offset in `starts` on, some at a time in memory."""
    for partition, start in starts.items():
        following = start
        while found := bus.read(topic, following, AT_ONCE, partition):
            yield from found
            following = found[-1].offset + 1


class Calm:
    """Whether nothing was under way from one moment, when this is made, until another."""

    def __init__(self, bus: BrowsableBus) -> None:
        self._bus = bus
        self._ends = bus.ends()  # before it is asked what is queued: whatever is sent from now on is seen
        self._quiet = quiet(bus)

    def lasted(self) -> bool:
        """Whether nothing was queued then and nothing has been sent since, so that nobody had anything to do."""
        return self._quiet and self._bus.ends() == self._ends


def quiet(bus: Bus) -> bool:
    """Whether no message is waiting or in flight."""
    return not any(lag.waiting or lag.in_flight for lag in bus.lag().values())
