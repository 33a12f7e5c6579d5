"""`nhr mine` with a gate, a screen and a judge on served models: drawn scenes, real client libraries, local servers."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.blobs.folder import FolderBlobs
from schemas.messages import GateVerdict, JudgeVerdict, ScreenVerdict
from streams import records
from tests.integration.running import fingerprint, nhr
from tests.wire.gemini import gemini_blocked, gemini_text
from tests.wire.openai import chat_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request

GOOD = {
    "Reason": "All is well.", "AccuratelyDepicts": "yes", "RealisticAndPlausible": "yes",
    "InstructionAdherence": 4.9, "ImageAesthetic": 4.8, "UnwantedChanges": "no", "Aesthetic": "yes",
}  # fmt: skip


def pleased(schema: dict[str, Any]) -> str:
    """The answer of a model that likes what it sees."""
    return json.dumps({name: GOOD[name] for name in schema["properties"]})


def gemini(request: Request) -> Reply:
    return gemini_text(pleased(request.json["generationConfig"]["responseJsonSchema"]))


def openai(request: Request) -> Reply:
    return chat_text(pleased(request.json["response_format"]["json_schema"]["schema"]))


def mined(out: Path, answering: Callable[[Request], Reply] = gemini) -> tuple[dict[str, Any], Wire]:
    """Mine two scenes; the summary, and the server as it was asked."""
    with Wire({"generate": answering, "chat": openai}) as wire:
        judge = f"gemini:model=gemini-2.5-flash,url={wire.url},reason=after"
        arguments = (
            "--prompts", "grammar:megapixels=0.03", "--scenes", "2", "--out", out, "--json",
            "--generator", "simulated:faithful=1", "--editor", "simulated:skill=7",
            "--gate", f"openai:model=gpt-4o,url={wire.url}/v1",
            "--screen", f"pixels,openai:model=gpt-4o,url={wire.url}/v1", "--judge", judge,
        )  # fmt: skip
        result = nhr("mine", *arguments, NHR_GEMINI_KEY="key", NHR_OPENAI_KEY="key")
        assert (result.status, result.err) == (0, ""), result
    return result.summary, wire


def test_scenes_are_mined_end_to_end_and_what_the_models_took_is_recorded(tmp_path: Path) -> None:
    summary, wire = mined(tmp_path)
    assert summary["triplets"] > 0
    assert fingerprint(tmp_path)
    said = list(records.events(FolderBlobs(tmp_path)))
    for kind in (GateVerdict, ScreenVerdict, JudgeVerdict):
        meters = [event.meter for event in said if isinstance(event, kind)]
        assert meters
        assert all(meter.tokens_in > 1000 and meter.cost_usd > 0 for meter in meters)
    assert any("vlm.adherence" in event.measures for event in said if isinstance(event, ScreenVerdict))
    judged = [event for event in said if isinstance(event, JudgeVerdict)]
    assert len(wire.requests("generate")) == len(judged)
    assert {event.reason for event in judged} == {"All is well."}


def strings(found: Any) -> Iterator[str]:
    """Every text in a piece of JSON."""
    if isinstance(found, str):
        yield found
    for one in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from strings(one)


def files(request: Request) -> Iterator[bytes]:
    """The pictures of a request, whichever wire it speaks."""
    for text in strings(request.json):
        data = text.rpartition(",")[2] if text.startswith("data:") else text
        with suppress(ValueError):
            file = base64.b64decode(data, altchars=None if text.startswith("data:") else b"-_", validate=True)
            if len(file) > 1000:
                yield file


def test_the_ground_truth_in_drawn_pictures_reaches_no_model(tmp_path: Path) -> None:
    _, wire = mined(tmp_path)
    drawn = [key for key in FolderBlobs(tmp_path).list("scratch/") if key.endswith(".webp") or "@" in key]
    assert any(b"backdrop" in FolderBlobs(tmp_path).get(key) for key in drawn)
    for route in ("generate", "chat"):
        for request in wire.requests(route):
            seen = list(files(request))
            assert seen
            assert all(file.startswith(b"\xff\xd8\xff") for file in seen)
            assert not any(word in file for file in (*seen, request.body) for word in (b"nhr:note", b"backdrop"))


def test_what_a_service_blocks_is_a_dead_letter_with_the_services_reason(tmp_path: Path) -> None:
    summary, _ = mined(tmp_path, lambda _request: gemini_blocked("PROHIBITED_CONTENT"))
    assert summary["triplets"] == 0
    letters = nhr("dlq", "ls", "--out", tmp_path)
    assert "PROHIBITED_CONTENT" in letters.out
