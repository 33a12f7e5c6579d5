"""The command line teaches: every help has an example, every list is complete, errors are no tracebacks."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import typer.main

from infra.cli import app
from schemas.taxonomy import taxonomy
from streams.rules import policy as policies
from tests.integration.conftest import Call
from tests.integration.running import mine, nhr
from workers import roster
from workers.editors.classic import Editor


def commands() -> list[list[str]]:
    """Every command and group, as words."""
    group = typer.main.get_command(app())
    found: list[list[str]] = [[]]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found.append([name])
        found += [[name, below] for below in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words) or "nhr")
def test_every_help_explains_each_option_in_80_columns(
    monkeypatch: pytest.MonkeyPatch, call: Call, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = call(*words, "--help")
    assert (result.status, result.err) == (0, "")
    options = re.findall(r"^  (--?\S.*?)(?:  |$)\s*(.*)$", result.out, re.MULTILINE)
    assert [option for option, text in options if not text and f"{option}\n   " not in result.out] == []
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize("words", [[], ["mine"], ["report"], ["show"], ["export"], ["models"], ["doctor"], ["policy"]])
def test_the_help_of_a_command_shows_how_it_is_used(call: Call, words: list[str]) -> None:
    usage, _, rest = call(*words, "--help").out.partition("\n")
    assert usage.startswith("Usage: nhr")
    assert re.search(rf"^ +nhr {words[0] if words else 'mine'} ", rest, re.MULTILINE)


def test_the_command_alone_shows_its_help(call: Call) -> None:
    result = call()
    assert "Commands:" in result.out + result.err


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["mine", "--nosuch"], ["mine", "--scenes", "0"], ["mine", "--scenes", "x"], ["show"]]
)
def test_usage_errors_name_what_is_wrong_and_where_help_is(call: Call, arguments: list[str]) -> None:
    result = call(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("Usage: nhr")
    assert "-h' for help" in result.err
    assert result.err.splitlines()[-1].startswith("Error: ")


def test_the_command_is_installed_and_runs_as_a_process() -> None:
    result = nhr("--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("Usage: nhr")


# --- what there is ----------------------------------------------------------------------------------------------------


def test_models_lists_every_plugin(call: Call) -> None:
    said = call("models").out.split()
    assert [name for kind in roster.FOLDERS for name in (kind, *roster.names(kind)) if name not in said] == []


@pytest.mark.parametrize("kind", roster.FOLDERS)
def test_models_of_a_kind_tells_every_option(call: Call, kind: str) -> None:
    said = call("models", kind).out
    options = [option for name in roster.names(kind) for option in roster.plugin_class(kind, name).OPTIONS.model_fields]
    assert [option for option in options if f"option   {option} " not in said] == []


def test_models_tells_licences_memory_and_extras(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    told = replace(
        Editor.INFO, licence="NC [dev]", commercial=False, memory_gb=24.0, repository="acme/painter", revision="r7",
        accepts="any picture", extra="diffusers",
    )  # fmt: skip
    monkeypatch.setattr(Editor, "INFO", told)
    monkeypatch.setenv("COLUMNS", "240")
    line = next(line for line in call("models").out.splitlines() if " classic " in line and "acme" in line)
    for fact in ("NC [dev]", "no commercial use", "24 GB", "acme/painter at r7", "any picture", "diffusers"):
        assert fact in line
    said = call("models", "editor").out
    for fact in ("NC [dev], no commercial use of its outputs", "acme/painter at r7", 'pip install "nhr[diffusers]"'):
        assert fact in said
    (one,) = [one for one in json.loads(call("models", "editor", "--json").out) if one["name"] == "classic"]
    assert (one["licence"], one["commercial"], one["memory_gb"], one["accepts"]) == (
        "NC [dev]",
        False,
        24.0,
        "any picture",
    )
    assert [option["name"] for option in one["options"]] == list(Editor.OPTIONS.model_fields)
    assert (
        "| editor | `classic` | acme/painter | NC [dev]: no commercial use | 24 GB |"
        in call("models", "--markdown").out
    )


def test_doctor_checks_the_models_that_are_named(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editor, "check", lambda _self: ["no quota is left; ask for more"])
    result = call("doctor", "--out", tmp_path, "--editor", "classic", "--screen", "pixels,null")
    assert result.status == 1
    assert [line for line in result.out.splitlines() if not line.startswith("ok ")] == [
        "BAD  editor classic: no quota is left; ask for more"
    ]


def test_models_lists_every_operation(call: Call) -> None:
    said = call("models", "--operations").out.split()
    assert [name for name in taxonomy().operations if name not in said] == []


def test_policies_are_listed_and_shown_ready_to_be_changed(tmp_path: Path, call: Call) -> None:
    listed = [line.split()[0] for line in call("policy", "show").out.splitlines()]
    assert listed == list(policies.shipped())
    (tmp_path / "mine.toml").write_text(call("policy", "show", "thrifty").out)
    assert policies.read(str(tmp_path / "mine.toml")).policy_id == policies.read("thrifty").policy_id


def test_a_valid_policy_is_told_to_be_so(call: Call) -> None:
    result = call("policy", "check", "paper")
    assert result.status == 0
    assert "valid policy 'paper'" in result.out


# --- doctor -----------------------------------------------------------------------------------------------------------


def test_doctor_finds_a_good_machine_good_and_leaves_nothing_behind(tmp_path: Path, call: Call) -> None:
    result = call("doctor", "--out", tmp_path / "data" / "deep")
    assert result.status == 0, result.out
    assert all(line.startswith("ok ") for line in result.out.splitlines())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_doctor_names_a_folder_that_cannot_be_used(tmp_path: Path, call: Call, out: str) -> None:
    (tmp_path / "file").write_text("a file")
    result = call("doctor", "--out", tmp_path / out)
    assert result.status == 1
    (bad,) = [line for line in result.out.splitlines() if not line.startswith("ok ")]
    assert bad.startswith(f"BAD  folder {tmp_path / out}: ")
    assert "choose one you may write to" in bad


def test_doctor_names_a_bad_database(tmp_path: Path, call: Call) -> None:
    (tmp_path / "nhr.sqlite").write_bytes(b"no database" * 1000)
    result = call("doctor", "--out", tmp_path)
    assert result.status == 1
    assert "it is no SQLite database; move it away" in result.out


# --- after a run ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of triplets."""
    out = tmp_path_factory.mktemp("mined") / "data"
    mine(out, "--scenes", 12)
    return out


