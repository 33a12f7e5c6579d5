"""Mining what language models write: prompts, edits, inverses and composites from a server that speaks their wire."""

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import pytest

from infra import buckets
from infra.blobs.folder import FolderBlobs
from infra.gc import collect
from infra.settings import Settings
from schemas.messages import TextAnswer
from streams import records, shelf
from tests.contract.served import openai_by_rote
from tests.integration.conftest import Call
from tests.integration.running import Result, ended, fingerprint, mine, nhr, published, started, until
from tests.unit.photographic.scenes import photograph
from tests.wire.openai import chat_text, openai_error
from tests.wire.server import Wire
from tests.wire.traffic import Request
from workers.language import standing

NULL = ("--generator", "null", "--gate", "null", "--editor", "null", "--screen", "null", "--judge", "null")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire({"chat": openai_by_rote}) as running:
        yield running


def model(wire: Wire) -> str:
    return f"openai:model=gpt-4o,url={wire.url}/v1"


def prompts(wire: Wire) -> str:
    return f"{model(wire)},pairs=5,seeds=2,edits=3"


def mined(wire: Wire, out: Path, scenes: int = 30) -> Result:
    return mine(out, "--scenes", scenes, *NULL, "--writer", model(wire), prompts=prompts(wire))


def orders(wire: Wire) -> list[Request]:
    """What prompt engineers were asked, writers left out."""
    return [request for request in wire.requests("chat") if b'"scenes"' in request.body]


def test_scenes_are_mined_to_the_end_and_what_they_cost_is_told(wire: Wire, tmp_path: Path, call: Call) -> None:
    summary = mined(wire, tmp_path).summary
    assert (summary["phase"], summary["scenes_done"]) == ("done", 30)
    assert len(orders(wire)) == 3
    spending = summary["funnel"]["spending"]
    assert (spending["prompt"]["answers"], spending["text"]["answers"] > 0) == (3, True)
    assert spending["prompt"]["cost_usd"] > 0
    triplets = list(shelf.triplets(FolderBlobs(tmp_path)))
    assert {triplet.kind for triplet in triplets} >= {"forward", "inverse"}
    page = tmp_path / "page.html"
    assert call("report", "--out", tmp_path, "--to", page).status == 0
    assert "Prompt engineer" in page.read_text(encoding="utf-8")


def test_the_same_command_goes_on_without_paying_again(wire: Wire, tmp_path: Path) -> None:
    mined(wire, tmp_path, scenes=25)
    first = [request.body for request in orders(wire)]
    again = mined(wire, tmp_path, scenes=30).summary
    assert [request.body for request in orders(wire)] == first
    assert again["funnel"]["spending"]["prompt"]["answers"] == len(first)


def test_a_killed_run_asks_for_nothing_twice(wire: Wire, tmp_path: Path) -> None:
    arguments = ("--scenes", 30, *NULL, "--writer", model(wire), "--prompts", prompts(wire))
    for moment in (25, 60):
        with started("mine", "--out", tmp_path / "a", "--json", *arguments) as process:
            if until(partial(_reached, tmp_path / "a", moment), process):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    mined(wire, tmp_path / "a")
    assert len(orders(wire)) == 3
    assert len(list(FolderBlobs(tmp_path / "a").list(standing.FOLDER))) == 3
    assert fingerprint(tmp_path / "a")


def _reached(out: Path, messages: int) -> bool:
    return published(out) >= messages


def test_a_busy_service_is_waited_for(wire: Wire, tmp_path: Path) -> None:
    wire.on("chat", openai_error(429, retry_after=0.2), openai_error(503), openai_by_rote)
    result = mined(wire, tmp_path, scenes=10)
    assert result.summary["scenes_done"] == 10
    log = (tmp_path / "nhr.log").read_text(encoding="utf-8")
    assert log.count("prompter openai: service away") == 1
    assert log.count("prompter openai: service back") == 1


def test_a_service_that_never_answers_is_told_and_the_run_can_be_stopped(wire: Wire, tmp_path: Path) -> None:
    wire.on("chat", openai_error(401))
    command = ("mine", "--out", tmp_path, "--json", "--scenes", 10, *NULL, "--writer", "null")
    with started(*command, "--prompts", prompts(wire)) as process:
        assert wire.wait(1, "chat")
        assert until(lambda: "service away" in _log(tmp_path), process)
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert result.status == 130
    notes = [line for line in result.out.splitlines() if "prompter openai: service away" in line]
    assert notes


