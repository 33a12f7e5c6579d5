"""Exports through the libraries that trainers open them with: rows and pixels come out as they lie on the shelf."""

import gc
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from infra.export.exporting import export
from infra.export.order import Encoding, Order
from infra.images import decode
from schemas import messages as m
from schemas.errors import UserError
from streams import shelf
from streams.dataset.columns import CHAINS, EXPORTED, PREFERENCES
from streams.dataset.splitting import Splits
from tests.unit.export.making import REMOVE, attempt, noise, tried, varied
from tests.unit.reading.making import subject

SPLITS = Splits.parse("train=0.6,test=0.4")
KEEP = Encoding("keep")


@pytest.fixture(scope="module")
def blobs() -> MemoryBlobs:
    """Twelve sources; the removal of each took three attempts."""
    blobs = varied()
    lost = {number: noise(f"lost {number}") for number in range(12)}
    events = []
    for number, shot in lost.items():
        of = next(
            one.subject for one in shelf.triplets(blobs) if one.subject.source_id == subject(f"s{number}").source_id
        )
        events += attempt(of, REMOVE, 0, None, noise(f"screened {number}"))
        events += attempt(of, REMOVE, 1, (2.5, 4.0), shot, "the ball is still there")
        events += attempt(of, REMOVE, 2, (4.9, 4.8), noise(f"{number} 1"))
    tried(blobs, *events, pictures=list(lost.values()))
    return blobs


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))


