"""`nhr pause`, `resume` and `drain` on a run in a data folder."""

import json
import signal
from pathlib import Path

from tests.integration.running import ended, nhr, published, started, until

MINE = ("mine", "--prompts", "null", "--json")


def done(out: Path, group: str) -> bool:
    """Whether the group has nothing waiting or in hand."""
    lag = json.loads(nhr("status", "--json", "--out", out).out)["queues"][group]
    return bool(lag["waiting"] == lag["in_flight"] == 0)


def test_a_run_waits_for_a_paused_stage_and_goes_on_when_told(tmp_path: Path) -> None:
    with started(*MINE, "--scenes", 1, "--out", tmp_path) as first:
        assert ended(first).status == 0
    assert nhr("pause", "editor", "--out", tmp_path).out.startswith("editor: paused")
    with started(*MINE, "--scenes", 12, "--out", tmp_path) as process:
        before = published(tmp_path)
        assert until(lambda: published(tmp_path) > before and done(tmp_path, "director"), process)
        assert not done(tmp_path, "editor")
        stuck = nhr("drain", "judge", "--out", tmp_path)
        assert (stuck.status, stuck.out) == (2, "")
        assert "editor is paused, so judge would never run dry; first: nhr resume editor" in stuck.err
        assert nhr("resume", "editor", "--out", tmp_path).out == "editor: goes on\n"
        result = ended(process)
    assert result.status == 0
    notes = [note["text"] for note in result.json("note")]
    assert "editor is paused (nhr resume editor)" in notes
    assert "editor: goes on" in notes


def test_a_drained_stage_has_nothing_left_and_takes_nothing_new(tmp_path: Path) -> None:
    with started(*MINE, "--out", tmp_path) as process:
        assert until(lambda: published(tmp_path) > 200, process)
        drained = nhr("drain", "editor", "--out", tmp_path)
        assert (drained.status, drained.err) == (0, "")
        assert drained.out.splitlines()[-1].startswith("editor: drained and paused")
        assert done(tmp_path, "editor")
        process.send_signal(signal.SIGINT)
        assert ended(process).status == 130


def test_a_stage_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    for command in ("pause", "resume", "drain"):
        result = nhr(command, "painter", "--out", tmp_path)
        assert (result.status, result.err.count("\n")) == (2, 1), result
        assert "no stage is called 'painter'; stages: prompter, generator" in result.err


def test_nothing_new_is_taken_in_while_the_disk_is_nearly_full(tmp_path: Path) -> None:
    with started(*MINE, "--scenes", 3, "--out", tmp_path, NHR_MIN_FREE_GB="1e9") as process:
        assert process.stdout is not None
        lines = (json.loads(line) for line in process.stdout)
        told = next(line["text"] for line in lines if line["event"] == "note")
        assert told == "under 1e+09 GB free: nothing new is taken in (nhr gc --dry-run)"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert published(tmp_path) == 0
