"""Opinions: labels, CSV and JSONL say the same, and what is wrong in a file is named with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.gallery.labelling.telling import as_csv, as_jsonl
from schemas.errors import UserError
from streams import labels, opinion_tables, opinions
from streams.labels import Label
from tests.unit.calibrating.labelling import labels as labelled

ROW = {
    "triplet_id": "a1", "rater": "ada", "operation": "recolor", "adherence": "4", "aesthetics": "3.5", "judge": "vlm@1",
    "judged_adherence": "4.5", "judged_aesthetics": "4", "accepted": "0",
}  # fmt: skip


def table(tmp_path: Path, *rows: dict[str, str], name: str = "labels.csv") -> Path:
    path = tmp_path / name
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def hostile(label: Label) -> Label:
    return label.model_copy(update={"instruction": '=SUM(A1), "quoted",\nand 把门漆成蓝色', "note": "'tis fine"})


@pytest.mark.parametrize("change", [lambda label: label, hostile])
def test_stored_labels_csv_and_jsonl_say_the_same(change: Callable[[Label], Label], tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    for label in labelled(6):
        labels.keep(blobs, change(label))
    (tmp_path / "labels.csv").write_text(as_csv(labels.latest(blobs)), encoding="utf-8", newline="")
    (tmp_path / "labels.jsonl").write_text(as_jsonl(labels.latest(blobs)), encoding="utf-8")
    stored = opinions.latest(opinions.from_labels(labels.latest(blobs)))
    from_jsonl = opinions.latest(opinion_tables.from_file(tmp_path / "labels.jsonl"))
    assert len(stored) == 12
    assert from_jsonl == stored
    assert opinions.latest(opinion_tables.from_file(tmp_path / "labels.csv")) == stored


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    backwards = dict(reversed([("remark", "x"), *ROW.items(), ("attempt", "")]))
    (found,) = opinion_tables.from_file(table(tmp_path, backwards))
    assert (found.pair, found.adherence, found.judged.aesthetics, found.accepted) == ("a1-0", 4.0, 4.0, False)


def test_a_table_written_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b",,,,,,,,\r\n")
    assert len(list(opinion_tables.from_file(path))) == 1


def test_flat_json_lines_are_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"triplet_id": "a1", "rater": "Ada L.", "operation": "recolor", "adherence": 4, "aesthetics": 3.5, '
        '"judge": "vlm@1", "judged_adherence": 4.5, "judged_aesthetics": 4, "accepted": false}\n\n',
        encoding="utf-8",
    )
    (found,) = opinion_tables.from_file(path)
    assert (found.rater, found.judged.adherence) == ("Ada L.", 4.5)


def test_the_last_opinion_of_a_rater_beside_each_judge_counts(tmp_path: Path) -> None:
    path = table(tmp_path, ROW, ROW | {"adherence": "2"}, ROW | {"judge": "other@1"})
    found = opinions.latest(opinion_tables.from_file(path))
    assert [(one.judge, one.adherence) for one in found] == [("other@1", 4.0), ("vlm@1", 2.0)]


def test_labels_that_name_no_judge_say_nothing_of_one() -> None:
    first, second = labelled(1)
    assert [one.rater for one in opinions.from_labels([first, second.model_copy(update={"judge": ""})])] == ["ada"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"adherence": "5.5"}, r"line 3: adherence: .*less than or equal to 5, not '5\.5'"),
        ({"adherence": "nan"}, r"line 3: adherence: "),
        ({"adherence": ""}, r"line 3: adherence: Field required"),
        ({"judged_aesthetics": "good"}, r"line 3: judged_aesthetics: .*not 'good'"),
        ({"accepted": "perhaps"}, r"line 3: accepted: .*not 'perhaps'"),
        ({"rater": " "}, r"line 3: rater: Field required"),
        ({"rater": "ada,bob"}, r"line 3: has 10 cells under 9 columns"),
        ({"rater": '"ada'}, r"line 3: is no CSV"),
    ],
)
def test_a_bad_row_is_named_with_its_line(change: dict[str, str], why: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"labels\.csv {why}"):
        list(opinion_tables.from_file(table(tmp_path, ROW, ROW | change)))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]", "is no JSON object"), ("{", "is no JSON"), ("[" * 100_000, "is no JSON"), ("{}", "Field required"),
        ('{"format": 2}', "upgrade nhr"),
    ],
)  # fmt: skip
def test_a_bad_line_of_json_is_named(line: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"labels\.jsonl line 2.*{why}"):
        list(opinion_tables.from_file(path))


def test_columns_that_are_missing_are_named_all_at_once(tmp_path: Path) -> None:
    rest = {name: value for name, value in ROW.items() if name not in {"judge", "rater"}}
    with pytest.raises(UserError, match=r"labels\.csv lacks the columns rater, judge;"):
        list(opinion_tables.from_file(table(tmp_path, rest)))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{','.join(ROW)},rater\n", encoding="utf-8")
    with pytest.raises(UserError, match="the column rater twice"):
        list(opinion_tables.from_file(path))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"triplet_id\n\xff"])
def test_what_is_no_text_is_named(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(data)
    with pytest.raises(UserError, match=r"labels\.csv is not UTF-8"):
        list(opinion_tables.from_file(tmp_path / "labels.csv"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels\.csv cannot be read"):
        list(opinion_tables.from_file(tmp_path / "labels.csv"))
