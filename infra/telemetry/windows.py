"""Acceptance by window in the memory of the one process that mines, counted as `nhr stream rates` counts it."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemas.ports import Clock
from streams import rates
from streams.funnel import Bars
from streams.rates import WINDOWS, Pane, Part, Rates, Seen, Told, Window

LONGEST_S = max(window.size_s for window in WINDOWS)


class Windows:
    """Counts events and triplets as they are told, from any thread; `bars` knows the policies by id."""

    def __init__(self, bars: Callable[[str], Bars | None], clock: Clock) -> None:
        self._bars, self._clock = bars, clock
        self._lock = threading.Lock()
        self._told = 0
        self._panes: dict[Window, dict[int, Pane]] = {window: {} for window in WINDOWS}
        self._triplets: dict[Window, Counter[int]] = {window: Counter() for window in WINDOWS}

    def event(self, event: Any) -> None:
        """Count what was learnt now."""
        if seen := rates.seen(event, self._bars):
            self._add(seen)

    def recall(self, event: Any) -> None:
        """Count what an earlier run recorded, by when it was metered; what never was is passed over.

        Not what it cost: nobody knows which triplets of then it paid for.
        """
        meter = getattr(event, "meter", None)
        if meter is None or meter.at < self._clock.now() - LONGEST_S:  # nearly all of a large shelf
            return
        if seen := rates.seen(event, self._bars):
            self._add(_unbilled(seen))

    def triplet(self, _triplet: object) -> None:
        """Count a triplet that is new on the shelf."""
        now = self._clock.now()
        with self._lock:
            for window, made in self._triplets.items():
                made[window.pane(now)] += 1

    def rates(self) -> Rates:
        """What the windows hold now."""
        now = self._clock.now()
        with self._lock:
            for window, panes in self._panes.items():
                for start in [start for start in panes if start < window.first(now)]:
                    del panes[start]
            totals = {window.name: rates.total(panes.items(), window, now) for window, panes in self._panes.items()}
        return Rates({"": Part("", now, frozenset((0,)), totals)})

    def triplets(self) -> dict[str, int]:
        """The triplets of each window."""
        now = self._clock.now()
        with self._lock:
            for window, made in self._triplets.items():
                for start in [start for start in made if start < window.first(now)]:
                    del made[start]
            return {window.name: made.total() for window, made in self._triplets.items()}

    def _add(self, seen: Seen) -> None:
        now = self._clock.now()
        with self._lock:
            self._told += 1
            told = Told(self._told, now, seen)
            for window, panes in self._panes.items():
                for start, ours in rates.by_pane([told], window, now).items():
                    panes.setdefault(start, Pane()).add(ours)


def _unbilled(seen: Seen) -> Seen:
    made = _unbilled(seen.made) if seen.made else None
    return replace(seen, tokens=0, microdollars=0, made=made)
