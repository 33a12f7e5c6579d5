"""Buses: embedded (SQLite), in memory for tests and the simulator, and what both can do beyond the port."""

from typing import Protocol

from schemas.ports import Bus, Delivery


class LocalBus(Bus, Protocol):
    """A bus that lives on this machine and can be looked into."""

    def read(self, topic: str, start: int = 0, limit: int = 100) -> list[Delivery]:
        """Up to `limit` stored messages from offset `start` on, leased to nobody; for browsing dead letters."""

    def release_all(self) -> None:
        """End every lease at once; for the one process that knows that no other is at work (a fresh start)."""
