"""`nhr redecide`: null scenes mined under one policy come, under another, to what mining them under that one gives."""

import json
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgpack
import pytest

from infra.settings import Settings
from infra.wiring import DATABASE, LOCK, embedded
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Change
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, images_not_kept, mine, nhr, recorded, undone
from workers import roster

SCENES = 40
NULL = tuple(f"--{kind}" if at == 0 else "null" for kind in roster.KINDS for at in range(2))

Redecide = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def thrifty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("thrifty") / "data"
    mine(out, "--scenes", SCENES, "--policy", "thrifty")
    return out


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("paper") / "data"
    mine(out, "--scenes", SCENES, "--policy", "paper")
    return out


@pytest.fixture
def redecided(call: Call) -> Redecide:
    """What `nhr redecide --json` says; it must succeed."""

    def run(out: Path, *arguments: object) -> dict[str, Any]:
        result = call("redecide", "--out", out, "--json", *arguments)
        assert (result.status, result.err) == (0, ""), result
        said = json.loads(result.out)
        assert isinstance(said, dict)
        return said

    return run


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the database's."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((DATABASE, LOCK)))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def drawn(out: Path) -> int:
    """How many scenes were ever asked for in a folder."""
    with closing(sqlite3.connect(out / DATABASE)) as connection:
        (count,) = connection.execute("SELECT next FROM bus_topics WHERE name = ?", (topics.PROMPTS.name,)).fetchone()
    return int(count)


def test_under_the_campaigns_own_policy_nothing_changes(tmp_path: Path, thrifty: Path, redecided: Redecide) -> None:
    said = redecided(thrifty, "--to", tmp_path / "new")
    assert (said["policy"], said["kept"], said["sources"]) == ("thrifty", said["before"], SCENES)
    assert (said["gained"], said["lost"], said["swapped"], said["undecided"], said["calls"]) == (0, 0, 0, 0, {})
    assert fingerprint(tmp_path / "new") == fingerprint(thrifty)
    assert recorded(tmp_path / "new") == recorded(thrifty)


def test_from_five_attempts_to_one_by_one_nothing_need_be_asked(
    tmp_path: Path, paper: Path, thrifty: Path, redecided: Redecide
) -> None:
    said = redecided(paper, "--policy", "thrifty", "--to", tmp_path / "new")
    assert (said["undecided"], said["calls"]) == (0, {})
    assert fingerprint(tmp_path / "new") == fingerprint(thrifty)
    assert recorded(tmp_path / "new") == recorded(thrifty)
    assert images_not_kept(tmp_path / "new") == []


def test_just_what_is_undecided_is_done_and_comes_to_what_mining_anew_gives(
    tmp_path: Path, thrifty: Path, paper: Path, redecided: Redecide
) -> None:
    said = redecided(thrifty, "--policy", "paper", "--to", tmp_path / "new", "--issue")
    assert said["undecided"] > 0
    assert set(said["calls"]) == {"edit"}
    result = nhr(*shlex.split(said["next"])[1:], "--json")
    assert (result.status, result.err) == (0, "")
    assert fingerprint(tmp_path / "new") == fingerprint(paper)
    assert recorded(tmp_path / "new") == recorded(paper)
    assert (undone(tmp_path / "new"), images_not_kept(tmp_path / "new")) == ({}, [])
    assert drawn(tmp_path / "new") == 0