def test_a_run_ends_with_the_funnel_and_what_to_do_next(tmp_path: Path, call: Call) -> None:
    said = call("mine", "--prompts", "null", "--scenes", 12, "--out", tmp_path).out
    assert f"null · policy paper · {tmp_path}" in said
    assert "12 of 12 scenes" in said
    assert "Hard filter" in said
    assert f"nhr report --out {tmp_path}\n" in said
    assert f"nhr export --out {tmp_path} --to DIR" in said


def test_report_writes_a_page_into_the_folder(mined: Path, call: Call) -> None:
    result = call("report", "--out", mined)
    assert (result.status, result.out) == (0, f"Page: {mined / 'report.html'}\n")
    assert (mined / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_show_tells_of_a_triplet_by_the_beginning_of_its_id(mined: Path, call: Call) -> None:
    triplet = min((mined / "shelf" / "triplets").rglob("*.json")).stem
    result = call("show", triplet[:20], "--out", mined)
    assert result.status == 0
    assert triplet in result.out
    assert "adherence" in result.out


def test_export_writes_a_line_for_every_triplet_and_with_force_again(tmp_path: Path, mined: Path, call: Call) -> None:
    count = len(list((mined / "shelf" / "triplets").rglob("*.json")))
    for options in ([], ["--force"]):
        result = call("export", "--out", mined, "--to", tmp_path / "set", *options)
        assert (result.status, result.out) == (0, f"{count} triplets in {tmp_path / 'set'}/train\n")
    lines = (tmp_path / "set" / "train" / "metadata.jsonl").read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == count


def test_the_folder_may_come_from_the_environment(mined: Path, monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    monkeypatch.setenv("NHR_OUT", str(mined))
    assert call("report").out == f"Page: {mined / 'report.html'}\n"
