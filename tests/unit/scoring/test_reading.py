"""Rows of every layout: found by looking, read by number, bad ones with their reason, others' pictures not touched."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.scoring.dataset import DataSet
from infra.scoring.parquet import ParquetRows
from infra.scoring.rows import Unreadable
from infra.scoring.samples import Sample, sample
from schemas.errors import UserError
from tests.unit.scoring.making import Row, image, of, parquet, picture, released, triple


def read(data_set: DataSet, *numbers: int) -> list[Sample | str]:
    """The samples of those rows, or why there are none."""
    found: list[Sample | str] = []
    for row in data_set.rows.read(numbers or range(data_set.rows.count()), data_set.reads):
        try:
            found.append(sample(row, data_set))
        except Unreadable as error:
            found.append(str(error))
    return found


def one(data_set: DataSet, number: int = 0) -> Sample:
    (found,) = read(data_set, number)
    assert isinstance(found, Sample)
    return found


def tar(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w") as file:
        for name, data in members:
            told = tarfile.TarInfo(name)
            told.size = len(data)
            file.addfile(told, io.BytesIO(data))
    return path


# --- presets ----------------------------------------------------------------------------------------------------------


def test_nhr_edit_as_it_was_released(tmp_path: Path) -> None:
    data_set = of(released(tmp_path / "nhr-edit", 6))
    assert (data_set.name, data_set.rows.format, data_set.chosen.how) == ("nhr-edit", "image folder", "preset nhr-edit")
    assert data_set.rows.count() == 6
    found = one(data_set, 3)
    assert (found.instruction, found.category, found.cluster) == ("edit 3", "remove", "s1")
    assert (found.before, found.after) == (picture(1001, "JPEG"), picture(3, "JPEG"))
    assert found.key == "train/metadata.jsonl:4"


def test_nhr_edit_as_datasets_makes_parquet_of_that_folder(tmp_path: Path) -> None:
    import datasets

    released(tmp_path / "nhr-edit", 4)
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "nhr-edit"), cache_dir=str(tmp_path / "cache")
    )
    loaded["train"].to_parquet(str(tmp_path / "train.parquet"))
    data_set = of(tmp_path / "train.parquet")
    assert data_set.chosen.how == "preset nhr-edit"
    found = [found for found in read(data_set) if isinstance(found, Sample)]
    assert {(one.instruction, one.before, one.cluster) for one in found} == {
        (f"edit {number}", picture(1000 + number // 2, "JPEG"), f"s{number // 2}") for number in range(4)
    }


def test_omniedit_as_it_is_on_the_hub(tmp_path: Path) -> None:
    rows: list[Row] = [
        {
            "omni_edit_id": f"task_{n}", "task": "removal", "src_img": image(n), "edited_img": image(100 + n),
            "edited_prompt_list": [f"short {n}", f"a longer one {n}"], "width": 64, "height": 64, "sc_score_1": 9,
            "sc_score_2": 9, "sc_reasoning": "", "pq_score": 9, "pq_reasoning": "", "o_score": 9.0,
        }
        for n in range(8)
    ]  # fmt: skip
    parquet(tmp_path / "OmniEdit" / "data" / "dev-00000-of-00002.parquet", rows[:5])
    parquet(tmp_path / "OmniEdit" / "data" / "dev-00001-of-00002.parquet", rows[5:])
    data_set = of(tmp_path / "OmniEdit")
    assert (data_set.rows.format, data_set.chosen.how, data_set.rows.count()) == ("Parquet", "preset omniedit", 8)
    found = one(data_set, 6)
    assert (found.instruction, found.category, found.before) == ("short 6", "removal", picture(6))
    other = of(tmp_path / "OmniEdit", mapping={"instruction": "edited_prompt_list[1]"})
    assert one(other, 6).instruction == "a longer one 6"


# --- formats ----------------------------------------------------------------------------------------------------------


def test_a_file_written_by_datasets_is_read(tmp_path: Path) -> None:
    import datasets
    from PIL import Image as Pictures

    columns = {
        "source_image": [Pictures.open(io.BytesIO(picture(n))) for n in range(3)],
        "edited_image": [Pictures.open(io.BytesIO(picture(n + 10))) for n in range(3)],
        "instruction": [f"edit {n}" for n in range(3)],
    }
    features = datasets.Features(
        {"source_image": datasets.Image(), "edited_image": datasets.Image(), "instruction": datasets.Value("string")}
    )
    datasets.Dataset.from_dict(columns, features=features).to_parquet(str(tmp_path / "a.parquet"))
    assert [found.instruction for found in read(of(tmp_path / "a.parquet")) if isinstance(found, Sample)] == [
        "edit 0", "edit 1", "edit 2",
    ]  # fmt: skip


def test_a_file_written_by_webdataset_is_read(tmp_path: Path) -> None:
    import webdataset

    with webdataset.TarWriter(str(tmp_path / "a.tar")) as writer:
        for n in range(3):
            writer.write({
                "__key__": f"{n:06}", "before.png": picture(n), "after.png": picture(n + 10),
                "json": {"instruction": f"edit {n}", "category": "add", "source_id": "s"},
            })  # fmt: skip
    data_set = of(tmp_path / "a.tar")
    assert (data_set.rows.format, data_set.rows.count()) == ("WebDataset", 3)
    found = one(data_set, 2)
    assert (found.instruction, found.category, found.cluster) == ("edit 2", "add", "s")
    assert (found.before, found.after, found.key) == (picture(2), picture(12), "a.tar:000002")


def test_an_instruction_may_be_a_text_of_its_own_in_a_tar(tmp_path: Path) -> None:
    tar(
        tmp_path / "a.tar", ("x/1.source.jpg", picture(1, "JPEG")), ("x/1.edited.jpg", picture(2, "JPEG")),
        ("x/1.txt", b"make it blue"),
    )  # fmt: skip
    found = one(of(tmp_path / "a.tar"))
    assert (found.instruction, found.key) == ("make it blue", "a.tar:x/1")


def test_several_tars_are_one_data_set(tmp_path: Path) -> None:
    for number in range(3):
        data = (("1.source.png", picture(number)), ("1.edited.png", picture(9)), ("1.txt", f"edit {number}".encode()))
        tar(tmp_path / f"{number}.tar", *data)
    data_set = of(tmp_path)
    assert data_set.rows.count() == 3
    assert one(data_set, 1).instruction == "edit 1"


def test_a_folder_with_a_csv_whose_fields_run_over_lines(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    with (tmp_path / "metadata.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", "edited_file_name", "instruction"])
        writer.writerow(["0.png", "1.png", 'make it "blue",\nplease'])
        writer.writerow(["2.png", "3.png", "undo"])
    data_set = of(tmp_path)
    assert data_set.rows.count() == 2
    assert one(data_set, 0).instruction == 'make it "blue",\nplease'
    assert one(data_set, 1).before == picture(2)


@pytest.mark.parametrize("value", ["bytes", "path", "struct"])
def test_a_picture_in_parquet_is_bytes_or_a_file_beside_it(tmp_path: Path, value: str) -> None:
    (tmp_path / "1.png").write_bytes(picture(1))
    told: Any = {"bytes": picture(1), "path": "1.png", "struct": {"bytes": None, "path": "1.png"}}[value]
    path = parquet(tmp_path / "a.parquet", [{"source": told, "edited": told, "instruction": "x"}])
    assert one(of(path)).before == picture(1)


def test_a_pattern_names_a_part_and_a_name_may_be_given(tmp_path: Path) -> None:
    parquet(tmp_path / "train-0.parquet", [triple(0)])
    parquet(tmp_path / "dev-0.parquet", [triple(1), triple(2)])
    data_set = of(f"ours={tmp_path}/dev-*.parquet")
    assert (data_set.name, data_set.rows.count()) == ("ours", 2)
    assert data_set.known_as == tmp_path.name


def test_files_that_a_pattern_finds_in_several_folders_are_called_by_the_one_above(tmp_path: Path) -> None:
    for folder in ("one/data", "two/data"):
        parquet(tmp_path / "set" / folder / "a.parquet", [triple(0)])
    data_set = of(f"{tmp_path}/set/*/data/*.parquet")
    assert (data_set.name, data_set.rows.count()) == ("set", 2)
    assert one(data_set, 1).key == "two/data/a.parquet:1"


def test_a_metadata_file_counts_before_parquet_and_hidden_files_do_not(tmp_path: Path) -> None:
    released(tmp_path, 2)
    parquet(tmp_path / "index.parquet", [{"a": 1}])
    parquet(tmp_path / ".cache" / "b.parquet", [{"a": 1}])
    assert of(tmp_path).rows.format == "image folder"


# --- nothing else is read ---------------------------------------------------------------------------------------------


def test_of_parquet_other_row_groups_and_other_columns_are_not_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [triple(n, other=picture(n)) for n in range(12)], group=3)
    wanted = {"source_image.bytes", "source_image.path", "edited_image.bytes", "edited_image.path", "instruction"}
    with pq.ParquetFile(path) as file:
        chunks = [file.metadata.row_group(g).column(c) for g in range(4) for c in range(file.metadata.num_columns)]
        spared = [file.metadata.row_group(2).column(c) for c in range(file.metadata.num_columns)]
        kept = {(c.file_offset, c.data_page_offset) for c in spared if c.path_in_schema in wanted}
    data = bytearray(path.read_bytes())
    for chunk in chunks:
        if (chunk.file_offset, chunk.data_page_offset) not in kept:
            begin = chunk.dictionary_page_offset or chunk.data_page_offset
            data[begin : begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
    data_set = of(path)
    assert data_set.rows.count() == 12
    assert [found.instruction for found in read(data_set, 6, 8) if isinstance(found, Sample)] == ["edit 6", "edit 8"]
    (bad,) = read(data_set, 1)
    assert str(bad).startswith("its row group cannot be read (")


def test_of_a_large_row_group_no_more_is_read_than_up_to_the_row(tmp_path: Path) -> None:
    chance, size, path = np.random.default_rng(0), 100_000, tmp_path / "a.parquet"
    table = pa.table({"source_image": [chance.bytes(size) for _ in range(100)]})
    pq.write_table(table, path, row_group_size=100, write_batch_size=1, data_page_size=size)
    del table
    rows = ParquetRows([path], tmp_path)
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    for row in rows.read([3], ["source_image"]):
        assert row.number == 3
        assert pool.bytes_allocated() - before < 60 * size


def test_of_a_tar_only_the_samples_of_the_sample_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [
        (f"{n}.{end}", picture(n) if end != "txt" else b"x")
        for n in range(20)
        for end in ("source.png", "edited.png", "txt")
    ]
    data_set = of(tar(tmp_path / "a.tar", *members))
    opened, original = [], tarfile.TarFile.extractfile

    def counting(self: tarfile.TarFile, member: Any) -> Any:
        opened.append(member.name)
        return original(self, member)

    monkeypatch.setattr(tarfile.TarFile, "extractfile", counting)
    assert data_set.rows.count() == 20
    assert opened == []
    read(data_set, 3, 17)
    assert opened == ["3.source.png", "3.edited.png", "3.txt", "17.source.png", "17.edited.png", "17.txt"]


def test_of_a_folder_only_the_pictures_of_the_sample_are_read(tmp_path: Path) -> None:
    released(tmp_path, 8)
    for path in (tmp_path / "train" / "images" / "00").iterdir():
        if "s1_" not in path.name:
            path.unlink()
    assert [type(found) for found in read(of(tmp_path), 2, 3)] == [Sample, Sample]


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"source_image": None}, "source_image: no picture in it"),
        ({"source_image": {"bytes": b"", "path": None}}, "source_image: a picture of 0 bytes"),
        ({"instruction": None}, "instruction: no text in it"),
        ({"instruction": "  "}, "instruction: no text in it"),
        ({"instruction": "ä" * 513}, "instruction: over 1,024 bytes"),
    ],
)
def test_a_bad_row_says_why(tmp_path: Path, spoilt: Row, reason: str) -> None:
    path = parquet(tmp_path / "a.parquet", [triple(0), triple(1) | spoilt, triple(2)])
    found = read(of(path))
    assert [type(one) for one in found] == [Sample, str, Sample]
    assert found[1] == reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../secret.png", "source: names a picture outside the data set's folder"),
        ("/etc/hostname", "source: names a picture outside the data set's folder"),
        ("https://example.org/a.png", "source: names a picture on the network, not in a file"),
        ("gone.png", "source: a picture's file cannot be read (No such file or directory)"),
        ("a\0b.png", "source: names no file"),
    ],
)
def test_a_row_opens_no_file_outside_its_data_set(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "secret.png").write_bytes(picture(1))
    (tmp_path / "set").mkdir()
    line = {"source": name, "edited": name, "instruction": "x"}
    (tmp_path / "set" / "metadata.jsonl").write_text(json.dumps(line))
    assert read(of(tmp_path / "set")) == [reason]


def test_lines_that_are_no_json_are_counted_one_by_one(tmp_path: Path) -> None:
    released(tmp_path, 2)
    with (tmp_path / "train" / "metadata.jsonl").open("ab") as file:
        file.write(b'{"broken\n\n[1]\n"\xff"\n')
    assert read(of(tmp_path))[2:] == ["its line is no JSON", "its line is no JSON object", "its line is not UTF-8"]


def test_a_tar_that_is_cut_short_loses_only_its_last_sample(tmp_path: Path) -> None:
    members = [
        (f"{n}.{end}", picture(n) if end != "txt" else b"x")
        for n in range(3)
        for end in ("txt", "source.png", "edited.png")
    ]
    path = tar(tmp_path / "a.tar", *members)
    path.write_bytes(path.read_bytes()[: path.read_bytes().rindex(picture(2)) + 100])
    found = read(of(path))
    assert [type(one) for one in found] == [Sample, Sample, str]
    assert found[2] == "its sample cannot be read (unexpected end of data)"


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("a.parquet", b"no parquet", "is no Parquet file that can be read"),
        ("a.tar", b"no tar at all", "is no plain tar that can be read"),
        ("a.zip", b"PK", "is of no kind that is known; wanted are Parquet files"),
    ],
)
def test_a_file_that_is_no_data_set_is_one_clear_line(tmp_path: Path, name: str, data: bytes, line: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=line):
        of(tmp_path / name)


def test_an_empty_folder_and_one_that_is_not_there_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no data set that is known; wanted are Parquet files, WebDataset tars"):
        of(tmp_path)
    with pytest.raises(UserError, match=r"gone is not there"):
        of(tmp_path / "gone")
