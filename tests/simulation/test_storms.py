"""Under any schedule of crashes, stalls, outages, bugs, duplicates and reorderings the shelf is the calm run's."""

import os
from collections import Counter

import pytest

from streams import records
from tests.simulation.checking import Outcome, weather
from tests.simulation.simulator import run
from tests.simulation.storms import EVERYTHING, LASTING, TRANSIENT, stormy

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "2000"))
CHUNK = 50
CLASSES = [*TRANSIENT, *LASTING, EVERYTHING]


def check(seed: int, what: str = "") -> Outcome:
    """One storm against its calm; the seed is in every message."""
    outcome = weather(seed, what)
    assert outcome.fine, outcome
    return outcome


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_storms_end_on_the_calm_runs_shelf(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS)):
        check(seed)


@pytest.mark.parametrize("what", CLASSES)
def test_every_class_of_faults_comes_and_leaves_no_trace(what: str) -> None:
    outcomes = [check(seed, what) for seed in range(100_000, 100_006)]
    assert sum(outcome.faults for outcome in outcomes) > 0
    assert sum(outcome.triplets for outcome in outcomes) > 10


@pytest.mark.parametrize("what", ["duplicates, reordering", "outages", "flaky services"])
def test_nothing_is_paid_twice_while_no_process_ends(what: str) -> None:
    for seed in range(100_000, 100_004):
        world = stormy(seed, what)
        run(world, workers=1)
        assert set(world.answered.values()) == {1}, seed


def test_every_verdict_is_recorded_once_however_often_it_was_told() -> None:
    world = stormy(100_001)
    run(world)
    names = Counter((event.type, event.job_id) for event in records.events(world.kept))
    assert set(names.values()) == {1}
