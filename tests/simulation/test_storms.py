"""Under any schedule of crashes, duplicates and reorderings the shelf is the calm run's."""

import os

import pytest

from streams import records
from streams.rules.facts import decode
from streams.rules.plan import plan
from tests.simulation.simulator import World, calm, quiet, run, stormy

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "2000"))
CHUNK = 50


def check(seed: int) -> World:
    """One storm against its calm; the seed is in every message."""
    reference = run(calm(seed))
    world = stormy(seed)
    assert run(world) == reference, f"seed {seed}: the shelf differs from the calm run's"
    assert quiet(world), f"seed {seed}: something is left over"
    for name, saved in world.saved.load(list(world.saved.names("open"))).items():
        left = plan(decode(saved.data), world.policy)
        assert left.waiting == {}, f"seed {seed}: source {name} waits for ever"
    return world


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_storms_end_on_the_calm_runs_shelf(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS)):
        check(seed)


def test_storms_do_crash_and_do_mine() -> None:
    worlds = [check(seed) for seed in range(100_000, 100_010)]
    assert sum(world.crashes for world in worlds) > 100
    assert sum(sum(1 for _ in world.kept.list("shelf/triplets/")) for world in worlds) > 50


def test_every_verdict_is_recorded_once_however_often_it_was_told() -> None:
    world = stormy(100_001)
    run(world)
    names = [(event.type, event.job_id) for event in records.events(world.kept)]
    assert len(set(names)) == len(names)
