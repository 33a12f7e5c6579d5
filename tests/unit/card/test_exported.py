"""The card of an export, in each layout: made of its marker, opened by its readers, wrong markers told in a line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.blobs.memory import MemoryBlobs
from infra.card import croissant, readme
from infra.card.contents import What
from infra.card.exported import exported
from infra.card.facts import gather
from infra.card.writing import InFolder, write
from infra.export.exporting import export
from infra.export.marker import MARKER
from infra.export.order import Dedup, Encoding, Layout, Order
from schemas.errors import UserError
from streams.dataset.splitting import Splits
from tests.unit.card.conftest import mine
from tests.unit.card.test_readers import SNIPPET

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # mlcroissant's own packages
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the readers leave to the collector
]
SOURCES = 6
WHAT: list[tuple[What, Layout]] = [
    ("triplets", "nhr"), ("triplets", "parquet"), ("triplets", "webdataset"), ("chains", "parquet"),
    ("chains", "webdataset"), ("preferences", "parquet"),
]  # fmt: skip


@dataclass(frozen=True)
class Carded:
    """An export with its card."""

    folder: Path
    rows: int

    @property
    def text(self) -> str:
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def yaml(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.text.split("---\n", 2)[1])
        return found


@pytest.fixture(scope="module")
def mined() -> MemoryBlobs:
    found = MemoryBlobs()
    mine(found, SOURCES)
    return found


@pytest.fixture(scope="module", params=WHAT, ids="-".join)
def carded(request: pytest.FixtureRequest, mined: MemoryBlobs, tmp_path_factory: pytest.TempPathFactory) -> Carded:
    what, layout = request.param
    folder = tmp_path_factory.mktemp("exports") / "data-set"
    encoding = Encoding("jpeg" if layout == "nhr" else "keep")
    order = Order(what, layout, Splits.parse("train=0.6,test=0.4"), dedup=Dedup.parse("exact"), encoding=encoding)
    rows = export(mined, folder, order).rows
    _card(mined, folder)
    return Carded(folder, rows)


def _card(blobs: MemoryBlobs, folder: Path) -> None:
    """Without plots, which take their time."""
    facts = gather(blobs, exported(folder), None, "Harbour edits", "")
    write(InFolder(folder), readme.render(facts, []), croissant.render(facts, "Edits."), {})


def test_the_yaml_counts_each_split(carded: Carded) -> None:
    marker = json.loads((carded.folder / MARKER).read_bytes())
    told = {one["name"]: one["num_examples"] for one in carded.yaml["dataset_info"]["splits"]}
    assert told == {split: rows for split, rows in marker["splits"].items() if rows}
    assert sum(told.values()) == carded.rows


def test_croissant_is_valid(carded: Carded) -> None:
    import mlcroissant

    data = mlcroissant.Dataset(str(carded.folder / "croissant.json"))
    assert (data.metadata.ctx.issues.errors, data.metadata.ctx.issues.warnings) == (set(), set())
    if data.metadata.record_sets:
        assert len(list(data.records("rows"))) == carded.rows


def test_the_lines_that_the_card_shows_run_as_they_stand(
    carded: Carded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(carded.folder.parent)
    snippets = SNIPPET.findall(carded.text)
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    assert snippets
    assert capsys.readouterr().out


def test_every_split_is_opened_by_datasets(carded: Carded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    found = datasets.load_dataset(str(carded.folder))
    told = {one["name"]: one["num_examples"] for one in carded.yaml["dataset_info"]["splits"]}
    assert {split: data.num_rows for split, data in found.items()} == told


def test_what_was_left_out_is_told(mined: MemoryBlobs, tmp_path: Path) -> None:
    export(mined, tmp_path / "x", Order(layout="parquet", encoding=Encoding("keep"), attempts=False))
    path = tmp_path / "x" / MARKER
    path.write_text(json.dumps(json.loads(path.read_text()) | {"left_out": {"duplicates near": 7}}))
    _card(mined, tmp_path / "x")
    text = (tmp_path / "x" / "README.md").read_text(encoding="utf-8")
    assert "| duplicates near | 7 |" in text
    assert "`attempts_to_success`" not in text


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        (None, "is no export; write one first"),
        (b"", "cannot be used"),
        (b'{"format": 1, "layout": "nhr", "triplets": 3}', "cannot be used"),
        (b'{"format": 9}', "upgrade nhr"),
        (b'{"format": 2, "layout": "parquet", "what": "triplets", "rows": 1, "splits": {"train": 1},'
         b' "tallies": {"train": {}}, "files": []}', "damaged"),
        (b'{"format": 2, "layout": "parquet", "what": "triplets", "rows": 1, "splits": {"train": 1},'
         b' "tallies": {}, "files": ["data/train-0.parquet"]}', "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_told_in_one_line(tmp_path: Path, marker: bytes | None, told: str) -> None:
    if marker is not None:
        (tmp_path / MARKER).write_bytes(marker)
    with pytest.raises(UserError, match=told) as error:
        exported(tmp_path)
    assert "\n" not in str(error.value)