def loaded(folder: Path, cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every split, by `datasets`."""
    import datasets

    datasets.disable_progress_bars()
    found = datasets.load_dataset(str(folder), cache_dir=str(cache))
    return {str(split): list(found[split]) for split in found}


def samples(folder: Path, split: str) -> list[dict[str, Any]]:
    """Every sample of a split, by `webdataset`, which leaves it to the garbage collector to close its files."""
    import webdataset

    shards = sorted(map(str, (folder / split).glob("*.tar")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        found = list(webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"))
        gc.collect()
    return found


def pixels(blobs: MemoryBlobs, image: m.ImageRef) -> np.ndarray[Any, Any]:
    return decode(blobs.get(shelf.image_key(image))).pixels


def same(shown: Pictures.Image | np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> bool:
    return bool(np.array_equal(np.asarray(shown), wanted))


def test_datasets_opens_triplets_with_splits_pixels_and_scores(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order(layout="parquet", splits=SPLITS, encoding=KEEP))
    found = loaded(tmp_path / "set", tmp_path / "cache")
    assert set(found) == {"train", "test"}
    shelved = {one.triplet_id: one for one in shelf.triplets(blobs)}
    rows = {row["triplet_id"]: row for split in found.values() for row in split}
    assert set(rows) == set(shelved)
    for name, row in rows.items():
        assert list(row) == [column.name for column in EXPORTED]
        assert same(row["source_image"], pixels(blobs, shelved[name].before))
        assert same(row["edited_image"], pixels(blobs, shelved[name].after))
        assert (row["instruction"], row["adherence"]) == (shelved[name].instruction, 4.9)


def test_the_difficulty_of_a_triplet_is_told_and_absent_where_nothing_is_recorded(
    blobs: MemoryBlobs, tmp_path: Path
) -> None:
    export(blobs, tmp_path / "set", Order(layout="parquet", encoding=KEEP))
    (found,) = loaded(tmp_path / "set", tmp_path / "cache").values()
    told = {
        (row["kind"], row["operation"]): (row["attempts"], row["attempts_to_success"], row["survived"]) for row in found
    }
    hard, unknown = (3, 3, 1 / 3), (None, None, None)
    assert told == {
        ("forward", "remove"): hard, ("inverse", "add"): hard, ("forward", "recolor"): unknown,
        ("composite", "composite"): unknown,
    }  # fmt: skip


def test_webdataset_opens_triplets_by_their_names(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order(layout="webdataset", splits=SPLITS, encoding=KEEP))
    shelved = {one.triplet_id: one for one in shelf.triplets(blobs)}
    rows = [row for split in ("train", "test") for row in samples(tmp_path / "set", split)]
    assert sorted(row["__key__"] for row in rows) == sorted(shelved)
    for row in rows:
        one = shelved[row["__key__"]]
        assert same(row["edited_image.png"], pixels(blobs, one.after))
        assert row["json"]["instructions"] == dict(one.texts)


def test_datasets_opens_preference_pairs(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order("preferences", "parquet", encoding=KEEP))
    (rows,) = loaded(tmp_path / "set", tmp_path / "cache").values()
    assert len(rows) == 12
    of = {one.triplet_id: one for one in shelf.triplets(blobs)}
    for row in rows:
        assert list(row) == [column.name for column in PREFERENCES]
        number = next(n for n in range(12) if subject(f"s{n}").source_id == row["source_id"])
        assert same(row["chosen_image"], pixels(blobs, of[row["triplet_id"]].after))
        assert same(row["rejected_image"], decode(noise(f"lost {number}")).pixels)
        assert row["margin"] == pytest.approx((4.9 * 4.8) ** 0.5 - (2.5 * 4.0) ** 0.5)
        assert (row["rejected_by"], row["reason"], row["rejected_attempt"]) == ("judge", "the ball is still there", 1)


def test_webdataset_opens_preference_pairs(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order("preferences", "webdataset", encoding=KEEP))
    rows = samples(tmp_path / "set", "train")
    assert len(rows) == 12
    assert {"source_image.png", "chosen_image.png", "rejected_image.png", "json"} <= set(rows[0])


def test_datasets_opens_chains(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order("chains", "parquet", splits=SPLITS, encoding=KEEP))
    found = loaded(tmp_path / "set", tmp_path / "cache")
    rows = [row for split in found.values() for row in split]
    assert len(rows) == 12
    for row in rows:
        assert list(row) == [column.name for column in CHAINS]
        turns = [shelf.read(blobs, name) for name in row["triplet_ids"]]
        assert [turn.kind for turn in turns] == row["kinds"] == ["forward", "composite"]
        wanted = [turns[0].before, *(turn.after for turn in turns)]
        assert len(row["images"]) == len(wanted) == 3
        assert all(same(shown, pixels(blobs, image)) for shown, image in zip(row["images"], wanted, strict=True))


def test_webdataset_opens_chains(blobs: MemoryBlobs, tmp_path: Path) -> None:
    export(blobs, tmp_path / "set", Order("chains", "webdataset", encoding=KEEP))
    for row in samples(tmp_path / "set", "train"):
        turns = [shelf.read(blobs, name) for name in row["json"]["triplet_ids"]]
        assert same(row["images_2.png"], pixels(blobs, turns[1].after))


def test_small_shards_are_named_as_the_hub_does_and_all_are_read(blobs: MemoryBlobs, tmp_path: Path) -> None:
    size = len(noise("0 1"))
    result = export(blobs, tmp_path / "set", Order(layout="parquet", encoding=KEEP, shard_bytes=20 * size))
    assert result.files[0] == f"data/train-00000-of-{len(result.files):05d}.parquet"
    assert len(result.files) > 3
    (rows,) = loaded(tmp_path / "set", tmp_path / "cache").values()
    assert [row["triplet_id"] for row in rows] == [one.triplet_id for one in shelf.triplets(blobs)]


@pytest.mark.parametrize("what", ["triplets", "preferences", "chains"])
@pytest.mark.parametrize("layout", ["parquet", "webdataset"])
def test_the_marker_tells_what_is_there(blobs: MemoryBlobs, tmp_path: Path, what: Any, layout: Any) -> None:
    result = export(blobs, tmp_path / "set", Order(what, layout, splits=SPLITS, encoding=KEEP))
    marker = json.loads((tmp_path / "set" / ".nhr-export.json").read_text())
    there = {path.relative_to(tmp_path / "set").as_posix() for path in (tmp_path / "set").rglob("*.[pt]a*r*")}
    assert set(marker["files"]) == there
    assert (marker["format"], marker["what"], marker["columns"], marker["layout"]) == (2, what, what, layout)
    assert marker["rows"] == result.rows == sum(marker["splits"].values()) == marker["tally"]["rows"]
    assert {split: tally["rows"] for split, tally in marker["tallies"].items()} == marker["splits"]
    pictures = {"triplets": 2, "preferences": 3, "chains": 3}[what]
    assert marker["tally"]["pictures"] == pictures * marker["rows"]
    assert marker["tally"]["axes"]["judge"]


@pytest.mark.parametrize("layout", ["parquet", "webdataset"])
def test_the_same_shelf_gives_the_same_bytes(blobs: MemoryBlobs, tmp_path: Path, layout: Any) -> None:
    for name, threads in (("one", 1), ("two", 6)):
        export(blobs, tmp_path / name, Order(layout=layout, splits=SPLITS, encoding=KEEP), threads=threads)
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two


def test_a_kept_picture_whose_bytes_are_others_is_told(tmp_path: Path) -> None:
    blobs = varied(2)
    first = next(shelf.triplets(blobs)).before
    blobs.delete(first.key)
    blobs.put(first.key, noise("another"))
    with pytest.raises(UserError, match=f"image {first.key} is damaged"):
        export(blobs, tmp_path / "set", Order(layout="parquet", encoding=KEEP))
    assert list(tmp_path.iterdir()) == []
