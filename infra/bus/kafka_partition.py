"""What was handed out of one partition, what of that is done, and so what may be committed."""

from collections import deque


class Partition:
    """Kafka knows one number for a partition: all below it is done. Here each message handed out is tracked."""

    def __init__(self) -> None:
        self._given: deque[int] = deque()
        self._held: set[int] = set()
        self._next = -1
        self.committed = -1

    def give(self, offset: int) -> None:
        """It is handed out now; offsets grow, with gaps where messages were dropped by their age."""
        if offset < self._next:  # messages were lost on the brokers: what they have is given again
            self.__init__()  # type: ignore[misc]
        if self.committed < 0:
            self.committed = offset
        self._given.append(offset)
        self._held.add(offset)
        self._next = offset + 1

    def done(self, offset: int) -> None:
        """It is done; nothing happens where it is not held."""
        self._held.discard(offset)

    @property
    def held(self) -> bool:
        """Whether anything is in hand."""
        return bool(self._held)

    @property
    def ahead(self) -> int:
        """How many were handed out beyond what may be committed."""
        self._trim()
        return len(self._given)

    @property
    def prefix(self) -> int:
        """All below this is done."""
        self._trim()
        return self._given[0] if self._given else self._next

    def _trim(self) -> None:
        while self._given and self._given[0] not in self._held:
            self._given.popleft()
