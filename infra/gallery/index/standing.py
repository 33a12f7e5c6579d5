"""How far the index has come, told to the pages while it works."""

import time
from dataclasses import dataclass, field
from threading import Event


@dataclass
class Standing:
    """What the index is doing: `phase` ("" while it rests), how far it is, what it could not read, when it last looked.

    Written by the thread that keeps the index, read by the pages.
    """

    phase: str = ""
    done: int = 0
    total: int = 0
    began: float = 0.0
    looked: float = 0.0
    trouble: str = ""
    unreadable: dict[str, str] = field(default_factory=dict)
    complete: Event = field(default_factory=Event)

    def start(self, phase: str, total: int) -> None:
        """Begin a phase of so many steps."""
        self.phase, self.done, self.total, self.began = phase, 0, total, time.monotonic()

    def rest(self) -> None:
        """Everything there is has been looked at."""
        self.phase, self.looked = "", time.time()
        self.complete.set()

    @property
    def rate(self) -> float:
        """Steps a second of this phase."""
        spent = time.monotonic() - self.began
        return self.done / spent if spent > 0 else 0.0

    @property
    def busy(self) -> bool:
        """Whether there is something worth telling: a first building, or much that is new."""
        return bool(self.phase) and (not self.complete.is_set() or self.total > 500)
