"""How much is under way, and so how much more may come in: what is mined never outruns those who work it off."""

from collections.abc import Mapping

from schemas import topics
from schemas.ports import Bus, Clock, Lag, Ledgers

JOBS_PER_SCENE = 8
TO_GATE = ((topics.PROMPTS.name, "generator"), (topics.SOURCES.name, "gate"))


class Backlog:
    """Water marks over the queues and the open ledgers; the recorder, who only writes down, holds nothing up.

    `ahead`: most scenes under way to the gate at once; eight times as many jobs may wait further on. `open_most`: most
    ledgers open, where `ledgers` are given. Looks at most every `every_s` seconds, for looking costs requests; what
    is taken in between is counted.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        ahead: int,
        ledgers: Ledgers | None = None,
        open_most: int = 0,
        every_s: float = 0.0,
    ) -> None:
        self._bus, self._clock, self._ahead, self._every_s = bus, clock, ahead, every_s
        self._ledgers, self._open_most = ledgers, open_most
        self._room, self._look_at = 0, 0.0

    def room(self) -> int:
        """How many scenes may come in now."""
        now = self._clock.monotonic()
        if now >= self._look_at:
            self._room, self._look_at = self._looked(), now + self._every_s
        return self._room

    def took(self, scenes: int) -> None:
        """So many came in since."""
        self._room = max(0, self._room - scenes)

    def _looked(self) -> int:
        lags = self._bus.lag()
        to_gate = sum(lags[group].waiting + lags[group].in_flight for group in TO_GATE)
        if to_gate >= self._ahead or _jobs(lags) >= self._ahead * JOBS_PER_SCENE:
            return 0
        room = self._ahead - to_gate
        if self._ledgers is not None:
            room = min(room, self._open_most - self._ledgers.count("open"))
        return max(0, room)


def _jobs(lags: Mapping[tuple[str, str], Lag]) -> int:
    return sum(lag.waiting for (_, group), lag in lags.items() if group != "recorder")
