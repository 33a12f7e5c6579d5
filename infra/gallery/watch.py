"""What is at work in the place that is shown: queues, ledgers, consumer groups; looked at while somebody watches."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from infra.looking import is_mined, looked_into
from infra.settings import Settings
from schemas.errors import NhrError

FRESH_S = 3.0
"""Seconds for which a look is good."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A consumer group: messages not done; where a cluster tells, how old the oldest is and how many work at it."""

    name: str
    waiting: int
    in_flight: int | None = None
    oldest_s: float | None = None
    members: int | None = None
    rate: float | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """How the work stands; `mining`: whether anybody is at it (None: not told), `trouble`: why it cannot be said."""

    at: float = 0.0
    mining: bool | None = None
    queues: Sequence[Queue] = ()
    open_ledgers: int | None = None
    dead_letters: int = 0
    warnings: Sequence[str] = ()
    trouble: str = ""


Look = Callable[[], Work]


class Watch:
    """The latest look at a place's work; looking again goes on behind the pages, one look at a time."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._latest = Work()
        self._looking = threading.Lock()

    def latest(self, wait_s: float = 1.0) -> Work:
        """The latest look: a fresh one, if it comes within `wait_s`."""
        if time.time() - self._latest.at > FRESH_S and self._looking.acquire(blocking=False):
            thread = threading.Thread(target=self._again, name="gallery-watch", daemon=True)
            thread.start()
            thread.join(wait_s)
        return self._latest

    def _again(self) -> None:
        try:
            self._latest = self._look()
        except (NhrError, OSError) as error:
            self._latest = Work(at=time.time(), trouble=str(error))
        finally:
            self._looking.release()


def of_folder(out: Path, settings: Settings) -> Look:
    """Looks at the queues of a data folder."""

    def look() -> Work:
        with looked_into(out, settings) as queues:
            if queues is None:
                return Work(at=time.time())
            lags = queues.bus.lag()
            return Work(
                at=time.time(), mining=is_mined(out), open_ledgers=queues.ledgers.count("open"),
                queues=[Queue(group, lag.waiting, lag.in_flight) for (_, group), lag in lags.items()],
            )  # fmt: skip

    return look


def of_cluster(settings: Settings, closing: ExitStack) -> Look:
    """Looks at the cluster that the settings name, if they do; it stays connected until `closing`."""
    looks: list[Look] = []

    def look() -> Work:
        if not settings.kafka:
            return Work(at=time.time())
        if not looks:
            looks.append(_connected(settings, closing))
        return looks[0]()

    return look


def _connected(settings: Settings, closing: ExitStack) -> Look:
    from infra.cluster.status import Observer, where
    from infra.wiring import cluster

    observer = Observer(closing.enter_context(cluster(settings)), where(settings))

    def look() -> Work:
        status = observer.look()
        queues = [
            Queue(
                one.group, one.waiting, None, one.oldest_s if one.waiting else None, one.members, one.rate,
                "paused" if one.paused else "",
            )
            for one in status.groups
        ]  # fmt: skip
        return Work(
            at=time.time(), mining=any(one.members for one in status.groups), queues=queues, open_ledgers=status.open,
            dead_letters=sum(status.dead_letters.values()), warnings=status.warnings(),
        )  # fmt: skip

    return look
