"""Mines through storms on real Kafka and S3, and prints what was lost, done twice or stuck, as a table in Markdown.

python -m tests.chaos                      every storm once (minutes)
python -m tests.chaos --seeds 5 --only "kill -9 of every role"
python -m tests.chaos --scenes 1000 --longer 4

Events: jobs and triplets told of. Lost: what a calm run's shelf has and the storm's has not; more: the reverse. Twice:
what was told in two ways. Stuck: scenes that wait for something when everything is quiet.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.services import kafka, s3
from tests.chaos import table
from tests.chaos.rig import Outcome
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.weather import reference, weather


def main() -> int:
    """Run, print, and fail when anything was lost, twice or stuck."""
    given = _arguments()
    print(f"{given.scenes} scenes a storm, seeds {given.seed} to {given.seed + given.seeds - 1}\n", flush=True)
    print(table.head(), flush=True)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        for outcome in storms(given, Path(name)):
            outcomes.append(outcome)
            print(table.row(outcome), flush=True)
    print(table.total(outcomes))
    return 0 if all(outcome.fine for outcome in outcomes) else 1


def storms(given: argparse.Namespace, folder: Path) -> Iterator[Outcome]:
    """One storm after the other, over servers they share."""
    undisturbed = reference(folder / "calm", given.scenes)
    with kafka.running(folder / "kafka") as brokers, s3.running(folder / "s3") as store:
        shared = {
            "NHR_KAFKA": brokers.servers, "NHR_S3": store.endpoint, "NHR_S3_ACCESS_KEY": store.access_key,
            "NHR_S3_SECRET_KEY": store.secret_key,
        }  # fmt: skip
        for seed in range(given.seed, given.seed + given.seeds):
            for number, kind in enumerate(given.only or SCENARIOS):
                own = {"NHR_KAFKA_PREFIX": f"s{seed}-{number}.", "NHR_S3_BUCKET": f"storm-{seed}-{number}"}
                place = folder / f"storm-{seed}-{number}"
                place.mkdir()
                yield weather(kind, seed, place, shared | own, undisturbed, given.longer)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the first storm of each kind")
    parser.add_argument("--seeds", type=int, default=1, help="storms of each kind")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--longer", type=float, default=1.0, help="times as long stopped, away, in trouble")
    parser.add_argument("--only", action="append", choices=tuple(SCENARIOS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
