"""The funnel that the index keeps: fed once with each event, its counters and the names it heard of in the file."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from infra.report.pace import LATEST
from schemas import messages as m
from streams import funnel_state
from streams.funnel import Bars, Funnel, Heard, accepted
from streams.records import Event

SLOT_S = 10
"""Seconds of a span in which happenings are counted."""
STATE = "funnel"


class Names:
    """Different names, kept in the file by their hashes."""

    def __init__(self, connection: sqlite3.Connection, what: str, count: int) -> None:
        self._connection, self._what, self.count = connection, what, count

    def add(self, name: str) -> bool:
        """Tell a name; says whether it is new."""
        done = self._connection.execute("INSERT OR IGNORE INTO names VALUES (?, ?, 0)", (self._what, _hash(name)))
        self.count += done.rowcount
        return bool(done.rowcount)


class Lowest:
    """Names kept in the file with the lowest number told of each."""

    def __init__(self, connection: sqlite3.Connection, what: str, counts: Mapping[int, int]) -> None:
        self._connection, self._what, self._counts = connection, what, Counter(counts)

    @property
    def counts(self) -> dict[int, int]:
        """How many names have each number as their lowest."""
        return {number: count for number, count in sorted(self._counts.items()) if count}

    def add(self, name: str, number: int) -> None:
        """Tell a number of a name."""
        key = (self._what, _hash(name))
        found = self._connection.execute("SELECT number FROM names WHERE what = ? AND name = ?", key).fetchone()
        if found is not None and found[0] <= number:
            return
        if found is not None:
            self._counts[found[0]] -= 1
        self._counts[number] += 1
        self._connection.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", (*key, number))


class Counting:
    """Counts events within the transactions of a connection; what is not saved is as if it had not been counted."""

    def __init__(self, connection: sqlite3.Connection, bars: Bars) -> None:
        self._connection, self._bars = connection, bars
        self._pace: Counter[tuple[int, str]] = Counter()
        self._policies: dict[str, Bars] = {}
        self.funnel = self._restored()

    def under(self, policies: Mapping[str, Bars]) -> None:
        """Know these policies as well."""
        self._policies.update(policies)

    def again(self) -> None:
        """Go back to what was saved: a transaction was rolled back."""
        self._pace.clear()
        self.funnel = self._restored()

    def add(self, event: Event) -> None:
        """Count an event."""
        self.funnel.add(event)
        match event:
            case m.GateVerdict():
                self._happened("sources", event.meter.at)
            case m.ScreenVerdict():
                self._happened("attempts", event.meter.at)
            case m.JudgeVerdict() if event.job.kind == "forward":
                self._happened("judged", event.meter.at)
                if accepted(event, self.funnel.bars(event.job.policy_id)):
                    self._happened("survivors", event.meter.at)
            case m.Failure():
                self._happened("failures", event.meter.at)

    def triplet(self, at: float) -> None:
        """Count a triplet that is on the shelf, judged at that time."""
        self._happened("triplets", at)

    def save(self) -> None:
        """Write what was counted; call before the transaction ends."""
        self._connection.executemany(
            "INSERT INTO pace VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(slot, what, count) for (slot, what), count in self._pace.items()],
        )
        self._pace.clear()
        data = json.dumps(funnel_state.state(self.funnel), separators=(",", ":"))
        self._connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (STATE, data))

    def _happened(self, what: str, at: float) -> None:
        if 0 < at < LATEST:
            self._pace[int(at) // SLOT_S, what] += 1

    def _restored(self) -> Funnel:
        saved = saved_state(self._connection)
        prompts, requests, won = saved["heard"] if saved else (0, 0, 0)
        heard = Heard(
            Names(self._connection, "prompts", prompts),
            Names(self._connection, "requests", requests),
            Names(self._connection, "won", won),
            Lowest(self._connection, "first", dict(saved["first"]) if saved else {}),
        )
        if saved is None:
            return Funnel(self._bars, self._policies, heard=heard)
        return funnel_state.restored(saved, self._bars, self._policies, heard)


def saved_state(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The counters that were saved last; None where nothing was counted."""
    found = connection.execute("SELECT data FROM counters WHERE name = ?", (STATE,)).fetchone()
    return json.loads(found[0]) if found else None


def _hash(name: str) -> bytes:
    return blake2b(name.encode(errors="surrogatepass"), digest_size=12).digest()
