"""After each storm nothing is lost, twice or stuck, and the shelf is that of a calm run. CHAOS_SEED chooses the storms.

`python -m tests.chaos` runs more of them and prints a table.
"""

import os
from pathlib import Path

import pytest

from tests.chaos.rig import Calm
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.weather import reference, weather

SCENES = 100
SEED = int(os.environ.get("CHAOS_SEED", "0"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Calm, int]:
    return reference(tmp_path_factory.mktemp("calm"), SCENES)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_storm_leaves_the_shelf_of_a_calm_run(
    name: str, tmp_path: Path, cluster_settings: dict[str, str], undisturbed: tuple[Calm, int]
) -> None:
    outcome = weather(name, SEED, tmp_path, cluster_settings, undisturbed)
    assert outcome.fine, outcome
    assert outcome.faults, outcome
