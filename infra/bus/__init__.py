"""Buses: embedded (SQLite), in memory for tests and the simulator, and what both can do beyond the port."""

from collections.abc import Mapping
from typing import Protocol

from schemas.ports import Bus, Delivery


class BrowsableBus(Bus, Protocol):
    """A bus whose messages can be read again, as long as they are kept."""

    def read(self, topic: str, start: int = 0, limit: int = 100, partition: int = 0) -> list[Delivery]:
        """Up to `limit` stored messages of a partition from offset `start` on, leased to nobody; none at its end."""

    def floors(self, topic: str, group: str = "") -> Mapping[int, int]:
        """By partition, the lowest offset that `group`, or any group, has not done with; 0 where nobody reads."""

    def ends(self) -> dict[str, int]:
        """How many messages each topic ever had; it only grows, and stays the same while nothing is published."""


class LocalBus(BrowsableBus, Protocol):
    """A bus that lives on this machine and can be looked into."""

    def release_all(self) -> None:
        """End every lease at once; for the one process that knows that no other is at work (a fresh start)."""
