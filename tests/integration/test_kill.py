"""`kill -9` of a running `nhr mine` at random moments loses nothing and does nothing twice."""

import os
import random
from pathlib import Path

import pytest

from tests.integration.running import (
    failures,
    fingerprint,
    images_not_kept,
    mine,
    mine_killed,
    published,
    random_moments,
    recorded,
    undone,
)

KILLS = int(os.environ.get("KILLS", "20"))
SCENES = ("--scenes", 2 * KILLS, "--editor", "null:sleep_ms=20")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """A folder mined without disturbance, and its funnel."""
    out = tmp_path_factory.mktemp("undisturbed")
    summary = mine(out, *SCENES).summary
    return out, summary["funnel"]["stages"]


def test_a_run_killed_at_random_moments_ends_like_an_undisturbed_one(
    tmp_path: Path, undisturbed: tuple[Path, list[dict[str, object]]]
) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"to repeat this run: KILL_SEED={seed}")  # shown by pytest when the test fails
    calm, funnel = undisturbed
    moments = random_moments(seed, KILLS * 5 // 4, published(calm))  # a run may be done before its last moment comes

    assert mine_killed(tmp_path, moments, *SCENES, prompts="null") >= KILLS

    assert fingerprint(tmp_path) == fingerprint(calm)
    assert undone(tmp_path) == {}
    assert failures(tmp_path) == []  # nobody is to blame for what somebody else did
    assert recorded(tmp_path) == recorded(calm)
    assert images_not_kept(tmp_path) == []
    assert mine(tmp_path, *SCENES).summary["funnel"]["stages"] == funnel


@pytest.mark.slow
def test_drawn_scenes_killed_at_random_moments_end_like_undisturbed_ones(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"to repeat this run: KILL_SEED={seed}")
    prompts = "grammar:megapixels=0.05"
    mine(tmp_path / "calm", "--scenes", 4, prompts=prompts)
    moments = random_moments(seed, 8, published(tmp_path / "calm"))

    assert mine_killed(tmp_path / "killed", moments, "--scenes", 4, prompts=prompts) >= 6

    assert fingerprint(tmp_path / "killed") == fingerprint(tmp_path / "calm") != []
    assert undone(tmp_path / "killed") == {}
    assert recorded(tmp_path / "killed") == recorded(tmp_path / "calm")
