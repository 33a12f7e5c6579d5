"""A data folder looked at while others may be at work there: its queues and ledgers, without its lock."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.bus import LocalBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE, LOCK, cluster
from schemas.errors import UserError
from schemas.ports import Bus, Delivery, Ledgers

AT_ONCE = 1000


@dataclass(frozen=True)
class Queues:
    """What is to be done in a folder: its bus, ledgers and cursors. To be read; publishing is safe as well."""

    bus: LocalBus
    ledgers: Ledgers
    cursors: Ledgers


@contextmanager
def looked_into(out: Path, settings: Settings) -> Iterator[Queues | None]:
    """The queues of folder `out`, None where there are none; raises `UserError` when they cannot be read."""
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


def kept(bus: LocalBus, topic: str, start: int = 0) -> Iterator[Delivery]:
    """The stored messages of a topic from offset `start` on, some at a time in memory."""
    while found := bus.read(topic, start, AT_ONCE):
        yield from found
        start = found[-1].offset + 1


def quiet(bus: LocalBus) -> bool:
    """Whether no message is waiting or in flight."""
    return not any(lag.waiting or lag.in_flight for lag in bus.lag().values())
