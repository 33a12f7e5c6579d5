"""`nhr pack` as users give it: what trainers' own libraries open, what it says, what other commands make of it."""

import gc
import io
import json
import shutil
import signal
import subprocess
import sys
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from infra.blobs.folder import FolderBlobs
from infra.blobs.s3 import S3Blobs
from infra.packing import WORK
from infra.s3 import Client
from infra.services import s3
from infra.wiring import DATABASE
from streams import shelf
from streams.dataset import manifests
from streams.dataset.columns import TRIPLETS
from tests import s3s, services
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, mine, nhr, started, until
from tests.unit.packing.shelves import LARGE, announced, check, filled, name, pack, packed, put

SHARDS = ("--shard-mb", 1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished folder of drawn scenes. Not to be changed."""
    out = tmp_path_factory.mktemp("finished")
    mine(out, "--scenes", 20, prompts="grammar:megapixels=0.05")
    return out


@pytest.fixture
def mined(tmp_path: Path, finished: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(finished, tmp_path / "data")


def ids(out: Path) -> list[str]:
    return [one.triplet_id for one in shelf.triplets(FolderBlobs(out))]


def files(out: Path, kind: str) -> list[str]:
    """Files that the manifests name."""
    shards = manifests.read(FolderBlobs(out)).shards
    return [str(out / getattr(shard, kind).key) for shard in shards]


def test_a_mined_folder_is_packed_and_told(mined: Path, call: Call) -> None:
    wanted, before = ids(mined), fingerprint(mined)
    result = call("pack", "--out", mined, *SHARDS, "--json")
    told = json.loads(result.out)
    assert (result.status, result.err, told["packed"], len(told["shards"]) > 1) == (0, "", len(wanted), True)
    assert told["all"] == {"triplets": len(wanted), "shards": len(told["shards"]), "bytes": told["bytes"]}
    assert told["bytes"] == sum(file.stat().st_size for file in mined.glob("packed/[piw]*/*[!n]"))
    assert "nothing to pack" in call("pack", "--out", mined, *SHARDS).out
    assert (packed(FolderBlobs(mined)), fingerprint(mined)) == (wanted, before)
    assert not list(mined.glob(f"{WORK}*"))
    check(FolderBlobs(mined))


def test_datasets_opens_the_shards_with_pictures(mined: Path, call: Call, tmp_path: Path) -> None:
    import datasets

    call("pack", "--out", mined, *SHARDS)
    found = datasets.load_dataset("parquet", data_files=files(mined, "parquet"), split="train", cache_dir=str(tmp_path))
    assert sorted(found["triplet_id"]) == ids(mined)
    assert found.column_names == [column.name for column in TRIPLETS]
    first = found[0]
    triplet = shelf.read(FolderBlobs(mined), first["triplet_id"])
    assert first["source_image"].size == (triplet.before.width, triplet.before.height)
    assert first["instruction"] == triplet.instruction


def streamed(shards: list[str]) -> dict[str, dict[str, Any]]:
    """Every sample by its key, by `webdataset`, which leaves it to the garbage collector to close its files."""
    import webdataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        found = {sample["__key__"]: sample for sample in webdataset.WebDataset(shards, shardshuffle=False)}
        gc.collect()
    return found


def test_webdataset_opens_the_shards_with_pictures(mined: Path, call: Call) -> None:
    call("pack", "--out", mined, *SHARDS)
    found = streamed(files(mined, "webdataset"))
    assert sorted(found) == ids(mined)
    for triplet in shelf.triplets(FolderBlobs(mined)):
        sample = found[triplet.triplet_id]
        suffix = shelf.SUFFIXES[triplet.after.format]
        assert sha256(sample[f"edited_image.{suffix}"]).hexdigest() == triplet.after.sha256
        assert json.loads(sample["json"])["instruction"] == triplet.instruction
        with Pictures.open(io.BytesIO(sample[f"source_image.{suffix}"])) as picture:
            assert picture.size == (triplet.before.width, triplet.before.height)


def test_what_is_taken_back_goes_and_verify_tells_before_and_after(mined: Path, call: Call) -> None:
    call("pack", "--out", mined)
    count = len(ids(mined))
    assert json.loads(call("verify", "--json", "--out", mined).out)["checked"]["packed triplets"] == count
    call("retract", ids(mined)[0], "--reason", "a watermark", "--out", mined)
    verified = call("verify", "--fast", "--out", mined)
    assert (verified.status, "taken back and still packed (`nhr pack` takes them out)" in verified.out) == (0, True)
    said = call("pack", "--out", mined).out
    assert "dropped 1 shard, without 1 triplet taken back; readers may use them for --grace" in said
    assert packed(FolderBlobs(mined)) == ids(mined)
    assert "still packed" not in call("verify", "--fast", "--out", mined).out


def test_a_damaged_shard_is_a_problem(mined: Path, call: Call) -> None:
    call("pack", "--out", mined)
    Path(files(mined, "webdataset")[0]).write_bytes(b"")
    result = call("verify", "--out", mined)
    assert (result.status, ".tar has 0 bytes, its manifest says" in result.out) == (1, True)


def test_files_that_were_replaced_are_freed_in_time_and_no_others(mined: Path, call: Call) -> None:
    call("pack", "--out", mined)
    call("pack", "--rebuild", "--out", mined, *SHARDS)
    assert "deleted" not in call("pack", "--out", mined, *SHARDS).out
    freed = {area["name"]: area for area in json.loads(call("gc", "--out", mined, "--json").out)["areas"]}["packed"]
    assert (freed["freed_files"], freed["kept"]["younger"]) == (0, 3)
    freed = json.loads(call("gc", "--out", mined, "--json", "--older-than", "0s").out)["areas"][-1]
    assert (freed["name"], freed["freed_files"]) == ("packed", 3)
    call("pack", "--rebuild", "--out", mined)
    assert "deleted" in call("pack", "--collect", "--grace", "0s", "--out", mined).out
    assert json.loads(call("pack", "--collect", "--grace", "0s", "--json", "--out", mined).out) == {"collected": 0}
    check(FolderBlobs(mined))


def test_triplets_that_cannot_be_read_are_told_and_the_others_packed(mined: Path, call: Call) -> None:
    (mined / shelf.triplet_key(ids(mined)[0])).write_bytes(b"{}")
    result = call("pack", "--out", mined)
    assert (result.status, result.err.count("left out: "), "is no triplet record" in result.err) == (1, 1, True)
    assert "packed " in result.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--grace", "soon"), "--grace 'soon' is no time; write a number and s, m, h or d"),
        (("--formats", "zip"), "no format is called 'zip'; formats: parquet, webdataset"),
        (("--formats", ""), "no format is called ''"),
        (("--temp", DATABASE), "cannot be written"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(
    finished: Path, call: Call, options: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    result = call("pack", "--out", finished, *options)
    assert (result.status, words in result.err, result.err.count("\n")) == (2, True, 1)


def test_without_the_packages_it_says_what_to_install(
    finished: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for module in ("building", "packing", "shards"):
        monkeypatch.delitem(sys.modules, f"streams.dataset.{module}", raising=False)
    result = call("pack", "--out", finished)
    assert (result.status, 'pip install "nhr[dataset]"' in result.err) == (2, True)


def test_a_disk_that_is_full_is_one_line_and_the_next_run_goes_on(mined: Path) -> None:
    before = sorted(mined.rglob("*"))
    command = (
        f"ulimit -f 400; trap '' XFSZ; exec {sys.executable} -c 'from infra.cli import main; main()' pack --out {mined}"
    )
    full = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (full.returncode, full.stderr.count("\n")) == (2, 1), full.stderr
    assert "File too large" in full.stderr
    assert sorted(mined.rglob("*")) == before
    assert nhr("pack", "--out", mined).status == 0


def test_a_killed_run_is_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "data"
    blobs = FolderBlobs(out, fsync=False)
    put(blobs, range(40))
    (out / DATABASE).touch()
    with started("pack", "--out", out, NHR_PACK_MB="1") as process:
        until(lambda: any(out.glob(f"{WORK}*/*")) or any(out.glob("packed/*/*")), process, every_s=0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert nhr("pack", "--out", out).status == 0
    assert packed(blobs) == sorted(map(name, range(40)))
    check(blobs)


def test_a_bucket_is_packed_like_a_folder(s3_server: s3.Server, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings = s3s.settings(s3_server, services.make_bucket(s3_server, services.name_of(request.node.nodeid)))
    client = Client(settings)
    try:
        blobs, twin = S3Blobs(client), filled(range(10))
        put(blobs, range(10))
        for store in (blobs, twin):
            pack(store)
            pack(store, rebuild=True)
        assert announced(blobs) == announced(twin)
        assert check(blobs).rows == 10
        blobs.fetch(manifests.read(blobs).shards[0].ids.key, tmp_path / "ids")
        assert (tmp_path / "ids").read_bytes()[:16].hex() == LARGE.triplet(0).triplet_id
    finally:
        client.close()
