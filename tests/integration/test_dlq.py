"""`nhr dlq` over real folders: what failed is listed, asked again beside or between runs, and ends on the shelf."""

import json
import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from infra.bus.sqlite import SqliteBus
from infra.runtime.clock import SystemClock
from infra.sqlite import Database
from infra.wiring import DATABASE
from schemas import codec, topics
from schemas.ports import Outgoing
from tests.integration.conftest import Call
from tests.integration.running import Result, ended, fingerprint, nhr, published, started, until

LINE = {
    "text": "a red boat on a lake", "seeds": 3,
    "requests": [{"instruction": "Make the boat blue.", "operation": "recolor"}],
}  # fmt: skip
MODELS = ("--generator", "null", "--gate", "null:yes=1", "--editor", "null", "--screen", "null", "--writer", "null")
BAD_JUDGE = ("--judge", "simulated")
"""It refuses null pictures, which are no drawn scenes."""
REASON = "the simulated judge knows only drawn scenes; use --judge measured for photographs"


GOOD_JUDGE = ("--judge", "null")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prompts") / "boats.jsonl"
    path.write_text(json.dumps(LINE))
    return path


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Path:
    """A folder where a judge refused everything."""
    out = tmp_path_factory.mktemp("refused")
    assert nhr(*order(prompts, out, *BAD_JUDGE)).status == 0
    return out


