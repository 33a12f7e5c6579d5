"""The spike of decision 0008: the director as a Faust agent and on the loop, on real Kafka, under the same kills.

    python -m tests.chaos.faust_spike [--kills 30] [--seed 1] [--how agent loop] [--partitions 64]

Starts a Kafka of its own in a temporary folder. For each way it measures the events a second of one and of two
directors that nobody disturbs, then storms: SIGKILL at random moments, now and then SIGTERM, one or two directors
alive, with lasting names (slots) and without. Prints a line for each; exits 1 where anything was lost or strange.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from infra.services import kafka
from tests.chaos.campaign import events
from tests.chaos.crew import Orders
from tests.chaos.remains import percentile
from tests.chaos.storm import Report, Storm, sustained

RATE_EVENTS = 40_000
TOLD = 60_000
FED_PER_S = 1500.0


def main() -> int:
    """Measure and print."""
    chosen = _arguments()
    told = events(chosen.seed, TOLD)
    sound = True
    with tempfile.TemporaryDirectory(prefix="nhr-spike-") as scratch, kafka.running(Path(scratch) / "kafka") as cluster:
        folders = _folders(Path(scratch))
        for how in chosen.how:
            for directors in (1, 2):
                calm = Orders(how, cluster.servers, next(folders), told[:RATE_EVENTS], partitions=chosen.partitions)
                rate, by_cpu = sustained(calm, directors)
                _say(how, f"{directors} undisturbed", f"{rate:,.0f} events/s, {by_cpu:,.0f} a second of CPU")
            for slots in (True, False) if chosen.kills else ():
                orders = Orders(
                    how, cluster.servers, next(folders), told, chosen.seed, chosen.kills, chosen.partitions,
                    FED_PER_S, slots,
                )  # fmt: skip
                report = Storm(orders).run()
                sound = sound and report.sound
                _say(how, f"storm, {'slots' if slots else 'no slots'}", told_of(report))
    return 0 if sound else 1


def told_of(report: Report) -> str:
    """A storm's report in a line."""
    recovery = " / ".join(f"{percentile(report.recoveries, share):.1f}" for share in (0.5, 0.95))
    return (
        f"{report.kills} kills, {report.stops} stops, {report.fed:,} events in {report.seconds:.0f} s: "
        f"lost {report.lost}, messages missing {report.missing}, strange {report.strange}, "
        f"ledgers wrong {report.wrong}; "
        f"settled again {report.settled_again:,}, published again {report.published_again:,} of {report.published:,}; "
        f"recovery p50 / p95 {recovery} s of {len(report.recoveries)}; stalls {report.stalls}; "
        f"ended by themselves {len(report.ends)}"
    )


def _say(how: str, what: str, measured: str) -> None:
    print(f"{how:6} {what:16} {measured}", flush=True)


def _folders(scratch: Path) -> Iterator[Path]:
    return (scratch / f"spike{number}" for number in count())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the director as a Faust agent and on the loop.")
    parser.add_argument("--kills", type=int, default=30, help="0: no storms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=64, help="of the verdicts topic")
    parser.add_argument("--how", nargs="+", choices=("agent", "loop"), default=("agent", "loop"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
