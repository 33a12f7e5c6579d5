"""`nhr mine` with real models in every role: pipelines of diffusers draw and edit, served models write and judge."""

import json
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from schemas.messages import GateVerdict, JudgeVerdict, ScreenVerdict, TextAnswer
from streams import records, shelf
from tests import tiny
from tests.contract.served import openai_by_rote
from tests.integration.running import nhr
from tests.integration.test_served import gemini
from tests.wire.server import Wire

SCENES = 4


@pytest.mark.slow
def test_tiny_pipelines_and_served_models_mine_end_to_end_and_tell_what_they_took(tmp_path: Path) -> None:
    flux, kontext = (tiny.pipeline(tmp_path / "tiny", family) for family in ("flux", "kontext"))
    out = tmp_path / "data"
    with Wire({"generate": gemini, "chat": openai_by_rote}) as wire:
        written, seen = f"openai:model=gpt-4o,url={wire.url}/v1", f"gemini:model=gemini-2.5-flash,url={wire.url}"
        result = nhr(
            "mine", "--prompts", f"{written},pairs=2,seeds=2,edits=2", "--scenes", SCENES, "--out", out, "--json",
            "--generator", f"flux:model={flux},steps=1,sizes=64x64",
            "--editor", f"flux_kontext:model={kontext},steps=1,sizes=64x64",
            "--gate", seen, "--screen", seen, "--judge", seen, "--writer", written,
            NHR_GEMINI_KEY="key", NHR_OPENAI_KEY="key", patience_s=240,
        )  # fmt: skip
    assert (result.status, result.err) == (0, ""), result
    blobs = FolderBlobs(out)
    assert {one.kind for one in shelf.triplets(blobs)} == {"forward", "inverse", "composite"}
    assert {one.before.width for one in shelf.triplets(blobs)} == {64}

    said = list(records.events(blobs))
    for kind in (GateVerdict, ScreenVerdict, JudgeVerdict, TextAnswer):
        assert all(event.meter.tokens_in and event.meter.cost_usd for event in said if isinstance(event, kind))
    assert all(event.job.meter.seconds > 0 for event in said if isinstance(event, GateVerdict | ScreenVerdict))
    makers = {(event.job.job.subject.made_by, event.job.made_by) for event in said if isinstance(event, ScreenVerdict)}
    assert [tuple(maker.partition("@")[0] for maker in pair) for pair in makers] == [("flux", "flux_kontext")]

    spending = result.summary["funnel"]["spending"]
    assert set(spending) == {"prompt", "generate", "gate", "edit", "screen", "judge", "text"}
    assert nhr("report", "--out", out, "--to", tmp_path / "page.html").status == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    total = sum(spent["cost_usd"] for spent in spending.values())
    assert total > 0
    assert f"{total:,.2f}" in page
    assert json.dumps(SCENES) in page
