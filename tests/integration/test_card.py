"""`nhr pack` and `nhr card` over what was really mined: card, checks and readers agree, in a folder and on S3."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.blobs.folder import FolderBlobs
from infra.services.s3 import Server
from infra.wiring import bucket
from tests import s3s
from tests.integration.conftest import Call
from tests.integration.running import Result, mine, nhr

KEPT = ("shelf/", "records/", "campaigns/", "policies/")


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn scenes, as `nhr demo` mines them, but few and small."""
    out = tmp_path_factory.mktemp("mined") / "data"
    mine(out, "--scenes", 12, prompts="grammar:megapixels=0.03")
    return out


@pytest.fixture(scope="module")
def carded(mined: Path) -> Path:
    """The same, packed, with its card."""
    assert nhr("pack", "--out", mined).status == 0
    assert nhr("card", "--out", mined) == Result(0, f"Card: {mined}/packed/README.md\n", "")
    return mined / "packed"


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])
    return found


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # files that `datasets` leaves to the collector
def test_card_verify_and_datasets_count_the_same(
    carded: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    verified = json.loads(call("verify", "--out", carded.parent, "--json").out)["checked"]
    rows = datasets.load_dataset(str(carded), split="train").num_rows
    text = (carded / "README.md").read_text(encoding="utf-8")
    (split,) = front(text)["dataset_info"]["splits"]
    assert split["num_examples"] == rows == verified["triplets"] == verified["packed triplets"] > 0
    assert f"| **triplets** | **{rows}** |" in text
    assert "**Simulated pictures** in all" in text


def test_everything_on_the_card_can_be_had_as_json(carded: Path, call: Call) -> None:
    told = json.loads(call("card", "--out", carded.parent, "--json").out)
    assert told["rows"] == sum(told["axes"]["kind"].values()) == told["funnel"]["stages"][-1]["left"]
    assert told["standing"]["waiting"] == told["standing"]["gone"] == 0
    assert all(figures is None for figures in told["judges"].values())
    assert told["title"] == front((carded / "README.md").read_text(encoding="utf-8"))["pretty_name"]


def test_an_export_has_its_card_as_well(mined: Path, call: Call, tmp_path: Path) -> None:
    assert call("export", "--out", mined, "--to", tmp_path / "hub", "--layout", "parquet").status == 0
    result = call(
        "card", "--out", mined, "--export", tmp_path / "hub", "--name", "Drawn scenes", "--licence", "CC0-1.0"
    )
    assert (result.status, result.out) == (0, f"Card: {tmp_path}/hub/README.md\n")
    told = front((tmp_path / "hub" / "README.md").read_text(encoding="utf-8"))
    assert (told["pretty_name"], told["license"]) == ("Drawn scenes", "cc0-1.0")
    assert (tmp_path / "hub" / "plots" / "operations.png").is_file()


def test_the_card_on_s3_is_the_card_of_the_folder(
    carded: Path, call: Call, s3_server: Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = FolderBlobs(carded.parent)
    names = {"S3": s3_server.endpoint, "S3_BUCKET": s3_bucket, "S3_ACCESS_KEY": s3_server.access_key,
             "S3_SECRET_KEY": s3_server.secret_key}  # fmt: skip
    for name, value in names.items():
        monkeypatch.setenv(f"NHR_{name}", value)
    with bucket(s3s.settings(s3_server, s3_bucket)) as there:
        for folder in KEPT:
            there.put_all({key: here.get(key) for key in here.list(folder)})
        assert call("pack").status == 0
        for _ in range(2):  # the second time it stands, and is replaced
            result = call("card")
            assert (result.status, result.err) == (0, "")
        told = {key: there.get(key) for key in there.list("packed/") if key.endswith((".png", "README.md"))}
    assert {key: here.get(key) for key in told} == told
    assert len(told) == 6


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "nothing is packed here; pack it first: nhr pack"),
        (["--export", "."], "is no export; write one first: nhr export --to DIR"),
        (["--licence", "my own!"], "is no name of a licence; give one of SPDX's"),
    ],
)
def test_what_cannot_be_carded_is_told_in_one_line(
    tmp_path: Path, call: Call, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelf").mkdir()
    monkeypatch.chdir(tmp_path)
    result = call("card", "--out", tmp_path, *arguments)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert told in result.err