def test_scenes_from_a_file_are_not_drawn_anew_either(tmp_path: Path, redecided: Redecide) -> None:
    lines = [
        {"text": f"scene {n}", "requests": [{"instruction": f"edit {e}", "operation": "recolor"} for e in range(4)]}
        for n in range(20)
    ]
    (tmp_path / "scenes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for folder, policy in (("old", "thrifty"), ("anew", "paper")):
        mine(tmp_path / folder, "--policy", policy, *NULL, prompts=str(tmp_path / "scenes.jsonl"))
    said = redecided(tmp_path / "old", "--policy", "paper", "--to", tmp_path / "new", "--issue")
    result = nhr(*shlex.split(said["next"])[1:], "--json")
    assert (result.status, result.err) == (0, "")
    assert recorded(tmp_path / "new") == recorded(tmp_path / "anew")
    assert fingerprint(tmp_path / "new") == fingerprint(tmp_path / "anew")
    assert drawn(tmp_path / "new") == 0


def test_scenes_under_way_when_it_was_interrupted_go_on_in_the_new_folder(tmp_path: Path, redecided: Redecide) -> None:
    mine(tmp_path / "old", "--scenes", 10, "--policy", "thrifty")
    mine(tmp_path / "anew", "--scenes", 14, "--policy", "paper")
    with embedded(tmp_path / "old", Settings(fsync=False)) as stores:
        scenes = [item for item in islice(roster.prompter("null").intake("null", 10), 4) if isinstance(item, m.Prompt)]
        stores.bus.publish([codec.outgoing(scene) for scene in scenes])
        version = stores.cursors.load(["null"])["null"].version
        stores.cursors.save([Change("null", msgpack.packb({"format": 1, "cursor": 14}), version)])
    said = redecided(tmp_path / "old", "--policy", "paper", "--to", tmp_path / "new", "--issue")
    assert said["calls"]["generate"] == 4
    assert nhr(*shlex.split(said["next"])[1:], "--json").status == 0
    assert recorded(tmp_path / "new") == recorded(tmp_path / "anew")
    assert fingerprint(tmp_path / "new") == fingerprint(tmp_path / "anew")
    assert drawn(tmp_path / "new") == 4


def test_no_model_is_called(
    tmp_path: Path, thrifty: Path, redecided: Redecide, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*_arguments: object) -> None:
        raise AssertionError("a plug-in was built")

    monkeypatch.setattr(roster, "build", built)
    monkeypatch.setattr(roster, "plugin_class", built)
    before = files(thrifty)
    assert redecided(thrifty, "--policy", "paper")["undecided"] > 0
    assert redecided(thrifty, "--policy", "paper", "--to", tmp_path / "new", "--issue")["undecided"] > 0
    assert files(thrifty) == before


def test_lower_bars_gain_and_higher_bars_lose(paper: Path, redecided: Redecide) -> None:
    lower = redecided(paper, "--set", "judge.adherence=4.0", "--set", "judge.aesthetics=4.4")
    assert lower["gained"] > 0 == lower["lost"]
    assert lower["policy"] == "paper-adherence-4.0-aesthetics-4.4"
    higher = redecided(paper, "--set", "judge.adherence=4.8", "--limit", 2)
    assert higher["lost"] > 0 == higher["gained"]
    assert higher["kept"] + higher["lost"] == higher["before"]
    assert [example["fate"] for example in higher["examples"]] == ["lost", "lost"]


def test_run_again_it_writes_the_same_bytes_and_queues_nothing_twice(
    tmp_path: Path, thrifty: Path, redecided: Redecide
) -> None:
    arguments = ("--policy", "paper", "--to", tmp_path / "new")
    redecided(thrifty, *arguments)
    first = files(tmp_path / "new")
    redecided(thrifty, *arguments, "--issue")
    queued = undone(tmp_path / "new")
    redecided(thrifty, *arguments, "--issue")
    assert undone(tmp_path / "new") == queued
    assert first.items() <= files(tmp_path / "new").items()


def test_a_run_that_was_cut_short_is_gone_on_with(
    tmp_path: Path, thrifty: Path, redecided: Redecide, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--policy", "paper", "--to", tmp_path / "cut", "--issue")
    with monkeypatch.context() as broken:
        broken.setattr("infra.cli.redecide.NewFolder.finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert call("redecide", "--out", thrifty, *arguments).status == 130
    redecided(thrifty, *arguments)
    redecided(thrifty, "--policy", "paper", "--to", tmp_path / "whole", "--issue")
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert undone(tmp_path / "cut") == undone(tmp_path / "whole")


def test_the_new_folder_can_be_read_like_any_other(
    tmp_path: Path, paper: Path, redecided: Redecide, call: Call
) -> None:
    said = redecided(paper, "--set", "judge.adherence=4.8", "--to", tmp_path / "new")
    result = call("export", "--out", tmp_path / "new", "--to", tmp_path / "set")
    assert (result.status, result.out) == (0, f"{said['after']} triplets in {tmp_path / 'set'}/train\n")
    again = redecided(tmp_path / "new", "--policy", "paper")
    assert (again["before"], again["lost"], again["undecided"]) == (said["after"], 0, 0)


def test_what_was_retracted_stays_so_in_the_new_folder(
    tmp_path: Path, thrifty: Path, redecided: Redecide, call: Call
) -> None:
    shutil.copytree(thrifty, tmp_path / "old")
    triplet = min((thrifty / "shelf" / "triplets").rglob("*.json")).stem
    assert call("retract", triplet, "--reason", "no", "--out", tmp_path / "old").status == 0
    said = redecided(tmp_path / "old", "--to", tmp_path / "new")
    assert (said["gained"], said["kept"]) == (0, said["before"])
    assert redecided(tmp_path / "new")["before"] == said["before"]


# --- on a terminal, and refusals --------------------------------------------------------------------------------------


def test_the_tables_tell_what_changes_what_it_takes_and_what_to_do_next(thrifty: Path, call: Call) -> None:
    said = call("redecide", "--out", thrifty, "--policy", "paper").out
    assert "null under policy paper: " in said
    assert "undecided" in said
    assert "edit calls; each edit is then screened" in " ".join(said.split())
    assert "waits for" in said
    assert said.endswith("the same with --to DIR --issue\n")


def refused(call: Call, *arguments: object) -> str:
    result = call("redecide", *arguments)
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    return line


def test_what_cannot_be_redecided_is_refused_in_one_line(tmp_path: Path, thrifty: Path, call: Call) -> None:
    assert "nothing was mined into" in refused(call, "--out", tmp_path / "nowhere")
    assert "give it with --to DIR" in refused(call, "--out", thrifty, "--issue")
    assert "no campaign 'x' here; campaigns: null" in refused(call, "--out", thrifty, "--campaign", "x")
    assert "no policy 'x'" in refused(call, "--out", thrifty, "--policy", "x")


def test_a_folder_that_is_not_new_is_refused_and_left_alone(
    tmp_path: Path, thrifty: Path, redecided: Redecide, call: Call
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    assert "is not empty; give --to a new one" in refused(call, "--out", thrifty, "--to", tmp_path / "full")
    assert "is not empty; give --to a new one" in refused(call, "--out", thrifty, "--to", thrifty)
    inside = refused(call, "--out", thrifty, "--to", thrifty / "records" / "new")
    assert "lies in the one that is redecided; give --to one beside it" in inside
    assert not (thrifty / "records" / "new").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]
    redecided(thrifty, "--to", tmp_path / "new")
    other = refused(call, "--out", thrifty, "--policy", "paper", "--to", tmp_path / "new")
    assert "was redecided from other records or under another policy; give --to a new one" in other


def test_jobs_of_several_campaigns_are_not_queued_together(tmp_path: Path, call: Call, redecided: Redecide) -> None:
    for campaign in ("a", "b"):
        mine(tmp_path / "old", "--scenes", 5, "--policy", "thrifty", "--campaign", campaign)
    to = ("--policy", "paper", "--to", tmp_path / "new", "--issue")
    assert "give --campaign: a, b" in refused(call, "--out", tmp_path / "old", *to)
    assert redecided(tmp_path / "old", *to, "--campaign", "b")["sources"] == 5
    other = call("mine", "--prompts", "null", "--scenes", 1, "--campaign", "a", "--out", tmp_path / "new")
    assert "campaign 'b' in this folder is not finished" in other.err
