"""How old the oldest message is that a group is not done with, where messages have no times: by ends seen earlier."""

from bisect import bisect_right

MOST = 2048
"""Looks that are remembered of a topic; then every second one is forgotten."""


class Ages:
    """Remembers when each topic had how many messages.

    A message was published before the first look that saw it, so it is at least as old as that look: too young by what
    lies between two looks, and by all that was before this process, where it is older than that.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[list[int], list[float]]] = {}

    def note(self, topic: str, end: int, now: float) -> None:
        """The topic has so many messages now."""
        ends, times = self._seen.setdefault(topic, ([], []))
        if not ends or end > ends[-1]:
            ends.append(end)
            times.append(now)
        if len(ends) > MOST:
            del ends[:-1:2], times[:-1:2]

    def of(self, topic: str, first: int, now: float) -> float:
        """For how many seconds at least there has been a message at offset `first`; 0 where there is none."""
        ends, times = self._seen.get(topic, ([], []))
        place = bisect_right(ends, first)
        return max(0.0, now - times[place]) if place < len(ends) else 0.0
