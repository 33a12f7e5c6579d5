"""Buses: embedded (SQLite), in memory for tests and the simulator, and what both can do beyond the port."""

from typing import Protocol

from schemas.ports import Bus, Delivery


class BrowsableBus(Bus, Protocol):
    """A bus whose messages can be read again, as long as they are kept."""

    def read(self, topic: str, start: int = 0, limit: int = 100) -> list[Delivery]:
        """Up to `limit` stored messages from offset `start` on, leased to nobody; for browsing dead letters."""


class LocalBus(BrowsableBus, Protocol):
    """A bus that lives on this machine and can be looked into."""

    def floor(self, topic: str, group: str = "") -> int:
        """The lowest offset that `group`, or any group, has not done with; 0 for a topic that nobody reads."""

    def ends(self) -> dict[str, int]:
        """How many messages each topic ever had: the offset that its next one gets."""

    def release_all(self) -> None:
        """End every lease at once; for the one process that knows that no other is at work (a fresh start)."""