def test_what_prompts_cost_counts_towards_the_days_limit(wire: Wire, tmp_path: Path) -> None:
    command = ("mine", "--out", tmp_path, "--json", *NULL, "--writer", "null", "--prompts", prompts(wire))
    with started(*command, NHR_SPEND_USD_A_DAY="0.004") as process:
        assert until(lambda: len(orders(wire)) > 1, process)
        assert wire.wait(2, "chat")
        for line in process.stdout or ():
            if "spend limit of $0.00 reached" in line:
                break
        process.send_signal(signal.SIGINT)
        assert ended(process).status == 130
    cost = sum(meter.cost_usd for meter in standing.spent(FolderBlobs(tmp_path)))
    assert 0.004 <= cost < 0.02


def _log(out: Path) -> str:
    path = out / "nhr.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_model_that_writes_nothing_useful_ends_the_run_in_one_line(wire: Wire, tmp_path: Path) -> None:
    wire.on("chat", lambda request: chat_text('{"scenes": [{"number": 1}]}'))
    result = nhr("mine", "--out", tmp_path, "--scenes", 10, *NULL, "--writer", "null", "--prompts", prompts(wire))
    assert result.status == 2
    (line,) = [line for line in result.err.splitlines() if line.strip()]
    assert "gave 0 of 5 scenes of call 0" in line
    assert "choose another model" in line


def test_what_was_written_is_not_freed(wire: Wire, tmp_path: Path) -> None:
    mined(wire, tmp_path, scenes=10)
    blobs = FolderBlobs(tmp_path)
    before = [list(blobs.list(folder)) for folder in (standing.FOLDER, standing.PLANS)]
    collect(tmp_path, Settings(fsync=False), 0.0)
    assert [list(blobs.list(folder)) for folder in (standing.FOLDER, standing.PLANS)] == before
    assert [len(keys) for keys in before] == [1, 1]


def test_no_rule_of_a_bucket_removes_what_was_written() -> None:
    prefixes = [rule.prefix for rule in buckets.wanted(Settings()) if rule.deed == "Expiration"]
    assert prefixes
    assert not any(standing.FOLDER.startswith(one) or standing.PLANS.startswith(one) for one in prefixes)


def test_without_models_named_nothing_simulated_stands_in(wire: Wire, tmp_path: Path) -> None:
    result = nhr("mine", "--out", tmp_path, "--prompts", prompts(wire))
    assert result.status == 2
    assert "--prompts openai needs --generator, --gate, --editor, --judge, --writer" in result.err
    assert not wire.requests("chat")


def test_photographs_are_mined_with_what_a_vision_model_writes(wire: Wire, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(4):
        cv2.imwrite(str(photos / f"{number}.png"), photograph(96, 64, seed=number)[..., ::-1])
    source = f"openai_photos:model=gpt-4o,url={wire.url}/v1,path={photos}"
    plugins = (
        "--gate",
        "null:yes=1",
        "--editor",
        "null",
        "--screen",
        "null",
        "--judge",
        "null",
        "--writer",
        model(wire),
    )
    summary = mine(tmp_path / "out", *plugins, prompts=source).summary
    assert summary["scenes_done"] == 4
    assert summary["funnel"]["spending"]["prompt"]["answers"] == 4
    asked = len(wire.requests("chat"))
    mine(tmp_path / "out", *plugins, prompts=source)
    assert len(wire.requests("chat")) == asked


def test_inverses_come_from_the_model(wire: Wire, tmp_path: Path) -> None:
    mined(wire, tmp_path, scenes=20)
    texts = [event for event in records.events(FolderBlobs(tmp_path)) if isinstance(event, TextAnswer)]
    assert {event.job.task for event in texts} >= {"inverse"}
    assert all(event.by.startswith("openai@") and event.meter.tokens_in > 0 for event in texts)
    assert json.dumps([event.text for event in texts]).count("walnut") == len(texts)
