"""`nhr mine` on one machine: the same shelf whatever happens on the way, ends that hold, refusals in one line."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from infra.wiring import DATABASE
from tests.integration.running import ended, fingerprint, mine, nhr, published, started, undone, until

OTHER_WORKERS = ("--workers", "editor=3,director=2", "--workers", "screen=2")
SLOW_EDITOR = ("--editor", "null:sleep_ms=300")


def test_the_shelf_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    mine(tmp_path / "a", "--scenes", 30)
    mine(tmp_path / "b", "--scenes", 30, *OTHER_WORKERS)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != []


@pytest.mark.parametrize("policy", ["paper", "thrifty"])
def test_mining_twice_gives_the_same_shelf(tmp_path: Path, policy: str) -> None:
    mine(tmp_path / "a", "--scenes", 20, "--policy", policy)
    mine(tmp_path / "b", "--scenes", 20, "--policy", policy)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != []


def test_policies_mine_different_shelves(tmp_path: Path) -> None:
    mine(tmp_path / "a", "--scenes", 20, "--policy", "paper")
    mine(tmp_path / "b", "--scenes", 20, "--policy", "thrifty")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")


def test_more_scenes_later_are_as_good_as_all_at_once(tmp_path: Path) -> None:
    mine(tmp_path / "a", "--scenes", 20)
    again = mine(tmp_path / "a", "--scenes", 40)
    mine(tmp_path / "b", "--scenes", 40)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert again.summary["scenes_done"] == 40


def test_a_finished_run_leaves_nothing_open(tmp_path: Path) -> None:
    mine(tmp_path, "--scenes", 20)
    assert undone(tmp_path) == {}


def test_the_summary_agrees_with_the_shelf(tmp_path: Path) -> None:
    summary = mine(tmp_path, "--scenes", 30).summary
    triplets = [key for key, _ in fingerprint(tmp_path) if key.startswith("shelf/triplets/")]
    assert summary["triplets"] == summary["triplets_new"] == sum(summary["funnel"]["released"].values())
    assert summary["triplets"] == len(triplets)
    assert (summary["phase"], summary["scenes_done"]) == ("done", 30)


def test_every_line_of_json_output_is_an_event(tmp_path: Path) -> None:
    result = mine(tmp_path, "--scenes", 5)
    events = [line["event"] for name in ("progress", "summary") for line in result.json(name)]
    assert len(events) == len(result.out.splitlines())


def test_a_target_closes_the_intake_and_what_is_open_is_finished(tmp_path: Path) -> None:
    summary = mine(tmp_path, "--target", 20).summary
    assert 20 <= summary["triplets"] < 120
    assert undone(tmp_path) == {}


def test_a_target_that_is_met_takes_in_nothing_more(tmp_path: Path) -> None:
    mine(tmp_path, "--target", 20)
    shelf, messages = fingerprint(tmp_path), published(tmp_path)
    again = mine(tmp_path, "--target", 20).summary
    assert (fingerprint(tmp_path), published(tmp_path)) == (shelf, messages)
    assert (again["phase"], again["triplets_new"]) == ("done", 0)


def test_a_time_closes_the_intake_and_what_is_open_is_finished(tmp_path: Path) -> None:
    summary = mine(tmp_path, "--for", "0.5s").summary
    assert summary["elapsed_s"] >= 0.5
    assert summary["scenes_done"] > 0
    assert undone(tmp_path) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_and_the_same_command_resumes(tmp_path: Path, number: signal.Signals) -> None:
    mine(tmp_path / "undisturbed", "--scenes", 40)
    total = published(tmp_path / "undisturbed")
    out = tmp_path / "stopped"
    with started("mine", "--prompts", "null", "--scenes", 40, "--out", out) as process:
        assert until(lambda: published(out) > total // 3, process)
        process.send_signal(number)
        result = ended(process)
    assert (result.status, result.err) == (130, "")
    assert "same command goes on" in result.out
    mine(out, "--scenes", 40)
    assert fingerprint(out) == fingerprint(tmp_path / "undisturbed")
    assert undone(out) == {}


def test_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    arguments = ("mine", "--prompts", "null", "--out", tmp_path, "--editor", "null:sleep_ms=50000")
    with started(*arguments) as process:
        assert until(lambda: published(tmp_path) > 50, process)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        while "stopping" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert ended(process).status == -signal.SIGINT


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    with started("mine", "--prompts", "null", "--out", tmp_path, *OTHER_WORKERS) as process:
        assert until(lambda: published(tmp_path) > 200, process)
        process.send_signal(signal.SIGTERM)
        ended(process)
        assert [other.pid for other in psutil.process_iter() if session_of(other) == process.pid] == []


def session_of(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return 0


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_the_run_without_a_traceback(tmp_path: Path) -> None:
    with started("mine", "--prompts", "null", "--out", tmp_path, "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""


# --- refusals ---------------------------------------------------------------------------------------------------------


def refused(*arguments: object) -> str:
    """The one line that a refused command says."""
    result = nhr(*arguments)
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    return line


def stop_in_the_middle(out: Path, *arguments: object) -> None:
    before = published(out)
    with started("mine", "--out", out, *arguments, *SLOW_EDITOR) as process:
        assert until(lambda: published(out) > before + 50, process)
        process.send_signal(signal.SIGTERM)
        assert ended(process).status == 130
    assert undone(out) != {}


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with started("mine", "--prompts", "null", "--out", tmp_path, *SLOW_EDITOR) as process:
        assert until((tmp_path / DATABASE).exists, process)
        line = refused("mine", "--prompts", "null", "--out", tmp_path)
    assert line == f"nhr: another nhr is mining into {tmp_path}; stop it first, or give another --out"


def test_another_campaign_may_follow_one_that_is_finished(tmp_path: Path) -> None:
    mine(tmp_path / "both", "--scenes", 10, "--campaign", "first")
    mine(tmp_path / "both", "--scenes", 10, "--campaign", "second")
    mine(tmp_path / "alone", "--scenes", 10, "--campaign", "second")
    assert set(fingerprint(tmp_path / "both")) > set(fingerprint(tmp_path / "alone"))


def test_another_campaign_is_refused_while_one_is_not_finished(tmp_path: Path) -> None:
    stop_in_the_middle(tmp_path, "--prompts", "null", "--scenes", 20, "--campaign", "first")
    line = refused("mine", "--prompts", "null", "--out", tmp_path, "--campaign", "second")
    assert "campaign 'first' in this folder is not finished; finish it first (--campaign first)" in line


def test_a_later_campaign_that_was_stopped_can_be_finished(tmp_path: Path) -> None:
    mine(tmp_path, "--scenes", 5, "--campaign", "first")
    stop_in_the_middle(tmp_path, "--prompts", "null", "--scenes", 20, "--campaign", "second")
    mine(tmp_path, "--scenes", 20, "--campaign", "second")
    assert undone(tmp_path) == {}


def test_a_campaign_with_nothing_left_to_do_does_not_mind_another_that_is_not_finished(tmp_path: Path) -> None:
    mine(tmp_path, "--target", 10, "--campaign", "first")
    stop_in_the_middle(tmp_path, "--prompts", "null", "--scenes", 20, "--campaign", "second")
    before = undone(tmp_path)
    assert mine(tmp_path, "--target", 10, "--campaign", "first").summary["phase"] == "done"
    assert undone(tmp_path) == before


def test_resuming_with_other_prompts_is_refused(tmp_path: Path) -> None:
    mine(tmp_path, "--scenes", 5, "--campaign", "mine")
    line = refused("mine", "--prompts", "null:requests=2", "--campaign", "mine", "--out", tmp_path)
    assert "campaign 'mine' was begun with --prompts null; go on with those, or choose another --campaign" in line


def test_going_on_with_another_policy_or_model_is_said(tmp_path: Path) -> None:
    mine(tmp_path, "--scenes", 5)
    again = mine(tmp_path, "--scenes", 6, "--policy", "thrifty", "--editor", "null:sleep_ms=1")
    notes = [line["text"] for line in again.json("note")]
    assert [note.split(" from now ")[0].partition(" began with ")[2].split()[0] for note in notes] == [
        "policy",
        "editor",
    ]


# --- simulated models -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_drawn_scenes_give_the_same_shelf_with_other_workers(tmp_path: Path) -> None:
    mine(tmp_path / "a", "--scenes", 6, prompts="grammar")
    mine(tmp_path / "b", "--scenes", 6, *OTHER_WORKERS, prompts="grammar")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != []


@pytest.mark.slow
def test_drawn_scenes_mined_in_two_goes_give_the_same_shelf(tmp_path: Path) -> None:
    mine(tmp_path / "a", "--scenes", 3, prompts="grammar:megapixels=0.1")
    mine(tmp_path / "a", "--scenes", 6, prompts="grammar:megapixels=0.1")
    mine(tmp_path / "b", "--scenes", 6, prompts="grammar:megapixels=0.1")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != []
