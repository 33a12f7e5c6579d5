"""The Faust rates in a process of their own, for tests that kill it.

python -m tests.integration.rates_process SERVERS PREFIX CURSORS.sqlite MEMBER
"""

import os
import signal
import sys
import threading
from pathlib import Path

from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from streams import app, rates
from streams.rules import policy as policies
from tests.chaos.campaign import POLICY
from tests.chaos.spike_worker import end_with

TELL_S = 0.2


def main() -> None:
    """Count until SIGTERM."""
    servers, prefix, cursors, member = sys.argv[1:]
    end_with(os.getppid())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    told, paper = SqliteLedgers(Path(cursors), "cursors"), policies.read(POLICY)
    counting = app.rates_app(
        {paper.policy_id: paper}.get, lambda part: rates.tell(told, part), app.Brokers((servers,), prefix),
        Path(cursors).parent / "faust", SystemClock(), member, every_s=TELL_S,
    )  # fmt: skip
    app.run(counting, stop)


if __name__ == "__main__":
    main()
