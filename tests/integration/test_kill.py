"""`kill -9` of a running `nhr mine` at random moments loses nothing and does nothing twice."""

import os
import random
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import msgpack
import pytest

from infra.blobs.folder import FolderBlobs
from infra.wiring import DATABASE
from schemas import messages as m
from streams import records
from tests.integration.running import (
    failures,
    fingerprint,
    images_not_kept,
    mine,
    mine_killed,
    published,
    random_moments,
    recorded,
    started,
    undone,
    until,
)

KILLS = int(os.environ.get("KILLS", "20"))
SCENES = ("--scenes", 2 * KILLS, "--editor", "null:sleep_ms=20")
SLOW = ("--editor", "null:sleep_ms=2000")


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


def test_the_funnel_is_whole_although_a_run_was_killed_before_anything_was_recorded(tmp_path: Path) -> None:
    calm = mine(tmp_path / "calm", "--scenes", 10).summary["funnel"]["stages"]
    out = tmp_path / "killed"
    with started("mine", "--prompts", "null", "--scenes", 10, "--out", out, *SLOW) as process:
        assert until(lambda: published(out) > 0 and undone(out).get("open ledgers") == 2, process)
        os.killpg(process.pid, signal.SIGKILL)
    assert list(records.events(FolderBlobs(out))) == []
    assert mine(out, "--scenes", 10).summary["funnel"]["stages"] == calm


def note_of(out: Path) -> tuple[int, list[str]]:
    """Version of the note of jobs in hand, and the jobs."""
    with closing(sqlite3.connect(f"file:{out / DATABASE}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute("SELECT version, data FROM cursors WHERE name = '/in-hand'").fetchone()
        except sqlite3.OperationalError:  # not yet created
            row = None
    if row is None:
        return 0, []
    note = msgpack.unpackb(row[1])
    return row[0], [*note["held"], note["alone"]]


def test_a_job_that_is_in_hand_whenever_somebody_kills_is_not_to_blame(tmp_path: Path) -> None:
    mine(tmp_path / "calm", "--scenes", 1, prompts="null:requests=1")
    verdicts = records.events(FolderBlobs(tmp_path / "calm"))
    edits = frozenset(event.job.job.job_id for event in verdicts if isinstance(event, m.ScreenVerdict))
    out = tmp_path / "killed"
    last = 0

    def editing() -> bool:
        version, jobs = note_of(out) if (out / DATABASE).exists() else (0, [])
        return version > last and not edits.isdisjoint(jobs)

    for _ in range(4):
        with started("mine", "--prompts", "null:requests=1", "--scenes", 1, "--out", out, *SLOW) as process:
            assert until(editing, process)
            os.killpg(process.pid, signal.SIGKILL)
        last, _ = note_of(out)
    mine(out, "--scenes", 1, prompts="null:requests=1")
    assert failures(out) == []
    assert recorded(out) == recorded(tmp_path / "calm")


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
