"""The machine's own clock; tests and the simulator pass another."""

import time


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()
