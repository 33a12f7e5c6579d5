"""`python -m tests.faults`: the fault table. Storms of every class in the simulator, and `kill -9` of real processes.

Lost: what a calm run's shelf has and the storm's has not. Twice: jobs with two different answers, triplets told two
ways, what only the storm's shelf has. Stuck: jobs without an answer or a dead letter when everything is quiet. Extra
edits: attempts asked for beyond the calm run's.
"""

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.integration import running
from tests.simulation.checking import Outcome, weather
from tests.simulation.storms import EVERYTHING, LASTING, TRANSIENT
from workers import odds

WIDTH = 100
SCENES = ("--scenes", 40, "--editor", "null:sleep_ms=20")


@dataclass
class Row:
    """A line of the table."""

    what: str
    runs: int = 0
    faults: int = 0
    jobs: int = 0
    triplets: int = 0
    lost: int = 0
    twice: int = 0
    stuck: int = 0
    extra_edits: int = 0

    def add(self, outcome: Outcome) -> None:
        """Add a storm."""
        self.runs += 1
        self.faults += outcome.faults
        self.jobs += outcome.jobs
        self.triplets += outcome.triplets
        self.lost += outcome.lost
        self.twice += outcome.twice + outcome.more
        self.stuck += outcome.stuck + outcome.letters_missing
        self.extra_edits += outcome.extra_edits


def _easy() -> None:
    """Requests in so small campaigns are won far more often than the paper's, as in tests/simulation/conftest.py."""
    odds.DIFFICULTY = (3.0, 2.0)
    logging.disable(logging.CRITICAL)


def storms(seeds: int, first: int) -> Iterator[Row]:
    """One row for each class of faults."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=_easy) as pool:
        for what in [*TRANSIENT, *LASTING, EVERYTHING]:
            row = Row(what)
            for outcome in pool.map(weather, range(first, first + seeds), [what] * seeds, chunksize=4):
                row.add(outcome)
            yield row


def kills(count: int, seed: int) -> Row:
    """Real `nhr mine` processes, killed at random moments and started again."""
    with tempfile.TemporaryDirectory(prefix="nhr-faults-") as folder:
        calm, killed = Path(folder, "calm"), Path(folder, "killed")
        running.mine(calm, *SCENES)
        moments = running.random_moments(seed, count, running.published(calm))
        times = running.mine_killed(killed, moments, *SCENES)
        expected, found = set(running.fingerprint(calm)), set(running.fingerprint(killed))
        told, known = running.recorded(killed), running.recorded(calm)
        return Row(
            "kill -9 of the real process", 1, times, len(known), sum("/triplets/" in key for key, _ in found),
            len(expected - found), len(found - expected) + len(told) - len(set(told)),
            sum(running.undone(killed).values()), len(set(told) - set(known)),
        )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="storms of each class (default 200)")
    parser.add_argument("--first", type=int, default=0, help="first seed (default 0)")
    parser.add_argument("--kills", type=int, default=20, help="kill -9 of real processes (default 20)")
    options = parser.parse_args()
    started = time.monotonic()
    console = Console()
    console.width = max(console.width, WIDTH)  # a number that is cut short tells nothing
    rows: list[Row] = []
    with console.status("") as status:
        for row in storms(options.seeds, options.first):
            rows.append(row)
            status.update(f"{len(rows)} of {len(TRANSIENT) + len(LASTING) + 2} classes: {row.what} done")
        rows.append(kills(options.kills, options.first))
    console.print(table(rows))
    console.print(f"seeds {options.first} to {options.first + options.seeds - 1}, {time.monotonic() - started:.0f} s")
    raise SystemExit(any(row.lost or row.twice or row.stuck or row.extra_edits for row in rows))


def table(rows: Sequence[Row]) -> Table:
    """The rows and their sum."""
    made = Table(box=None)
    names = ("faults injected", "runs", "times", "jobs", "triplets", "lost", "twice", "stuck", "extra edits")
    for name in names:
        made.add_column(name, justify="left" if name == names[0] else "right", no_wrap=True)
    total = Row("all", *(sum(column) for column in islice(zip(*map(astuple, rows), strict=True), 1, None)))
    for row in (*rows, total):
        what, *numbers = astuple(row)
        made.add_row(what, *(f"{number:,}" for number in numbers))
    return made


if __name__ == "__main__":
    main()
