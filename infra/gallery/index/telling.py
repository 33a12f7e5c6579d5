"""What the index tells in numbers: the funnel, the course of time, and how fast things went of late."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from infra.gallery.index.counting import SLOT_S, saved_state
from infra.report.pace import MOST_SPANS, WIDTHS, Pace
from streams import funnel_state
from streams.funnel import Funnel
from streams.rules import policy
from streams.tallies import Confusion, ratio

WINDOWS = (("last 5 minutes", 300.0), ("last hour", 3600.0), ("last day", 86_400.0), ("last 7 days", 604_800.0))


@dataclass(frozen=True, slots=True)
class Lately:
    """What happened in a window of time of `seconds`, by name (see `counting`)."""

    title: str
    seconds: float
    counts: Mapping[str, int]

    def hourly(self, what: str) -> float:
        """So many an hour."""
        return self.counts.get(what, 0) * 3600 / self.seconds

    @property
    def survival(self) -> float | None:
        """Survivors of all attempts."""
        return ratio(self.counts.get("survivors", 0), self.counts.get("attempts", 0))


@cache
def default_policy() -> policy.Policy:
    """What decided where nothing tells: read once."""
    return policy.read("paper")


def state(connection: sqlite3.Connection) -> tuple[object, ...]:
    """What changes whenever the funnel or the pace do."""
    found: tuple[object, ...] = connection.execute(
        "SELECT (SELECT max(number) FROM segments), (SELECT max(number) FROM triplets), "
        "(SELECT count(*) FROM retractions), "
        "(SELECT count FROM facets WHERE list = 'triplets' AND name = '' AND value = '')"
    ).fetchone()
    return found


def funnel(connection: sqlite3.Connection) -> Funnel:
    """The funnel as it stands; what is released is what is shown, so that what was taken back is left out."""
    saved, bars = saved_state(connection), default_policy()
    found = funnel_state.restored(saved, bars) if saved else Funnel(bars)
    rows = connection.execute("SELECT name, value, count FROM facets WHERE list = 'triplets' AND count > 0")
    for name, value, count in rows:
        match name:
            case "":
                found.released = count
            case "kind":
                found.released_by_kind[value] = count
            case "operation":
                found.operations[value].released = count
            case "style":
                found.styles[value or "none"].released = count
    truth = dict(
        connection.execute("SELECT truth, count(*) FROM triplets WHERE shown = 1 AND truth NOTNULL GROUP BY truth")
    )
    found.truth["released"] = Confusion(kept_good=truth.get(1, 0), kept_bad=truth.get(0, 0))
    return found


def pace(connection: sqlite3.Connection) -> Pace:
    """Attempts and triplets over all time."""
    what = "what IN ('attempts', 'triplets')"
    first, last = connection.execute("SELECT (SELECT min(slot) FROM pace), (SELECT max(slot) FROM pace)").fetchone()
    if first is None:
        return Pace()
    fitting = (width for width in WIDTHS if (last - first) * SLOT_S // width < MOST_SPANS)
    width = next(fitting, WIDTHS[-1])
    rows = connection.execute(
        f"SELECT slot * {SLOT_S} / {width} AS span, what, sum(count) FROM pace WHERE {what} GROUP BY span, what"
    )
    counts: dict[str, dict[int, int]] = {"attempts": {}, "triplets": {}}
    for span, name, count in rows:
        counts[name][span] = count
    return Pace(width, **counts)


def lately(connection: sqlite3.Connection, now: float | None = None) -> list[Lately]:
    """What happened in each window that ends now; those longer than there is anything to tell of are left out."""
    at = time.time() if now is None else now
    first = connection.execute("SELECT min(slot) * ? FROM pace", (SLOT_S,)).fetchone()[0]
    found = []
    for title, seconds in WINDOWS:
        rows = connection.execute(
            "SELECT what, sum(count) FROM pace WHERE slot >= ? GROUP BY what", (int((at - seconds) // SLOT_S),)
        )
        found.append(Lately(title, seconds, dict(rows.fetchall())))
        if first is None or at - first < seconds:
            break
    return found