@pytest.fixture
def bad(refused: Path, tmp_path: Path) -> Path:
    """Such a folder of one's own."""
    return Path(copytree(refused, tmp_path / "bad"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Path:
    """What a judge who answers makes of the same prompts."""
    out = tmp_path_factory.mktemp("good")
    assert nhr(*order(prompts, out, *GOOD_JUDGE)).status == 0
    return out


def order(prompts: Path, out: Path, *judge: str) -> tuple[object, ...]:
    return ("mine", "--prompts", prompts, "--out", out, "--policy", "thrifty", "--json", *MODELS, *judge)


def run(call: Call, prompts: Path, out: Path, *judge: str) -> Result:
    result = call(*order(prompts, out, *judge))
    assert (result.status, result.err) == (0, ""), result
    return result


def listed(call: Call, out: Path, *options: object) -> list[dict[str, Any]]:
    """The letters of `nhr dlq ls --json`."""
    result = call("dlq", "ls", "--json", "--out", out, *options)
    assert (result.status, result.err) == (0, ""), result
    return result.json("letter")


def publish(out: Path, *messages: Outgoing) -> None:
    database = Database(out / DATABASE)
    SqliteBus(database, SystemClock()).publish(messages)
    database.close()


def test_what_a_bad_judge_refused_is_asked_again_until_a_good_one_answers(
    bad: Path, good: Path, prompts: Path, call: Call
) -> None:
    """Fail, redrive, fail again, redrive, succeed: the shelf is what a good judge would have given at once."""
    first, out = listed(call, bad), bad
    assert {(one["group"], one["error"], one["reason"], one["state"]) for one in first} == {
        ("judge", "Reject", REASON, "parked")
    }
    said = call("dlq", "redrive", "--group", "judge", "--since", "1h", "--out", out).out
    assert said.splitlines()[0] == f"{len(first)} jobs asked again"
    assert "A running `nhr mine` takes them now; else they wait for the next" in said
    run(call, prompts, out, *BAD_JUDGE)
    again = ["failed again"] * len(first) + ["parked"] * len(first)
    assert [one["state"] for one in listed(call, out, "--all")] == again
    assert call("dlq", "redrive", "--all", "--out", out).out.splitlines()[0] == f"{len(first)} jobs asked again"
    run(call, prompts, out, *GOOD_JUDGE)
    assert {one["state"] for one in listed(call, out, "--all")} == {"answered"}
    assert fingerprint(out) == fingerprint(good) != []


def test_a_redrive_is_taken_by_the_run_that_is_under_way(tmp_path: Path, call: Call) -> None:
    path, out = tmp_path / "boats.jsonl", tmp_path / "data"
    path.write_text(json.dumps(LINE))
    run(call, path, out, *BAD_JUDGE)
    queued = published(out)
    path.write_text(json.dumps(LINE) + "\n" + json.dumps(LINE | {"text": "a green boat", "seeds": 1000}))
    with started(*order(path, out, *GOOD_JUDGE, "--editor", "null:sleep_ms=300")) as mining:
        assert until(lambda: published(out) > queued, mining)
        assert call("dlq", "redrive", "0", "--out", out).status == 0
        assert until(lambda: listed(call, out, "--all")[0]["state"] == "answered", mining)
        mining.terminate()
        assert ended(mining).status == 130


def test_a_dry_run_tells_every_letter_it_would_redrive_and_changes_nothing(bad: Path, call: Call) -> None:
    before, queued = listed(call, bad), published(bad)
    said = call("dlq", "redrive", "--all", "--dry-run", "--out", bad).out.splitlines()
    jobs = [one["job_id"] for one in before]
    assert said[:-1] == [f"{number}: ask judge job {job} again (redrive 1)" for number, job in enumerate(jobs)]
    assert said[-1] == f"{len(before)} jobs would be asked again"
    assert (listed(call, bad), published(bad)) == (before, queued)


def test_a_failed_edit_is_lost_and_its_redrive_refused(tmp_path: Path, prompts: Path, call: Call) -> None:
    run(call, prompts, tmp_path, "--editor", "simulated")
    letters = listed(call, tmp_path, "--all")
    assert {(one["group"], one["state"]) for one in letters} == {("editor", "lost attempt")}
    result = call("dlq", "redrive", "0", "--out", tmp_path)
    assert result.status == 1
    assert result.out.startswith("0: cannot be redriven: a failed edit costs one attempt and cannot be asked again")
    assert call("dlq", "redrive", "--all", "--out", tmp_path).status == 0
    dry = call("dlq", "redrive", "--all", "--dry-run", "--out", tmp_path).out.splitlines()
    assert len(dry) == 2  # however many letters call for nothing
    assert dry[0] == "nothing to redrive"


def test_bytes_that_no_one_can_read_go_back_once(bad: Path, prompts: Path, call: Call) -> None:
    last = listed(call, bad)[-1]["number"]
    publish(bad, Outgoing(topics.TEXT_JOBS.name, "k", b"\xff\x00junk", {"trace": "t"}))
    run(call, prompts, bad, *BAD_JUDGE)
    (letter,) = listed(call, bad, "--error", "undecodable")
    assert (letter["number"], letter["group"], letter["state"]) == (last + 1, "writer", "undecodable")
    assert "ff 00 6a 75 6e 6b" in call("dlq", "show", last + 1, "--out", bad).out
    assert call("dlq", "redrive", last + 1, "--out", bad).out.startswith(f"{last + 1}: put the bytes back on nhr.text-")
    assert "nothing to redrive" in call("dlq", "redrive", last + 1, "--out", bad).out
    run(call, prompts, bad, *BAD_JUDGE)
    states = [one["state"] for one in listed(call, bad, "--all", "--error", "Undecodable")]
    assert states == ["put back", "undecodable"]


def test_a_redrive_does_not_give_the_jobs_of_one_campaign_to_the_models_of_another(
    bad: Path, prompts: Path, call: Call
) -> None:
    assert call("mine", "--prompts", "null", "--scenes", 2, "--out", bad).status == 0
    result = call("dlq", "redrive", "0", "--out", bad)
    assert result.status == 1
    assert "run `nhr mine --campaign boats` first" in result.out
    run(call, prompts, bad, *GOOD_JUDGE)
    assert call("dlq", "redrive", "0", "--out", bad).status == 0


# --- how it is told ---------------------------------------------------------------------------------------------------


def test_the_list_begins_with_kinds_and_ends_with_how_many_stand_how(bad: Path, call: Call) -> None:
    count = len(listed(call, bad))
    lines = [line.rstrip() for line in call("dlq", "ls", "--limit", 2, "--out", bad).out.splitlines()]
    assert lines[0].split() == ["letters", "group", "error", "reason"]
    assert lines[1].split(maxsplit=3) == [str(count), "judge", "Reject", REASON]
    assert lines[3].startswith("no  when")
    assert [line.split()[0] for line in lines[4:6]] == [str(count - 2), str(count - 1)]
    assert lines[-1] == f"{count} letters: {count} parked; {count - 2} older ones not listed (--limit)"


def test_letters_can_be_chosen(bad: Path, call: Call) -> None:
    everything = listed(call, bad)
    assert listed(call, bad, "--since", "1h", "--group", "judge", "--reason", "KNOWS only") == everything
    assert listed(call, bad, "--since", "2999-01-01") == listed(call, bad, "--reason", "nope") == []
    assert call("dlq", "ls", "--group", "gate", "--out", bad).out == "No dead letter is like that.\n"


def test_json_tells_kinds_letters_and_a_summary(bad: Path, call: Call) -> None:
    result = call("dlq", "ls", "--json", "--out", bad)
    (kind,), (summary,) = result.json("kind"), result.json("summary")
    count = len(result.json("letter"))
    assert (kind["group"], kind["count"]) == ("judge", count)
    assert (summary["letters"], summary["states"]) == (count, {"parked": count})


def test_show_tells_the_job_and_what_a_redrive_would_do(bad: Path, call: Call) -> None:
    said = call("dlq", "show", 0, "--out", bad).out
    assert said.startswith("letter 0: parked (holds up what comes after it; a redrive asks again)\n")
    assert re.search(r"^  redrive +ask judge job [0-9a-f]{32} again \(redrive 1\)$", said, re.MULTILINE)
    assert '"instruction": "Make the boat blue."' in said
    shown = json.loads(call("dlq", "show", 0, "--json", "--out", bad).out)
    assert codec.decode(topics.JUDGE_JOBS, bytes.fromhex(shown["bytes"])).job_id == shown["message"]["job_id"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["redrive"], "no letters are named; give numbers, a filter such as --since 2h, or --all"),
        (["redrive", "--limit", "3"], "no letters are named; "),
        (["redrive", "0", "--all"], "numbers and filters do not go together; give one or the other"),
        (["redrive", "0", "--group", "judge"], "numbers and filters do not go together"),
        (["redrive", "999"], "no dead letter 999; `nhr dlq ls --all` lists them"),
        (["show", "999"], "no dead letter 999; "),
        (["ls", "--group", "painter"], "no consumer group is called 'painter'; groups: generator, gate, editor"),
        (["ls", "--since", "yesterday"], "--since 'yesterday' is no time; write 90s, 2h or 7d ago, or a date"),
        (["ls", "--since", "0001-01-01"], "--since '0001-01-01' is no time; "),
    ],
)
def test_what_a_user_gets_wrong_is_told_in_one_line(bad: Path, call: Call, arguments: list[str], says: str) -> None:
    result = call("dlq", *arguments, "--out", bad)
    assert (result.status, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith(f"nhr: {says}")


@pytest.mark.parametrize("words", [["dlq"], ["dlq", "ls"], ["dlq", "show"], ["dlq", "redrive"]])
def test_every_help_shows_how_it_is_used(call: Call, words: list[str]) -> None:
    assert re.search(rf"^ +nhr {' '.join(words)} ", call(*words, "--help").out, re.MULTILINE)


def test_a_folder_without_dead_letters_says_so(good: Path, call: Call) -> None:
    assert call("dlq", "ls", "--out", good).out == "No dead letters.\n"
