"""Looks at the pipeline again and again and tells what is seen; what was seen too long ago is told no more."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.metrics import Metrics
from schemas.errors import NhrError
from schemas.metrics import Metric
from schemas.ports import Clock

STALE_LOOKS = 4
"""After so many intervals without a look that succeeded, nothing of it is told: alerts see that it is absent."""
STALE_S = 10.0
"""But not before so many seconds: a first look takes its time."""
WATCH_S = 1.0
GRACE_S = 5.0

Tell = Callable[[], None]

log = logging.getLogger(__name__)


@dataclass
class Part:
    """What is seen in one look, and the gauges that tell it. `look` gives what sets them.

    Parts know nothing of each other: where S3 is away, what Kafka says is told all the same.
    """

    name: str
    look: Callable[[], Tell]
    told: Sequence[Metric]
    seen_s: float = 0.0
    trouble: str = ""


class Looking:
    """Each part is looked at on a thread of its own every `every_s` seconds: Kafka and S3 may keep a look waiting."""

    def __init__(self, parts: Sequence[Part], meters: Metrics, clock: Clock, every_s: float) -> None:
        self._parts, self._meters, self._clock, self._every_s = parts, meters, clock, every_s
        self._stale_s = max(STALE_LOOKS * every_s, STALE_S)
        self._lock = threading.Lock()
        self._failures: list[BaseException] = []
        for part in parts:
            part.seen_s = clock.monotonic()

    @property
    def trouble(self) -> str:
        """What is not seen, in words for people; "" when all is."""
        return "; ".join(part.trouble for part in self._parts if part.trouble)

    def run(self, stop: threading.Event, turned: Callable[[], None] = lambda: None) -> None:
        """Look until `stop` is set, calling `turned` every second or so; raises what no later look would mend."""
        over = threading.Event()
        threads = [threading.Thread(target=self._again, args=(part, over), daemon=True) for part in self._parts]
        for thread in threads:
            thread.start()
        while not (self._failures or stop.wait(min(WATCH_S, self._every_s))):
            self.drop()
            turned()
        over.set()
        until = self._clock.monotonic() + GRACE_S  # a look that waits for a server would wait on
        for thread in threads:
            thread.join(max(0.0, until - self._clock.monotonic()))
        if self._failures:
            raise self._failures[0]

    def look(self, part: Part) -> None:
        """Look once; what took so long that it may be stale by now is not told."""
        began = self._clock.monotonic()
        try:
            tell = part.look()
        except NhrError as error:
            log.warning("%s cannot be seen: %s", part.name, error)
            return
        with self._lock:
            now = self._clock.monotonic()
            if now - began <= self._stale_s:
                tell()
                part.seen_s, part.trouble = now, ""

    def drop(self) -> None:
        """Tell no more of what was not seen for too long."""
        for part in self._parts:
            with self._lock:
                silent_s = self._clock.monotonic() - part.seen_s
                if silent_s <= self._stale_s:
                    continue
                if not part.trouble:
                    log.warning("%s: not seen for %.0f s, and told no more until they are", part.name, silent_s)
                self._meters.drop(*part.told)
                part.trouble = f"{part.name} cannot be seen"

    def _again(self, part: Part, over: threading.Event) -> None:
        try:
            while not over.is_set():
                self.look(part)
                over.wait(self._every_s)
        except BaseException as error:  # noqa: BLE001 - raised by `run`, on the thread that is waited for
            self._failures.append(error)
