"""Mines through storms on real Kafka and S3, and prints what was lost, done twice or stuck.

python -m tests.chaos                      every storm once (minutes)
python -m tests.chaos --seeds 5 --only "kill -9 of every role"
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from infra.services import kafka, s3
from tests.chaos.rig import Outcome
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.weather import reference, weather

HEADINGS = ("storm", "seed", "faults", "seconds", "events", "triplets", "lost", "more", "twice", "stuck")


def row(outcome: Outcome) -> tuple[str, ...]:
    """An outcome as cells."""
    faults = ", ".join(f"{count} {what}" for what, count in outcome.faults.items())
    numbers = (outcome.events, outcome.triplets, outcome.lost, outcome.more, outcome.twice, outcome.stuck)
    return (outcome.name, str(outcome.seed), faults, f"{outcome.seconds:.0f}", *(f"{number:,}" for number in numbers))


def total(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """All of them together."""
    faults: Counter[str] = Counter()
    for outcome in outcomes:
        faults.update(outcome.faults)
    every = [(one.events, one.triplets, one.lost, one.more, one.twice, one.stuck) for one in outcomes]
    sums = [f"{sum(column):,}" for column in zip(*every, strict=True)]
    return ("all", "", str(faults.total()), f"{sum(one.seconds for one in outcomes):.0f}", *sums)


def main() -> int:
    """Run, print, and fail when anything was lost, twice or stuck."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the first storm of each kind")
    parser.add_argument("--seeds", type=int, default=1, help="storms of each kind")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--only", action="append", choices=tuple(SCENARIOS))
    given = parser.parse_args()
    print(f"{given.scenes} scenes a storm, seeds {given.seed} to {given.seed + given.seeds - 1}", flush=True)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = reference(folder / "calm", given.scenes)
        with kafka.running(folder / "kafka") as brokers, s3.running(folder / "s3") as store:
            shared = {
                "NHR_KAFKA": brokers.servers, "NHR_S3": store.endpoint, "NHR_S3_ACCESS_KEY": store.access_key,
                "NHR_S3_SECRET_KEY": store.secret_key,
            }  # fmt: skip
            print("  ".join(HEADINGS), flush=True)
            for seed in range(given.seed, given.seed + given.seeds):
                for number, kind in enumerate(given.only or SCENARIOS):
                    own = {"NHR_KAFKA_PREFIX": f"s{seed}-{number}.", "NHR_S3_BUCKET": f"storm-{seed}-{number}"}
                    place = folder / f"storm-{seed}-{number}"
                    place.mkdir()
                    outcomes.append(weather(kind, seed, place, shared | own, undisturbed))
                    print("  ".join(row(outcomes[-1])), flush=True)
    print("  ".join(total(outcomes)))
    return 0 if all(outcome.fine for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
