"""The released layout: files, rows, determinism, and what may be overwritten."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from infra.export import released
from infra.export.exporting import export
from infra.export.order import Order, Told
from infra.images import encode
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Image
from streams import shelf
from tests.unit.export.making import REMOVE, mined, picture
from tests.unit.reading.making import files, put_on_shelf, ref, subject, triplet

FIELDS = [
    "sample_id", "source_file_name", "edited_file_name", "edit_instruction", "augmented_instructions", "category",
    "style", "kind", "img_width", "img_height",
]  # fmt: skip


def rows(out: Path) -> list[dict[str, object]]:
    lines = (out / "train" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "released"
    export(mined(), out, Order())
    return out


def test_every_triplet_has_its_row_with_exactly_the_released_fields(out: Path) -> None:
    assert [list(row) for row in rows(out)] == [FIELDS] * 8


def test_rows_are_sorted_by_sample(out: Path) -> None:
    samples = [str(row["sample_id"]) for row in rows(out)]
    assert samples == sorted(samples)


def test_every_file_is_named_by_a_row_and_every_row_names_files(out: Path) -> None:
    named = {str(row[end]) for row in rows(out) for end in ("source_file_name", "edited_file_name")}
    there = {path.relative_to(out / "train").as_posix() for path in (out / "train" / "images").rglob("*.jpg")}
    assert named == there
    assert len(there) == 6


def test_files_lie_in_two_digit_buckets_named_by_sample(out: Path) -> None:
    for row in rows(out):
        folder, name = str(row["edited_file_name"]).removeprefix("images/").split("/")
        assert len(folder) == 2
        assert folder.isdigit()
        assert name.startswith(f"{row['sample_id']}_")


def test_an_inverse_leads_to_the_original_and_a_composite_past_it(out: Path) -> None:
    ends = {str(row["kind"]): (row["source_file_name"], row["edited_file_name"]) for row in rows(out)[:4]}
    assert ["_original" in str(name) for name in ends["forward"]] == [True, False]
    assert ["_original" in str(name) for name in ends["inverse"]] == [False, True]
    assert ["_original" in str(name) for name in ends["composite"]] == [False, False]


def test_images_are_jpeg_of_the_pixels_on_the_shelf(out: Path) -> None:
    first = next(iter(shelf.triplets(mined())))
    row = next(row for row in rows(out) if row["sample_id"] == first.subject.source_id and row["kind"] == first.kind)
    with Pictures.open(out / "train" / str(row["source_file_name"])) as shown:
        assert (shown.format, shown.size) == ("JPEG", (row["img_width"], row["img_height"]))


def test_an_exported_picture_does_not_carry_the_stored_ones_note(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    stored = encode(Image(np.zeros((48, 64, 3), np.uint8), "the planted flaw"))
    of = subject("s1").model_copy(update={"image": ref(stored)})
    edited = ref(picture(3), kind="png")
    put_on_shelf(blobs, triplet(of, REMOVE, edited), data={of.image.sha256: stored, edited.sha256: picture(3)})
    export(blobs, tmp_path / "out", Order())
    assert b"the planted flaw" in stored
    assert not [name for name, data in files(tmp_path / "out").items() if b"the planted flaw" in data]


def test_further_texts_are_augmented_instructions(out: Path) -> None:
    texts = [row["augmented_instructions"] for row in rows(out) if row["augmented_instructions"]]
    assert texts == [["take the red ball away", "no ball"]] * 2


def test_rows_are_byte_for_byte_those_of_the_released_layout(out: Path) -> None:
    told = sha256((out / "train" / "metadata.jsonl").read_bytes()).hexdigest()
    assert told == "937861e1ea3e601e43eda93f47fd1651f20f4a9b6f363d21de0f4bc1193693ab"


def test_exporting_twice_gives_identical_bytes(out: Path, tmp_path: Path) -> None:
    export(mined(), tmp_path / "again", Order(), threads=1)
    assert files(tmp_path / "again") == files(out)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    @contextmanager
    def phases(what: str) -> Iterator[Told]:
        yield lambda done, total: told.append((what, done, total))

    assert export(mined(), tmp_path / "out", Order(), phases=phases).rows == 8
    assert told == [("triplets", 4, 8), ("triplets", 8, 8)]


def test_more_samples_than_are_encoded_ahead_are_all_written(tmp_path: Path) -> None:
    assert export(mined(released.AHEAD + 3), tmp_path / "out", Order()).rows == 4 * (released.AHEAD + 3)


def test_an_earlier_export_is_replaced_only_by_force(tmp_path: Path) -> None:
    export(mined(3), tmp_path / "out", Order())
    with pytest.raises(UserError, match="--force"):
        export(mined(), tmp_path / "out", Order())
    export(mined(), tmp_path / "out", Order(), force=True)
    assert len(rows(tmp_path / "out")) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_is_no_export_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="not an earlier export"):
        export(mined(), tmp_path, Order(), force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export(mined(), tmp_path / "out", Order()).rows == 8


def spoil(blobs: MemoryBlobs, data: bytes | None) -> m.ImageRef:
    image = next(iter(shelf.triplets(blobs))).after
    blobs.delete(image.key)
    if data is not None:
        blobs.put(image.key, data)
    return image


@pytest.mark.parametrize(("data", "says"), [(None, "is missing"), (b"", "cannot be read"), (b"\x89PNG", "cannot be")])
def test_an_image_that_cannot_be_read_is_named_and_leaves_nothing_behind(
    tmp_path: Path, data: bytes | None, says: str
) -> None:
    blobs = mined()
    image = spoil(blobs, data)
    with pytest.raises(UserError, match=says) as caught:
        export(blobs, tmp_path / "out", Order())
    assert image.key in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_shelf_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the shelf is empty"):
        export(MemoryBlobs(), tmp_path / "out", Order())


def test_a_target_whose_parent_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        export(mined(), tmp_path / "file" / "out", Order())
