"""`nhr export` over what was really mined: every kind of data set, from a folder and from S3, and what is told."""

import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from infra.blobs.folder import FolderBlobs
from infra.bysource import by_source
from infra.s3 import Client
from infra.services import s3
from streams import policies, shelf
from streams.statistics.requests import ladder
from tests.integration.conftest import Call
from tests.integration.running import environment, mine
from tests.s3s import settings

PICTURES = "grammar:megapixels=0.03"


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen drawn scenes."""
    out = tmp_path_factory.mktemp("mined") / "data"
    mine(out, "--scenes", 12, prompts=PICTURES)
    return out


def said(call: Call, *arguments: object) -> dict[str, Any]:
    """What `nhr export --json` says."""
    result = call("export", *arguments, "--json")
    assert (result.status, result.err) == (0, "")
    found: dict[str, Any] = json.loads(result.out)
    return found


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_every_triplet_is_in_the_parquet_files_once(mined: Path, tmp_path: Path, call: Call) -> None:
    told = said(call, "--out", mined, "--to", tmp_path / "set", "--layout", "parquet", "--split", "train=0.7,test=0.3")
    found = rows(tmp_path / "set")
    assert sorted(row["triplet_id"] for row in found) == [one.triplet_id for one in shelf.triplets(FolderBlobs(mined))]
    assert told["rows"] == sum(told["splits"].values()) == sum(told["operations"].values()) == len(found)


def test_the_attempts_of_winners_add_up_to_what_the_statistics_count(mined: Path, tmp_path: Path, call: Call) -> None:
    said(call, "--out", mined, "--to", tmp_path / "set", "--layout", "parquet", "--kind", "forward")
    blobs = FolderBlobs(mined)
    known, counted = policies.kept(blobs), Counter[str]()
    for _, events in by_source(blobs):
        counted += ladder(events, known.__getitem__)
    won = Counter({int(name[4:]): count for name, count in counted.items() if name.startswith("won.")})
    told = Counter(row["attempts_to_success"] for row in rows(tmp_path / "set"))
    assert told <= won
    assert sum(told.values()) > 5


def test_pairs_come_from_the_attempts_that_the_judge_turned_down(mined: Path, tmp_path: Path, call: Call) -> None:
    said(call, "--out", mined, "--to", tmp_path / "set", "--what", "preferences", "--min-margin", 0.1)
    found = rows(tmp_path / "set")
    assert found
    forward = {one.triplet_id: one for one in shelf.triplets(FolderBlobs(mined)) if one.kind == "forward"}
    for row in found:
        one = forward[row["triplet_id"]]
        assert (row["chosen_sha256"], row["chosen_attempt"]) == (one.after.sha256, one.edits[0].attempt)
        assert row["rejected_attempt"] != row["chosen_attempt"]
        assert min(row["rejected_adherence"], row["rejected_aesthetics"]) < 4.7
        assert row["margin"] >= 0.1


def test_chains_go_from_the_source_on(mined: Path, tmp_path: Path, call: Call) -> None:
    told = said(call, "--out", mined, "--to", tmp_path / "set", "--what", "chains", "--layout", "parquet")
    found = rows(tmp_path / "set")
    assert told["rows"] == len(found) > 0
    blobs = FolderBlobs(mined)
    for row in found:
        turns = [shelf.read(blobs, name) for name in row["triplet_ids"]]
        assert turns[0].before.sha256 == turns[0].subject.image.sha256
        assert all(one.after == other.before for one, other in pairwise(turns))


def test_the_counts_are_told_in_words(mined: Path, tmp_path: Path, call: Call) -> None:
    result = call(
        "export",
        "--out",
        mined,
        "--to",
        tmp_path / "set",
        "--split",
        "train=0.5,test=0.5",
        "--quota",
        "add=1",
        "--dry-run",
    )
    first, splits, operations, left_out = result.out.splitlines()
    count = len(list(shelf.triplets(FolderBlobs(mined))))
    added = sum(1 for one in shelf.triplets(FolderBlobs(mined)) if one.operation == "add")
    assert first == f"{count - added + 1} triplets would be in {tmp_path / 'set'}"
    assert splits.startswith("by split: train ")
    assert "add 1," in operations
    assert left_out == f"left out: quota {added - 1}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--what", "songs"], "unknown what 'songs'; what: triplets, preferences, chains"),
        (["--what", "chains", "--layout", "nhr"], "the layout nhr cannot hold chains"),
        (["--what", "chains", "--balance", "0.5"], "a chain is of several operations"),
        (["--split", "train=0.5"], "--split 'train=0.5' adds up to 0.5; name splits and their shares"),
        (["--dedup", "phash:13"], "'phash:13' is no way to find duplicates; give exact, phash:N with N up to 12"),
        (["--dedup", "near"], "'near' is no way to find duplicates"),
        (["--images", "gif"], "unknown images 'gif'; images: keep, jpeg, webp, png, jxl"),
        (["--images", "png", "--quality", "9"], "--quality means nothing for --images png"),
        (["--quota", "remove"], "--quota 'remove' is no quota; name an operation and a number"),
        (["--quota", "remove=-1"], "--quota 'remove=-1' is no quota"),
        (["--quota", "fly=1"], "there is no operation 'fly'; there are: "),
        (["--prefer", "luck"], "unknown prefer 'luck'; prefer: random, score"),
        (["--kind", "sideways"], "unknown kind 'sideways'; kind: forward, inverse, composite"),
        (["--campaign", "nobody"], "no triplets are left to export; left out: "),
        (["--most-share", "0.01"], "no operation can be kept to a share of 0.01"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(
    mined: Path, tmp_path: Path, call: Call, arguments: list[str], says: str
) -> None:
    result = call("export", "--out", mined, "--to", tmp_path / "set", *arguments)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert says in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "arguments"), [("pyarrow", ["--layout", "parquet"]), ("imagecodecs", ["--images", "jxl"])]
)
def test_a_missing_package_is_told_with_what_brings_it(
    mined: Path, tmp_path: Path, package: str, arguments: list[str]
) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from infra.cli import main; main()"
    words = ["export", "--out", str(mined), "--to", str(tmp_path / "set"), *arguments]
    command = [sys.executable, "-c", code, *words]
    told = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f'nhr: package {package} is not installed; pip install "nhr[dataset]"\n'


def test_s3_and_a_folder_give_the_same_export(
    mined: Path, tmp_path: Path, s3_server: s3.Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    from infra.blobs.s3 import S3Blobs

    client = Client(settings(s3_server, s3_bucket))
    blobs, here = S3Blobs(client), FolderBlobs(mined)
    for start in ("shelf/", "records/", "policies/"):
        blobs.put_all({key: here.get(key) for key in here.list(start)})
    client.close()
    for name, value in {
        "NHR_S3": s3_server.endpoint, "NHR_S3_BUCKET": s3_bucket, "NHR_S3_ACCESS_KEY": s3_server.access_key,
        "NHR_S3_SECRET_KEY": s3_server.secret_key,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    asked = ("--what", "preferences", "--min-margin", 0.1, "--dedup", "exact,phash:2")
    said(call, "--to", tmp_path / "bucket", *asked)
    said(call, "--out", mined, "--to", tmp_path / "folder", *asked)
    assert contents(tmp_path / "bucket") == contents(tmp_path / "folder")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
