"""How fast it went: attempts and released triplets over time, from when the records say that each was answered."""

from collections import Counter
from collections.abc import Mapping

from schemas import messages as m

WIDTHS = (10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600, 28 * 24 * 3600)
"""Seconds a span may be wide."""
MOST_SPANS = 120
LATEST = 4e9
"""Times beyond it (the year 2096) are a broken clock's, and left out."""


class Pace:
    """Counts in spans of time, as narrow as MOST_SPANS allow; times may come in any order.

    It may begin with counts by span, of `width` seconds each.
    """

    def __init__(
        self,
        width: int = WIDTHS[0],
        attempts: Mapping[int, int] | None = None,
        triplets: Mapping[int, int] | None = None,
    ) -> None:
        self.width = width
        self.attempts: Counter[int] = Counter(attempts)
        self.triplets: Counter[int] = Counter(triplets)
        self._awaited: set[bytes] = set()

    def expect(self, triplet_id: str) -> None:
        """Count this triplet, once, when a judge's verdict releases it."""
        self._awaited.add(triplet_id.encode())

    def screened(self, verdict: m.ScreenVerdict) -> None:
        """Count an attempt."""
        self._count(self.attempts, verdict.meter.at)

    def kept(self, verdict: m.JudgeVerdict) -> None:
        """Count the triplet that the judge let pass, if it was released."""
        name = verdict.job.triplet_id.encode()
        if name in self._awaited:
            self._awaited.discard(name)
            self._count(self.triplets, verdict.meter.at)

    def spans(self) -> list[tuple[int, float, float]]:
        """(start in Unix seconds, attempts an hour, triplets an hour) of every span from first to last."""
        slots = self.attempts.keys() | self.triplets.keys()
        if not slots:
            return []
        hourly = 3600 / self.width
        return [
            (slot * self.width, self.attempts[slot] * hourly, self.triplets[slot] * hourly)
            for slot in range(min(slots), max(slots) + 1)
        ]

    def _count(self, series: Counter[int], at: float) -> None:
        if not 0 < at < LATEST:
            return
        series[int(at) // self.width] += 1
        slots = self.attempts.keys() | self.triplets.keys()
        while max(slots) - min(slots) >= MOST_SPANS and self.width < WIDTHS[-1]:
            self._widen()
            slots = self.attempts.keys() | self.triplets.keys()

    def _widen(self) -> None:
        old, self.width = self.width, WIDTHS[WIDTHS.index(self.width) + 1]
        self.attempts = _rebinned(self.attempts, old, self.width)
        self.triplets = _rebinned(self.triplets, old, self.width)


def _rebinned(series: Mapping[int, int], old: int, new: int) -> Counter[int]:
    wider: Counter[int] = Counter()
    for slot, count in series.items():
        wider[slot * old // new] += count
    return wider
