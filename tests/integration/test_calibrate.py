"""`nhr calibrate` as users meet it: labels of a folder, of S3 or of a file; bars that other commands take."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infra.blobs.folder import FolderBlobs
from infra.gallery.labelling.telling import as_csv, as_jsonl
from infra.place import opened
from infra.services import s3
from schemas import messages as m
from schemas.ports import Blobs
from streams import calibrations, labels, records
from streams.labels import Label
from tests import s3s
from tests.integration.conftest import Call
from tests.integration.running import mine

OFFSETS = {"ada": 0.3, "bob": -0.3}


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred scenes of null models, of which two raters labelled sixty judged pairs."""
    out = tmp_path_factory.mktemp("calibrate") / "data"
    mine(out, "--scenes", 100)
    label(FolderBlobs(out, fsync=False))
    return out


def label(blobs: Blobs) -> None:
    """Sixty of what was judged, high and low in turns, by people who see it nearly as the judge does."""
    random = np.random.default_rng(1)
    found = [one for one in records.events(blobs) if isinstance(one, m.JudgeVerdict)]
    found.sort(key=lambda one: (min(one.adherence, one.aesthetics), one.job_id))
    for verdict in found[:: max(1, len(found) // 60)][:60]:
        true = np.array([verdict.adherence, verdict.aesthetics]) + random.normal(0, 0.3, 2)
        for rater, offset in OFFSETS.items():
            given = np.clip(true + offset + random.normal(0, 0.2, 2), 1, 5)
            labels.keep(blobs, _label(verdict, rater, given.tolist()))


def _label(verdict: m.JudgeVerdict, rater: str, given: list[float]) -> Label:
    job = verdict.job
    return Label(
        triplet_id=job.triplet_id, attempt=job.attempt, kind=job.kind, operation=job.request.operation,
        instruction=job.instruction, before=job.before.sha256, after=job.after.sha256, rater=rater, adherence=given[0],
        aesthetics=given[1], job_id=verdict.job_id, judge=verdict.by, accepted=verdict.adherence >= 4.7, at=1.0,
        judged=m.Scores(adherence=verdict.adherence, aesthetics=verdict.aesthetics),
    )  # fmt: skip


def told(call: Call, *arguments: object) -> dict[str, Any]:
    result = call("calibrate", "--json", *arguments)
    assert (result.status, result.err) == (0, "")
    found: dict[str, Any] = json.loads(result.out)
    return found


def judge_of(found: dict[str, Any]) -> dict[str, Any]:
    (one,) = found["judges"]
    assert isinstance(one, dict)
    return one


def test_a_calibration_is_told_and_kept(call: Call, mined: Path) -> None:
    found = told(call, "--out", mined, "--records")
    offsets = {one["name"]: one["offsets"]["adherence"] for one in found["raters"]}
    assert offsets["ada"] - offsets["bob"] == pytest.approx(0.6, abs=0.2)
    one = judge_of(found)
    assert (one["pairs"], one["labels"], one["raters"]) == (60, 120, 2)
    blobs = FolderBlobs(mined)
    kept = calibrations.latest(blobs)[one["judge"]]
    assert one["kept"] in set(blobs.list(calibrations.FOLDER))
    assert kept.figures["adherence.mae"] == pytest.approx(one["scales"]["adherence"]["mae"]["value"], abs=1e-6)
    assert one["survival"]["attempts"] == sum(isinstance(e, m.JudgeVerdict) for e in records.events(blobs))


def test_a_dry_run_keeps_nothing(call: Call, mined: Path) -> None:
    before = set(FolderBlobs(mined).list(calibrations.FOLDER))
    assert judge_of(told(call, "--out", mined, "--dry-run"))["kept"] is None
    assert set(FolderBlobs(mined).list(calibrations.FOLDER)) == before


def test_the_policy_written_is_what_other_commands_decide_by(call: Call, mined: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    options = ("--out", mined, "--dry-run", "--precision", 0.7, "--least", 20)
    bar = judge_of(told(call, *options, "--write", path))["bar"]["told"]["value"]
    assert bar < 4.7
    assert call("policy", "check", path).status == 0
    result = call("redecide", "--policy", path, "--out", mined, "--json")
    assert (result.status, result.err) == (0, "")
    mine(tmp_path / "data", "--scenes", 2, "--policy", path)
    noted = next(iter(records.campaigns(FolderBlobs(tmp_path / "data")).values()))
    assert noted.policy == "paper-calibrated"


def test_a_file_says_what_the_place_does(call: Call, mined: Path, tmp_path: Path) -> None:
    stored = list(labels.latest(FolderBlobs(mined)))
    (tmp_path / "labels.csv").write_text(as_csv(stored), encoding="utf-8", newline="")
    (tmp_path / "labels.jsonl").write_text(as_jsonl(stored), encoding="utf-8")
    expected = told(call, "--out", mined, "--dry-run")
    for name in ("labels.csv", "labels.jsonl"):
        assert told(call, tmp_path / name, "--dry-run") == expected  # without a place


def test_tables_and_plots_are_there_to_look_at(call: Call, mined: Path, tmp_path: Path) -> None:
    result = call("calibrate", "--out", mined, "--dry-run", "--plots", tmp_path / "plots")
    assert (result.status, result.err) == (0, "")
    for words in ("rater", "MAE by true score", "paper's judge, 4.7", "least bar of precision 0.83", "Survival"):
        assert words in result.out
    assert len(list((tmp_path / "plots").glob("*.png"))) == 4


def test_few_labels_are_told_but_make_no_calibrated_judge(call: Call, mined: Path, tmp_path: Path) -> None:
    few = list(labels.latest(FolderBlobs(mined)))[:4]
    (tmp_path / "few.jsonl").write_text(as_jsonl(few), encoding="utf-8")
    before = set(FolderBlobs(mined).list(calibrations.FOLDER))
    result = call("calibrate", tmp_path / "few.jsonl", "--out", mined)
    assert result.status == 0
    assert "Not kept: it rests on fewer than 30 pairs" in result.out
    assert set(FolderBlobs(mined).list(calibrations.FOLDER)) == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("missing.csv", "--dry-run"), "missing.csv cannot be read"),
        (("--judge", "gemini"), "nobody labelled what 'gemini' judged"),
        (("--policy", "nowhere.toml"), "no policy 'nowhere.toml'"),
        (("--dry-run", "--write", "missing/mine.toml", "--precision", "0.5", "--least", "20"), "cannot be written"),
        (("--dry-run", "--write", "mine.toml", "--least", "1000"), "no bar was found"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    call: Call, mined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("calibrate", *arguments, "--out", mined)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("nhr: ")
    assert why in result.err
    assert result.err.count("\n") == 1


def test_where_nobody_labelled_the_next_step_is_said(call: Call, tmp_path: Path) -> None:
    (tmp_path / "data" / "shelf").mkdir(parents=True)
    result = call("calibrate", "--out", tmp_path / "data")
    assert result.status == 2
    assert f"no labels of judged pairs in {tmp_path / 'data'}; give some in the gallery" in result.err


@pytest.fixture
def bucket(mined: Path, s3_server: s3.Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    """What was mined, in a bucket that the settings name."""
    named = {
        "NHR_S3": s3_server.endpoint, "NHR_S3_BUCKET": s3_bucket, "NHR_S3_ACCESS_KEY": s3_server.access_key,
        "NHR_S3_SECRET_KEY": s3_server.secret_key,
    }  # fmt: skip
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    with opened(None, s3s.settings(s3_server, s3_bucket)) as place:
        here = FolderBlobs(mined)
        for prefix in (labels.FOLDER, records.VERDICTS):
            for key in here.list(prefix):
                place.blobs.put(key, here.get(key))
        yield place.blobs


def test_in_a_bucket_it_is_the_same(call: Call, mined: Path, bucket: Blobs) -> None:
    here = judge_of(told(call, "--out", mined, "--records", "--dry-run"))
    there = judge_of(told(call, "--records"))
    assert there | {"kept": None} == here
    assert set(bucket.list(calibrations.FOLDER)) == {there["kept"]}
