"""The open ledgers of a data folder: how many, since when they are known, and what failures hold up in them."""

from collections import Counter, deque
from itertools import islice

from schemas.ports import Ledgers
from streams.parked import parked
from streams.policies import Policies
from streams.rules import facts

AT_ONCE = 1000
"""Ledgers of earlier runs that are read in one look."""


class OpenLedgers:
    """Looks at their names each time; read are those that something failed in, and once those that were there before.

    `count` and `parked` (requests held up, by stage) are as of the latest look.
    """

    def __init__(self, ledgers: Ledgers, policies: Policies) -> None:
        self._ledgers, self._policies = ledgers, policies
        self._since: dict[str, float] | None = None
        self._unread = deque[str]()
        self._parked: dict[str, tuple[int, tuple[str, ...]]] = {}

    def suspect(self, source_id: str) -> None:
        """A failure of that source was told, or lifted; from any thread."""
        self._unread.append(source_id)

    def look(self, now: float) -> None:
        """Look now (Unix seconds)."""
        names = list(self._ledgers.names("open"))
        if self._since is None:
            self._since = {}
            self._unread.extend(names)
        self._since = {name: self._since.get(name, now) for name in names}
        unread = [self._unread.popleft() for _ in range(min(AT_ONCE, len(self._unread)))]
        self._read([name for name in {*unread, *self._parked} if name in self._since])

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._since or ())

    def oldest_s(self, now: float) -> float:
        """For how many seconds one has been known to be open; 0 where there is none."""
        return now - min((self._since or {}).values(), default=now)

    @property
    def parked(self) -> Counter[str]:
        """What failures hold up, by the stage that failed."""
        return Counter(stage for _, stages in self._parked.values() for stage in stages)

    def _read(self, names: list[str]) -> None:
        before, self._parked = self._parked, {}
        rest = iter(names)
        while batch := list(islice(rest, AT_ONCE)):
            for name, saved in self._ledgers.load(batch).items():
                version, stages = before.get(name, (0, ()))
                if version != saved.version:
                    stages = parked(facts.decode(saved.data), self._policies)
                if stages:
                    self._parked[name] = saved.version, stages
