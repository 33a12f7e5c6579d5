"""A varied, repeatable choice from a stream of any length, in bounded memory."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")
MAX_GROUPS = 400


class Sampler(Generic[Item]):
    """The first of each group in turn, however large a group is; holds about twice `limit` items at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._of_a_group = limit
        self._held = 0
        self._groups: dict[Hashable, list[Item]] = {}
        self.total = 0

    def offer(self, group: Hashable, item: Item) -> None:
        """Take note of an item; beyond MAX_GROUPS groups, those of new groups are only counted."""
        self.total += 1
        if group not in self._groups and len(self._groups) >= MAX_GROUPS:
            return
        kept = self._groups.setdefault(group, [])
        if len(kept) < self._of_a_group:
            kept.append(item)
            self._held += 1
            if self._held > 2 * self._limit + MAX_GROUPS:
                self._shrink()

    def chosen(self) -> list[Item]:
        """At most `limit` items, one of each group after another until all have been seen.

        Groups start at different items, since the first ones of many groups tend to come from the same source.
        """
        groups = list(self._groups.values())
        rounds = max((len(kept) for kept in groups), default=0)
        turns = (
            kept[(turn + number) % len(kept)]
            for turn in range(rounds)
            for number, kept in enumerate(groups)
            if turn < len(kept)
        )
        return [item for item, _ in zip(turns, range(self._limit), strict=False)]

    def _shrink(self) -> None:
        """Keep no more of a group than taking turns can still come to: groups only grow, so that bound only falls."""
        sizes = [len(kept) for kept in self._groups.values()]
        while sum(min(size, self._of_a_group - 1) for size in sizes) >= self._limit:
            self._of_a_group -= 1
        for kept in self._groups.values():
            del kept[self._of_a_group :]
        self._held = sum(map(len, self._groups.values()))
