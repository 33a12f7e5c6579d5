"""What of a shelf is taken: filters, duplicates, shares, splits; everything left out is counted."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from infra.export.exporting import export
from infra.export.order import Dedup, Encoding, Filters, Format, Order, Result
from infra.images import decode, encode
from schemas.errors import UserError
from schemas.ports import Image
from streams import calibrations, retractions, shelf
from streams.calibrations import Calibration
from streams.dataset.balancing import Shares
from streams.dataset.splitting import Splits
from streams.retractions import Retraction
from tests.unit.export.making import noise, shelve, varied
from tests.unit.reading.making import subject

NEAR = Dedup(exact=True, near=4)


def chosen(blobs: MemoryBlobs, **asked: Any) -> Result:
    """The counts of an export that is not written."""
    return export(blobs, Path("nowhere"), Order(layout="parquet", encoding=Encoding("keep"), **asked), dry_run=True)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*/metadata.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


@pytest.mark.parametrize(
    ("filters", "left", "why"),
    [
        (Filters(kinds=frozenset({"forward"})), 6, {"kind": 6}),
        (Filters(operations=frozenset({"add", "recolor"})), 6, {"operation": 6}),
        (Filters(campaigns=frozenset({"harbour"})), 12, {}),
        (Filters(min_score=4.8), 12, {}),
        (Filters(kinds=frozenset({"inverse"}), operations=frozenset({"add"})), 3, {"kind": 9}),
    ],
)
def test_filters_say_what_they_hold_back(filters: Filters, left: int, why: dict[str, int]) -> None:
    result = chosen(varied(3), filters=filters)
    assert (result.rows, result.left_out) == (left, why)


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        (Filters(min_score=4.81), "12 by score"),
        (Filters(campaigns=frozenset({"other"})), "12 by campaign"),
        (Filters(only_calibrated=True), "12 by uncalibrated"),
    ],
)
def test_where_nothing_is_left_the_reasons_are_told(filters: Filters, why: str) -> None:
    with pytest.raises(UserError, match=f"no triplets are left to export; left out: {why}"):
        chosen(varied(3), filters=filters)


def test_what_a_calibrated_judge_scored_passes() -> None:
    blobs = varied(3)
    calibrations.keep(blobs, Calibration(judge="critic@1", pairs=9, labels=9, raters=2, figures={}, at=1.0))
    assert chosen(blobs, filters=Filters(only_calibrated=True)).rows == 12


def test_retracted_triplets_are_not_even_counted() -> None:
    blobs = varied(3)
    source = subject("s1").source_id
    retractions.retract(blobs, Retraction(target="source", value=source, reason="no", at=1.0))
    assert (chosen(blobs).rows, chosen(blobs).left_out) == (8, {})


# --- duplicates -------------------------------------------------------------------------------------------------------


def twice(scores: tuple[float, float]) -> MemoryBlobs:
    """Three sources, and the very pictures of one of them in another campaign, with other scores."""
    blobs = varied(3)
    shelve(blobs, subject("again", "second"), [noise(f"1 {step}") for step in range(3)], scores)
    return blobs


@pytest.mark.parametrize(("scores", "stays"), [((4.95, 4.95), "second"), ((4.75, 4.8), "harbour")])
def test_of_exact_duplicates_across_campaigns_the_better_stays(
    tmp_path: Path, scores: tuple[float, float], stays: str
) -> None:
    result = export(twice(scores), tmp_path / "set", Order(dedup=Dedup(exact=True)))
    assert (result.rows, result.left_out) == (12, {"duplicates exact": 4})
    ids = {subject("s1").source_id: "harbour", subject("again").source_id: "second"}
    assert {ids[row["sample_id"]] for row in rows(tmp_path / "set") if row["sample_id"] in ids} == {stays}


def noisy(shot: bytes) -> bytes:
    """The same picture as the eye sees it, other bytes."""
    pixels = decode(shot).pixels.astype(int) + np.random.default_rng(1).integers(-2, 3, (48, 64, 3))
    return encode(Image(np.clip(pixels, 0, 255).astype(np.uint8)), "png")


def test_near_duplicates_leave_and_like_edits_of_one_source_stay() -> None:
    blobs = varied(3)
    shelve(blobs, subject("like"), [noisy(noise(f"1 {step}")) for step in range(3)])
    assert chosen(blobs, dedup=Dedup(exact=True)).rows == 16
    result = chosen(blobs, dedup=NEAR)
    assert (result.rows, result.left_out) == (12, {"duplicates near": 4})


def test_a_source_that_is_near_with_another_edit_is_no_duplicate() -> None:
    blobs = varied(3)
    shelve(blobs, subject("like"), [noisy(noise("1 0")), noise("other 1"), noise("other 2")])
    assert chosen(blobs, dedup=NEAR).left_out == {}


def test_a_picture_that_cannot_be_compared_is_named() -> None:
    blobs = varied(2)
    first = next(shelf.triplets(blobs)).before
    blobs.delete(first.key)
    blobs.put(first.key, b"damaged")
    with pytest.raises(UserError, match=f"{first.key}: 7 bytes .* are no WebP, PNG or JPEG"):
        chosen(blobs, dedup=NEAR)


# --- shares -----------------------------------------------------------------------------------------------------------


def test_quotas_shares_and_limits_are_kept_and_counted() -> None:
    blobs = varied(10)
    assert chosen(blobs, shares=Shares({"remove": 3})).operations == {
        "add": 10, "composite": 10, "recolor": 10, "remove": 3,
    }  # fmt: skip
    few = chosen(blobs, shares=Shares({"remove": 2, "add": 4}, most_share=Fraction(3, 10)))
    assert few.operations == {"add": 4, "composite": 4, "recolor": 4, "remove": 2}
    assert few.left_out == {"quota": 14, "share": 12}
    assert chosen(blobs, shares=Shares({"remove": 1}, alpha=0)).rows == 4
    assert chosen(blobs, shares=Shares(limit=8)).operations == dict.fromkeys(
        ["add", "composite", "recolor", "remove"], 2
    )


def test_the_sample_depends_on_the_seed_alone(tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((1, 1, 2)):
        export(varied(10), tmp_path / str(number), Order(shares=Shares(limit=12), seed=seed))
        found.append(sorted((row["sample_id"], row["kind"], row["category"]) for row in rows(tmp_path / str(number))))
    assert found[0] == found[1] != found[2]
    assert Counter(len(one) for one in found) == {12: 3}


def test_by_score_the_best_stay(tmp_path: Path) -> None:
    blobs = varied(4)
    shelve(blobs, subject("best"), [noise(f"best {step}") for step in range(3)], (5.0, 5.0))
    export(blobs, tmp_path / "set", Order(shares=Shares(limit=4), prefer="score"))
    assert {row["sample_id"] for row in rows(tmp_path / "set")} == {subject("best").source_id}


def test_a_quota_of_no_known_operation_is_told() -> None:
    with pytest.raises(UserError, match="there is no operation 'remvoe'; there are: add, composite, recolor, remove"):
        chosen(varied(1), shares=Shares({"remvoe": 3}))


# --- splits -----------------------------------------------------------------------------------------------------------


def test_no_source_is_in_two_splits_and_more_sources_move_none(tmp_path: Path) -> None:
    splits = Splits.parse("train=0.5,validation=0.25,test=0.25")
    where: list[dict[str, str]] = []
    for sources in (20, 30):
        out = tmp_path / str(sources)
        export(varied(sources), out, Order(splits=splits))
        seen: dict[str, str] = {}
        for name in splits.names:
            lines = (out / name / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
            for source in {json.loads(line)["sample_id"] for line in lines}:
                assert source not in seen
                seen[source] = name
        where.append(seen)
    assert (len(where[0]), len(where[1])) == (20, 30)
    assert where[0].items() <= where[1].items()


def test_a_split_that_nothing_falls_into_is_told_as_empty_and_not_written(tmp_path: Path) -> None:
    result = export(varied(1), tmp_path / "set", Order(splits=Splits.parse("train=0.5,test=0.5")))
    assert sorted(result.splits.values()) == [0, 4]
    assert len([path for path in (tmp_path / "set").iterdir() if path.is_dir()]) == 1


# --- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "ending", "lossless"),
    [
        (Encoding("jpeg"), "jpg", False), (Encoding("jpeg", 40), "jpg", False), (Encoding("webp"), "webp", True),
        (Encoding("webp", 80), "webp", False), (Encoding("png"), "png", True), (Encoding("jxl"), "jxl", True),
        (Encoding("jxl", 90), "jxl", False), (Encoding("keep"), "png", True),
    ],
)  # fmt: skip
def test_pictures_are_written_as_asked(tmp_path: Path, encoding: Encoding, ending: str, lossless: bool) -> None:
    import imagecodecs

    blobs = varied(1)
    result = export(blobs, tmp_path / "set", Order(encoding=encoding))
    originals = [row["source_file_name"] for row in rows(tmp_path / "set") if row["kind"] == "forward"]
    path = tmp_path / "set" / "train" / originals[0]
    assert path.suffix == f".{ending}"
    if ending == "jxl":
        shown = imagecodecs.jpegxl_decode(path.read_bytes())
    else:
        with Pictures.open(path) as picture:
            shown = np.asarray(picture.convert("RGB"))
    apart = np.abs(shown.astype(int) - decode(noise("0 0")).pixels)
    assert (apart.max() == 0) == lossless
    assert apart.mean() < 12
    assert result.tallies["train"].bytes == sum(one.stat().st_size for one in path.parent.iterdir())


def test_lower_quality_takes_less(tmp_path: Path) -> None:
    forms: tuple[Format, ...] = ("jpeg", "webp", "jxl")
    for form in forms:
        sizes = []
        for quality in (20, 60, 95):
            order = Order(encoding=Encoding(form, quality))
            result = export(varied(2), tmp_path / f"{form}{quality}", order)
            sizes.append(result.tallies["train"].bytes)
        assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("form", ["jpeg", "webp", "png", "jxl"])
def test_pictures_made_anew_do_not_carry_the_stored_ones_note(tmp_path: Path, form: Any) -> None:
    blobs = MemoryBlobs()
    shots = [encode(Image(decode(noise(f"n{step}")).pixels, "the planted flaw"), "png") for step in range(3)]
    shelve(blobs, subject("noted"), shots)
    export(blobs, tmp_path / "set", Order(encoding=Encoding(form)))
    assert b"the planted flaw" in shots[0]
    assert [path for path in (tmp_path / "set").rglob("*.*") if b"planted" in path.read_bytes()] == []


@pytest.mark.parametrize("form", ["keep", "png"])
def test_quality_of_what_has_none_is_refused(form: Any) -> None:
    with pytest.raises(UserError, match=f"--quality means nothing for --images {form}"):
        Encoding(form, 90)


# --- not written ------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_the_counts_and_writes_nothing(tmp_path: Path) -> None:
    order = Order(splits=Splits.parse("train=0.5,test=0.5"), shares=Shares({"add": 1}))
    told = export(varied(5), tmp_path / "set", order, dry_run=True)
    assert list(tmp_path.iterdir()) == []
    written = export(varied(5), tmp_path / "set", order)
    assert (told.rows, told.splits, told.operations, told.left_out) == (
        written.rows, written.splits, written.operations, written.left_out,
    )  # fmt: skip
    assert told.left_out == {"quota": 4}
