"""What services billed today, all processes together; and who rests once that is as much as a day may cost.

A day is UTC's. Each process writes its own part of the day's document every few seconds, by compare-and-set and as
what it spent since it began: written twice it counts once, and what one life of a process spent the next one finds.
Whoever has billed anything today, in any process, rests when the limit is reached: it takes nothing new and keeps what
it holds, until the next day.

The limit is overshot by what is on its way at that moment: the batches that each such worker has in hand, and what all
processes spend until they have heard of one another (twice `LOOK_EVERY_S`). A process that is killed leaves up to
`LOOK_EVERY_S` of its spending uncounted.
"""

import json
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import TypeAdapter

from schemas import formats
from schemas.ports import Change, Clock, Ledgers, Saved

NAME = "/spent/"
"""Of the documents among the cursors, before the day; no campaign is called so."""
FORMAT = 1
LOOK_EVERY_S = 5.0
TRIES = 20
Parts = dict[str, dict[str, float]]
_PARTS = TypeAdapter(Parts)


class Till:
    """What this process spends, added up with what all others do; for its threads.

    `limit_usd` is what a day may cost, 0: anything.
    """

    def __init__(self, notes: Ledgers, clock: Clock, limit_usd: float = 0.0) -> None:
        self._notes, self._clock, self.limit_usd = notes, clock, limit_usd
        self._name = secrets.token_hex(6)  # of this life of the process alone
        self._own: Parts = {}  # by day and who was billed
        self._others = ("", 0.0)  # the day, and what others spent on it
        self._payers: set[str] = set()
        self._lock = threading.Lock()
        self._look_at = 0.0

    def add(self, payer: str, usd: float) -> None:
        """The payer (a recipe) was billed so much now."""
        if usd <= 0:
            return
        with self._lock:
            parts = self._own.setdefault(self._today(), {})
            parts[payer] = parts.get(payer, 0.0) + usd
            self._payers.add(payer)

    def look(self) -> None:
        """Tell what was spent here and learn what was spent elsewhere, when it is time to."""
        if self._clock.monotonic() >= self._look_at:
            self.tell()

    def tell(self) -> None:
        """Do so now."""
        self._look_at = self._clock.monotonic() + LOOK_EVERY_S
        today = self._today()
        for day in sorted({*self._own, today} if self.limit_usd else self._own):
            self._exchange(day)
            if day < today:
                with self._lock:
                    del self._own[day]

    @property
    def spent_usd(self) -> float:
        """What all have spent today, as far as is known here."""
        day, others = self._others
        today = self._today()
        with self._lock:
            return sum(self._own.get(today, {}).values()) + (others if day == today else 0.0)

    @property
    def reached(self) -> bool:
        """Whether today has cost what it may."""
        return 0 < self.limit_usd <= self.spent_usd

    def rests(self, payer: str) -> bool:
        """Whether the payer is to take nothing new: what costs nothing goes on."""
        return self.reached and payer in self._payers

    @property
    def trouble(self) -> str:
        """Why payers rest, in words for people; "" when they do not."""
        return f"spend limit of ${self.limit_usd:,.2f} reached; resumes at 00:00 UTC" if self.reached else ""

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()

    def _exchange(self, day: str) -> None:
        name = f"{NAME}{day}"
        for _ in range(TRIES):
            saved = self._notes.load([name]).get(name)
            parts = _read(name, saved)
            with self._lock:
                own = dict(self._own.get(day, {}))
            if own and own != parts.get(self._name):
                parts[self._name] = own
                data = json.dumps({"format": FORMAT, "parts": parts}).encode()
                if self._notes.save([Change(name, data, saved.version if saved else 0)]):
                    continue  # somebody else told theirs
            self._learn(day, parts)
            return

    def _learn(self, day: str, parts: Mapping[str, Mapping[str, float]]) -> None:
        others = [part for name, part in parts.items() if name != self._name]
        with self._lock:
            self._others = day, sum(sum(part.values()) for part in others)
            self._payers.update(*others)


def spent(notes: Ledgers, now: float) -> float:
    """What was spent, in US dollars, on the day that an instant (Unix seconds) lies in, as far as it was told."""
    name = f"{NAME}{datetime.fromtimestamp(now, UTC).date().isoformat()}"
    return sum(sum(part.values()) for part in _read(name, notes.load([name]).get(name)).values())


def _read(name: str, saved: Saved | None) -> Parts:
    if saved is None:
        return {}
    with formats.readable(f"the note {name} is damaged", "delete it: then nothing was spent that day"):
        raw = json.loads(saved.data)
        formats.check(f"the note {name}", raw, FORMAT)
        return _PARTS.validate_python(raw["parts"])
