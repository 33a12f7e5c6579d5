"""A row of the data set, in Parquet and in tar: what was put in comes out, and the same rows are the same bytes."""

import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from streams.dataset.columns import TRIPLETS, Picture
from streams.dataset.rows import Row, row
from streams.dataset.shards import ROWS, ParquetShard, Shard, TarShard
from streams.dataset.tally import Tally
from tests.golden.samples import TRIPLET


def sample(number: int = 0) -> Row:
    triplet = TRIPLET.model_copy(update={"triplet_id": f"{number:032x}"})
    pictures = {"source_image": Picture(b"before", "b.webp"), "edited_image": Picture(b"after", "a.webp")}
    return row(triplet, {TRIPLET.judge}) | pictures


def written(kind: type[ParquetShard | TarShard], path: Path, rows: int) -> bytes:
    shard: Shard = kind(path, TRIPLETS)
    with shard:
        for number in range(rows):
            shard.add(sample(number))
    return path.read_bytes()


def test_every_column_has_a_value() -> None:
    assert set(sample()) == {column.name for column in TRIPLETS}


def test_a_parquet_row_comes_back_as_it_was(tmp_path: Path) -> None:
    written(ParquetShard, tmp_path / "a.parquet", 1)
    (found,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    wanted = sample()
    assert found["source_image"] == {"bytes": b"before", "path": "b.webp"}
    assert found["measures"] == [{"name": name, "value": value} for name, value in sorted(TRIPLET.measures.items())]
    plain = [column.name for column in TRIPLETS if column.type in {"string", "int", "float", "bool", "strings"}]
    assert {name: found[name] for name in plain} == {name: wanted[name] for name in plain}


def test_row_groups_are_small_and_indexed_and_pictures_are_not_packed_again(tmp_path: Path) -> None:
    written(ParquetShard, tmp_path / "a.parquet", ROWS + 1)
    about = pq.ParquetFile(tmp_path / "a.parquet").metadata
    assert [about.row_group(number).num_rows for number in range(about.num_row_groups)] == [ROWS, 1]
    chunks = {about.row_group(0).column(i).path_in_schema: about.row_group(0).column(i) for i in range(30)}
    assert chunks["source_image.bytes"].compression == "UNCOMPRESSED"
    assert chunks["instruction"].compression == "ZSTD"
    assert all(chunk.has_offset_index for chunk in chunks.values())
    assert {name for name, chunk in chunks.items() if not chunk.has_column_index} == {
        "source_image.bytes", "edited_image.bytes"
    }  # fmt: skip


def test_a_row_group_of_large_pictures_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.dataset.shards.GROUP_BYTES", 3 * len(b"before" + b"after"))
    written(ParquetShard, tmp_path / "a.parquet", 7)
    about = pq.ParquetFile(tmp_path / "a.parquet").metadata
    assert [about.row_group(number).num_rows for number in range(about.num_row_groups)] == [3, 3, 1]


def test_a_sample_of_webdataset_is_its_pictures_and_its_json(tmp_path: Path) -> None:
    written(TarShard, tmp_path / "a.tar", 1)
    with tarfile.open(tmp_path / "a.tar") as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        data = {name: file.read() for name, file in files.items() if file}
    key = f"{0:032x}"
    assert list(data) == [f"{key}.source_image.webp", f"{key}.edited_image.webp", f"{key}.json"]
    assert data[f"{key}.edited_image.webp"] == b"after"
    assert json.loads(data[f"{key}.json"])["measures"] == dict(TRIPLET.measures)


@pytest.mark.parametrize("kind", [ParquetShard, TarShard])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, kind: type[ParquetShard | TarShard]) -> None:
    assert written(kind, tmp_path / "one", 5) == written(kind, tmp_path / "two", 5)
    assert written(kind, tmp_path / "one", 5) != written(kind, tmp_path / "two", 4)


def test_tallies_of_parts_add_up_to_the_whole() -> None:
    whole, parts = Tally(), [Tally(), Tally()]
    for number in range(5):
        whole.add(sample(number))
        parts[number % 2].add(sample(number))
    parts[0].merge(Tally.of(json.loads(json.dumps(parts[1].as_dict()))))
    assert parts[0].as_dict() == whole.as_dict()
    assert whole.axes["operation"] == {TRIPLET.operation: 5}
    assert whole.axes["judge_calibrated"] == {"true": 5}
    assert whole.scores["adherence"].count == whole.rows == 5
