"""The speed of the cluster: directors, editors, overhead, recovery and what a triplet costs, on real Kafka and S3.

python -m tests.bench.bench_cluster                                 every row (minutes)
python -m tests.bench.bench_cluster --only directors --events 20000
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UserError
from tests.bench.cluster import directors, editors, overhead, recovery, requests
from tests.bench.cluster.site import Rows, Servers, servers


@dataclass(frozen=True)
class Part:
    """Rows that belong together, and how long they are measured: so many of `unit`."""

    rows: Callable[[Servers, int], Rows]
    unit: str
    number: int
    help: str


PARTS: Mapping[str, Part] = {
    "directors": Part(directors.rows, "events", 6000, "verdict events for each director"),
    "editors": Part(editors.rows, "jobs", 160, "edit jobs for each editor"),
    "overhead": Part(overhead.rows, "sources", 40, "sources, five edit jobs each"),
    "recovery": Part(recovery.rows, "kills", 6, "kills of each role, with and without a slot"),
    "requests": Part(requests.rows, "scenes", 60, "scenes mined"),
}


def rows(only: Sequence[str] = (), numbers: Mapping[str, int] | None = None) -> Iterator[tuple[str, str]]:
    """(what, measured) for the table of `make bench`; one row that says so where Kafka or S3 cannot be had."""
    with tempfile.TemporaryDirectory(prefix="nhr-bench-") as name:
        try:
            with servers(Path(name)) as found:
                for part in only or PARTS:
                    sys.stderr.write(f"measuring {part} of the cluster\n")
                    yield from PARTS[part].rows(found, (numbers or {}).get(part, PARTS[part].number))
        except UserError as error:
            yield "the cluster", f"not measured: {error}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=tuple(PARTS), default=[])
    for part in PARTS.values():
        parser.add_argument(f"--{part.unit}", type=int, default=part.number, help=part.help)
    given = vars(parser.parse_args())
    numbers = {name: given[part.unit] for name, part in PARTS.items()}
    for what, measured in rows(given["only"], numbers):
        print(f"{what:62} {measured}", flush=True)


if __name__ == "__main__":
    main()
