"""One storm from beginning to end: servers, processes, faults, and what is left beside a calm run."""

import random
import time
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.rig import Calm, Outcome, Rig, calm
from tests.chaos.scenarios import SCENARIOS, served
from tests.integration.running import published


def reference(folder: Path, scenes: int) -> tuple[Calm, int]:
    """The calm run, and how many messages it published."""
    return calm(folder, scenes), published(folder)


def weather(
    name: str, seed: int, folder: Path, shared: Mapping[str, str], undisturbed: tuple[Calm, int], longer: float = 1.0
) -> Outcome:
    """Mine through the storm of that name; `shared` settings name servers, with a prefix and a bucket of its own.

    Whatever lasts for a while lasts `longer` times as long.
    """
    scenario, rng = SCENARIOS[name], random.Random(f"{name} {seed}")
    expected, messages = undisturbed
    started = time.monotonic()
    with served(scenario, shared, folder) as servers:
        rig = Rig(folder, servers.environment, expected, scenario.counts, scenario.dozing, longer)
        with rig.running() as stores:
            scenario.storm(rig, stores, servers, rng, messages)
            rig.finish(stores)
            return rig.outcome(name, seed, time.monotonic() - started, stores)
