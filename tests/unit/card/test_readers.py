"""A carded data set through the libraries that trainers have: what the card names is what they find."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.blobs.folder import FolderBlobs
from streams import shelf
from streams.dataset import manifests
from streams.dataset.columns import TRIPLETS
from streams.dataset.rows import row
from tests.unit.card.conftest import ROWS

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # mlcroissant's own packages
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the readers leave to the collector
]
SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of a hub, nothing cached outside."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def orphaned(folder: Path) -> Iterator[Path]:
    """With a shard that no manifest names."""
    (named,) = list((folder / "parquet").iterdir())[:1]
    orphan = named.with_name(f"{'f' * 32}.parquet")
    orphan.write_bytes(named.read_bytes())
    yield folder
    orphan.unlink()


def test_datasets_opens_what_is_packed_and_no_orphan(orphaned: Path) -> None:
    import datasets

    data = datasets.load_dataset(str(orphaned), split="train")
    assert data.num_rows == ROWS == manifests.read(FolderBlobs(orphaned.parent)).rows
    assert data.features["source_image"] == datasets.Image()
    assert data[0]["source_image"].size == (64, 48)


def test_every_row_comes_back_through_croissant(orphaned: Path) -> None:
    import mlcroissant

    data = mlcroissant.Dataset(str(orphaned / "croissant.json"))
    assert (data.metadata.ctx.issues.errors, data.metadata.ctx.issues.warnings) == (set(), set())
    assert data.metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    found = {record["rows/triplet_id"].decode(): record for record in data.records("rows")}
    wanted = {one.triplet_id: row(one) for one in shelf.triplets(FolderBlobs(orphaned.parent))}
    assert set(found) == set(wanted)
    for name, record in found.items():
        assert record["rows/edited_image"].size == (64, 48)
        plain = [one.name for one in TRIPLETS if one.type in {"string", "int", "float", "bool"}]
        assert {one: said(record[f"rows/{one}"]) for one in plain} == {one: wanted[name][one] for one in plain}
        pairs = [(said(part["rows/instructions/form"]), said(part["rows/instructions/text"]))
                 for part in record["rows/instructions"]]  # fmt: skip
        assert pairs == wanted[name]["instructions"]


def test_every_column_has_its_field_and_every_file_its_digest(folder: Path) -> None:
    import mlcroissant

    about = mlcroissant.Dataset(str(folder / "croissant.json")).metadata
    fields = {field.name: field.description for field in about.record_sets[0].fields}
    assert fields == {column.name: column.meaning for column in TRIPLETS}
    digests = {file.content_url: file.sha256 for file in about.file_objects}
    state = manifests.read(FolderBlobs(folder.parent))
    kept = [file for shard in state.shards for file in (shard.parquet, shard.webdataset) if file]
    assert digests == {file.key.removeprefix("packed/"): file.sha256 for file in kept}


def test_the_hub_s_own_library_reads_the_card(folder: Path) -> None:
    from huggingface_hub import DatasetCard

    told: Any = DatasetCard.load(folder / "README.md").data
    assert (told.license, told.language, told.task_categories) == ("other", ["en", "zh"], ["image-to-image"])
    assert told.size_categories == ["n<1K"]


def test_the_lines_that_the_card_shows_run_as_they_stand(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    snippets = SNIPPET.findall((folder / "README.md").read_text(encoding="utf-8"))
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    said_all = capsys.readouterr().out
    assert len(snippets) == 3
    assert f" {ROWS}\n" in said_all
    assert len(re.findall(r"^[0-9a-f]{32} ", said_all, re.MULTILINE)) == ROWS


def said(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value
