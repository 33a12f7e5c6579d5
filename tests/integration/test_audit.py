"""`nhr audit` and `nhr tune export` over a folder and over S3: drawn, labelled, told, taken away."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.gallery.labelling import telling
from infra.place import opened
from infra.services import s3
from infra.settings import Settings
from schemas.ports import Blobs
from streams import audits, labels, retractions
from streams.retractions import Retraction
from tests import s3s
from tests.integration.conftest import Call
from tests.integration.test_gallery import write
from tests.unit.gallery.test_labelling import opinion, verdicts
from tests.unit.report.scenes import Campaign

WEEK = "2026-W40"


@dataclass(frozen=True)
class Kept:
    """A place with a small campaign, and how commands are told where it is."""

    blobs: Blobs
    where: tuple[object, ...]


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(3, ("remove", "add"), smaller=8)


@pytest.fixture
def folder(campaign: Campaign, tmp_path: Path) -> Iterator[Kept]:
    data = write(campaign, tmp_path / "data")
    with opened(data, Settings(fsync=False)) as place:
        yield Kept(place.blobs, ("--out", data))


@pytest.fixture
def bucket(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, s3_server: s3.Server, s3_bucket: str) -> Iterator[Kept]:
    settings = {
        "NHR_S3": s3_server.endpoint, "NHR_S3_BUCKET": s3_bucket, "NHR_S3_ACCESS_KEY": s3_server.access_key,
        "NHR_S3_SECRET_KEY": s3_server.secret_key,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with opened(None, s3s.settings(s3_server, s3_bucket)) as place:
        for key in campaign.blobs.list(""):
            place.blobs.put(key, campaign.blobs.get(key))
        yield Kept(place.blobs, ())


def label(kept: Kept, campaign: Campaign, pairs: list[str], adherence: float, rater: str = "ada") -> None:
    known = verdicts(campaign)
    for pair in pairs:
        labels.keep(kept.blobs, opinion(known[pair], rater, adherence, 4.5))


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_a_week_is_drawn_labelled_and_told_and_becomes_tuning_data(
    place: str, campaign: Campaign, tmp_path: Path, call: Call, request: pytest.FixtureRequest
) -> None:
    kept: Kept = request.getfixturevalue(place)
    first = call("audit", "draw", "--week", WEEK, "--size", 10, *kept.where)
    assert (first.status, first.err) == (0, "")
    assert f"Audit of {WEEK}: 10 of 15 triplets that no audit had drawn yet." in first.out
    again = json.loads(call("audit", "draw", "--week", WEEK, "--size", 3, "--json", *kept.where).out)
    pairs = list(audits.read(kept.blobs, WEEK).pairs)
    assert (again["pairs"], again["drawn_from"], again["new"]) == (pairs, 15, False)

    label(kept, campaign, pairs[:6], 5.0)
    label(kept, campaign, pairs[6:8], 2.0)
    told = json.loads(call("audit", "--json", *kept.where).out)
    assert [(one["week"], one["labelled"], one["drawn"]) for one in told["weeks"]] == [(WEEK, 8, 10)]
    assert (told["overall"]["good"], told["overall"]["precision"], told["paper"]) == (6, 0.75, 0.834)
    assert told["overall"]["low"] == pytest.approx(0.4093, abs=1e-4)
    assert told["overall"]["high"] == pytest.approx(0.9285, abs=1e-4)
    assert sum(one["labelled"] for one in told["by"]["kind"].values()) == 8

    known = verdicts(campaign)
    kinds = [known[pair].job.kind for pair in pairs[:8]]
    result = call(
        "tune", "export", "--to", tmp_path / "tuned", "--gcs", "gs://bucket/nhr", "--validation", 0, "--skip-missing",
        "--json", *kept.where,
    )  # fmt: skip
    assert (result.status, result.err) == (0, "")
    written = json.loads(result.out)
    assert written["examples"] == {"train": 8 - kinds.count("composite")}
    assert written["left_out"]["pictures missing"] == kinds.count("composite")  # the campaign draws none for those
    lines = (tmp_path / "tuned" / "gemini" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == written["examples"]["train"] > 0


def test_a_precision_that_is_surely_too_low_ends_with_one(folder: Kept, campaign: Campaign, call: Call) -> None:
    call("audit", "draw", "--week", WEEK, *folder.where)
    pairs = list(audits.read(folder.blobs, WEEK).pairs)
    assert call("audit", "--at-least", 0.8, *folder.where).status == 0
    label(folder, campaign, pairs, 2.0)
    low = call("audit", "--at-least", 0.8, *folder.where)
    assert low.status == 1
    assert "Surely below 80.0 %: all weeks" in low.out
    assert call("audit", "--at-least", 0.1, *folder.where).status == 0
    assert json.loads(call("audit", "show", "--at-least", 0.8, "--json", *folder.where).out)["below"] == ["all weeks"]


def test_tables_tell_weeks_groups_kinds_judges_and_the_paper(folder: Kept, campaign: Campaign, call: Call) -> None:
    for week, size in ((WEEK, 7), ("2026-W41", 100)):
        call("audit", "draw", "--week", week, "--size", size, *folder.where)
    early, late = (list(audits.read(folder.blobs, week).pairs) for week in (WEEK, "2026-W41"))
    label(folder, campaign, early, 5.0)
    label(folder, campaign, late[:4], 2.0)
    gone = late[0].partition("-")[0], late[7].partition("-")[0]
    for name in gone:
        retractions.retract(folder.blobs, Retraction(target="triplet", value=name, reason="x", at=1.0))
    result = call("audit", *folder.where)
    assert (result.status, result.err) == (0, "")
    rows = [line.split() for line in result.out.splitlines()]
    assert [row[:4] for row in rows[1:4]] == [
        [WEEK, "15", "7/7", "7"], ["2026-W41", "8", "4/7", "0"], ["all", "weeks", "11/14", "7"],
    ]  # fmt: skip
    for told in (
        "2026-W41 beside the weeks before it: -100.0 points", "clearly", "object", "composite", "inverse", "critic@1",
        "83.4 %", "3 drawn pairs are still to be labelled", "1 were taken back before", "1 were taken back after",
        "ada alone labelled",
    ):  # fmt: skip
        assert told in result.out
    assert "2026-W41" not in call("audit", "--week", WEEK, *folder.where).out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["audit"], "there is no audit yet; draw one: `nhr audit draw`"),
        (["audit", "--week", "2026-W41"], "there is no audit of 2026-W41; draw it: `nhr audit draw --week 2026-W41`"),
        (["audit", "--week", "soon"], "'soon' is no week; give an ISO week such as 2026-W48"),
        (["audit", "draw", "--week", "2025-W54"], "'2025-W54' is no week"),
        (["audit", "draw", "--week", "9000-W01"], "week 9000-W01 has not begun; give an earlier --week"),
        (["tune", "export", "--to", "x", "--gcs", "s3://bucket"], "--gcs 's3://bucket' is no place in a bucket; give"),
        (["tune", "export", "--to", "x", "--gcs", "gs://bucket", "--inline"], "--gcs and --inline are two places"),
        (
            ["tune", "export", "--to", "x", "--labels", "none.csv"],
            "none.csv cannot be read (No such file",
        ),
        (["tune", "export", "--to", "x"], "there is nothing to train on; label pairs first: `nhr gallery`, Label"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Kept, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, arguments: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments, *folder.where)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert why in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_options_before_a_command_are_not_passed_over(folder: Kept, call: Call) -> None:
    result = call("audit", *folder.where, "draw")
    assert (result.status, result.err) == (2, "nhr: --out stands before draw; give options after the command\n")
    assert list(folder.blobs.list(audits.FOLDER)) == []


def test_labels_of_a_file_are_tuned_with(folder: Kept, campaign: Campaign, tmp_path: Path, call: Call) -> None:
    seen = [pair for pair, one in verdicts(campaign).items() if one.job.kind != "composite"]
    made = [opinion(verdicts(campaign)[pair], "ada", 4.5, 4.5, "=sum") for pair in seen]
    file = tmp_path / "labels.csv"
    file.write_text(telling.as_csv(made), encoding="utf-8")
    result = call(
        "tune", "export", "--labels", file, "--to", tmp_path / "tuned", "--inline", "--reasons", "after",
        "--validation", 0.4, *folder.where,
    )  # fmt: skip
    assert (result.status, result.err) == (0, "")
    assert "Google Cloud documents pictures in buckets alone" in result.out
    lines = [
        json.loads(line)
        for split in ("train", "validation")
        for line in (tmp_path / "tuned" / "chat" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) == len(seen)
    answers = {one["messages"][2]["content"] for one in lines}
    assert answers == {'{"InstructionAdherence": 4.5, "ImageAesthetic": 4.5, "Reason": "=sum"}'}
