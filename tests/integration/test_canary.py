"""`nhr canary`: judges score the labelled set, once a day, and their drift ends it with 1."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra import buckets, wiring
from infra.blobs.folder import FolderBlobs
from infra.canary import days
from infra.services import s3
from tests import s3s, services
from tests.integration.conftest import Call

NOW = datetime.now(UTC)


def kept(out: Path) -> list[str]:
    return list(FolderBlobs(out).list("kept/canary/"))


def aged(out: Path, by: float = 0.0) -> None:
    """Make of today's scores those of yesterday, with an adherence that was higher by so much."""
    blobs = FolderBlobs(out)
    (key,) = kept(out)
    today = days.read(blobs, key)
    marks = {
        name: mark if mark.adherence is None else mark.model_copy(update={"adherence": min(5.0, mark.adherence + by)})
        for name, mark in today.marks.items()
    }
    yesterday = (NOW - timedelta(days=1)).strftime("%Y-%m-%d")
    days.keep(blobs, today.model_copy(update={"date": yesterday, "marks": marks}))
    blobs.delete(key)


def test_the_first_day_is_the_baseline_and_is_kept(call: Call, tmp_path: Path) -> None:
    result = call("canary", "--judge", "measured", "--out", tmp_path)
    assert result.status == 0
    assert "this is the baseline; 20 of 40 cases scored" in result.out
    (key,) = kept(tmp_path)
    assert key.startswith("kept/canary/measured@")


def test_a_judge_that_says_the_same_the_next_day_has_not_drifted(call: Call, tmp_path: Path) -> None:
    call("canary", "--judge", "measured", "--out", tmp_path)
    aged(tmp_path)
    result = call("canary", "--judge", "measured", "--out", tmp_path)
    assert result.status == 0
    assert result.out.endswith("no drift\n")


def test_a_judge_that_has_become_stricter_ends_it_with_1(call: Call, tmp_path: Path) -> None:
    call("canary", "--judge", "measured", "--out", tmp_path)
    aged(tmp_path, by=2.0)
    result = call("canary", "--judge", "measured", "--out", tmp_path)
    assert result.status == 1
    assert "drift: adherence moved by -" in result.out


def test_the_bars_can_be_moved(call: Call, tmp_path: Path) -> None:
    call("canary", "--judge", "measured", "--out", tmp_path)
    aged(tmp_path, by=2.0)
    wide = ("--max-shift", "4", "--max-mae", "4", "--min-rank", "-1")
    assert call("canary", "--judge", "measured", "--out", tmp_path, *wide).status == 0


def test_a_day_is_asked_for_once(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workers.judges import measured

    call("canary", "--judge", "measured", "--out", tmp_path)
    monkeypatch.setattr(measured.Judge, "judge", lambda _self, _tasks: pytest.fail("was asked again"))
    assert call("canary", "--judge", "measured", "--out", tmp_path).status == 0


def test_several_judges_have_baselines_of_their_own_and_json_tells_all(call: Call, tmp_path: Path) -> None:
    result = call("canary", "--judge", "measured", "--judge", "simulated:noise=2", "--out", tmp_path, "--json")
    rows = json.loads(result.out)
    assert [row["judge"].partition("@")[0] for row in rows] == ["measured", "simulated"]
    assert all(row["drift"] == [] and row["cases"] == 40 and row["scored"] == 20 for row in rows)
    assert len(kept(tmp_path)) == 2


def test_without_a_judge_it_says_what_is_missing(call: Call, tmp_path: Path) -> None:
    result = call("canary", "--out", tmp_path)
    assert (result.status, result.err) == (
        2, "nhr: no judge is named; give --judge NAME, such as --judge gemini:model=...\n",
    )  # fmt: skip


def test_a_bucket_keeps_scores_as_a_folder_does(
    call: Call, s3_server: s3.Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    settings = s3s.settings(s3_server, services.name_of(request.node.nodeid))
    buckets.apply(settings)
    monkeypatch.setenv("NHR_S3", settings.s3)
    monkeypatch.setenv("NHR_S3_BUCKET", settings.s3_bucket)
    monkeypatch.setenv("NHR_S3_ACCESS_KEY", settings.s3_access_key)
    monkeypatch.setenv("NHR_S3_SECRET_KEY", settings.secret("s3_secret_key"))
    assert call("canary", "--judge", "measured").status == 0
    with wiring.bucket(settings) as blobs:
        (key,) = blobs.list("kept/canary/")
        assert days.read(blobs, key).scores("adherence")
