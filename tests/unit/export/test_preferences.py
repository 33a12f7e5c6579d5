"""Preference pairs: which attempts are set against the accepted one, and how hard triplets were."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from infra.blobs.memory import MemoryBlobs
from infra.export import attempts
from infra.export.exporting import export
from infra.export.order import Encoding, Filters, Order, Result, silent
from infra.export.spool import spool
from schemas.errors import UserError
from schemas.messages import Subject, Triplet
from streams import records, retractions, shelf
from streams.dataset.splitting import Splits
from streams.records import Event
from streams.retractions import Retraction
from tests.unit.export.making import RECOLOR, REMOVE, attempt, noise, tried, varied
from tests.unit.reading.making import edit_job, failure, ref

WORSE = {1: (3.0, 3.0), 2: (4.0, 4.0), 3: (4.6, 4.9), 4: (2.0, 2.0)}
"""Scores of the attempts beside the accepted one, which is attempt 0."""


def of(blobs: MemoryBlobs, kind: str = "forward", operation: str = "remove") -> Triplet:
    return next(one for one in shelf.triplets(blobs) if (one.kind, one.operation) == (kind, operation))


def world(*more: Event) -> MemoryBlobs:
    """One source; its removal was accepted at once, and four attempts were judged lower."""
    blobs = varied(1)
    source = of(blobs).subject
    lost = {number: noise(f"lost {number}") for number in WORSE}
    events = attempt(source, REMOVE, 0, (4.9, 4.8), noise("0 1"))
    for number, shot in lost.items():
        events += attempt(source, REMOVE, number, WORSE[number], shot, f"reason {number}")
    tried(blobs, *events, *more, pictures=list(lost.values()))
    return blobs


def exported(blobs: MemoryBlobs, out: Path, **asked: Any) -> tuple[list[dict[str, Any]], Result]:
    result = export(blobs, out, Order("preferences", "parquet", encoding=Encoding("keep"), **asked))
    return [row for name in result.files for row in pq.read_table(out / name).to_pylist()], result


def rejected(rows: list[dict[str, Any]]) -> list[int]:
    return [row["rejected_attempt"] for row in rows]


def test_the_clearest_go_first_and_what_is_too_close_makes_no_pair(tmp_path: Path) -> None:
    rows, result = exported(world(), tmp_path / "set")
    assert rejected(rows) == [4, 1, 2]
    assert result.left_out == {"margin": 1}
    margins = [row["margin"] for row in rows]
    assert margins == sorted(margins, reverse=True)


def test_a_wider_margin_and_fewer_pairs_can_be_asked_for(tmp_path: Path) -> None:
    rows, result = exported(world(), tmp_path / "set", margin=1.0, pairs=1)
    assert rejected(rows) == [4]
    assert result.left_out == {"margin": 2, "further pairs": 1}


def test_an_attempt_whose_picture_was_not_kept_or_was_retracted_makes_no_pair(tmp_path: Path) -> None:
    blobs = world()
    blobs.delete(records.record_image_key(ref(noise("lost 4"), kind="png")))
    sha256 = ref(noise("lost 1")).sha256
    retractions.retract(blobs, Retraction(target="sha256", value=sha256, reason="a face", at=1.0))
    rows, result = exported(blobs, tmp_path / "set")
    assert rejected(rows) == [2]
    assert result.left_out == {"margin": 1, "picture gone": 1, "retracted": 1}


def test_a_retracted_triplet_has_no_pairs(tmp_path: Path) -> None:
    blobs = world()
    retractions.retract(blobs, Retraction(target="triplet", value=of(blobs).triplet_id, reason="no", at=1.0))
    with pytest.raises(UserError, match="no preferences are left to export"):
        exported(blobs, tmp_path / "set")


def test_scores_of_another_judge_are_not_compared(tmp_path: Path) -> None:
    blobs = varied(1)
    source, shot = of(blobs).subject, noise("lost")
    screened, judged = attempt(source, REMOVE, 1, (2.0, 2.0), shot)
    tried(blobs, screened, judged.model_copy(update={"by": "another@1"}), pictures=[shot])
    with pytest.raises(UserError, match="left out: 1 by other judge"):
        exported(blobs, tmp_path / "set")


def test_what_another_policys_screen_turned_down_after_it_was_judged_is_so_told(tmp_path: Path) -> None:
    blobs = varied(1)
    source, shot = of(blobs).subject, noise("lost")
    (screened,) = attempt(source, REMOVE, 1, None, shot)
    events = [*attempt(source, REMOVE, 1, (3.0, 3.0), shot), screened.model_copy(update={"job_id": "5" * 32})]
    tried(blobs, *events, pictures=[shot])
    (row,), _ = exported(blobs, tmp_path / "set")
    assert (row["rejected_by"], row["reason"]) == ("screen", "pixels.largest_component")


def test_attempts_at_requests_that_were_never_won_make_no_pair(tmp_path: Path) -> None:
    blobs = varied(1)
    shelf_key = shelf.triplet_key(of(blobs).triplet_id)
    source, shot = of(blobs).subject, noise("lost")
    tried(
        blobs, *attempt(source, REMOVE, 1, (3.0, 3.0), shot), *attempt(source, RECOLOR, 1, (3.0, 3.0), shot),
        pictures=[shot],
    )  # fmt: skip
    blobs.delete(shelf_key)
    rows, _ = exported(blobs, tmp_path / "set")
    assert [row["operation"] for row in rows] == ["recolor"]


def test_filters_hold_for_the_accepted_triplet(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no preferences are left"):
        exported(world(), tmp_path / "set", filters=Filters(operations=frozenset({"recolor"})))
    with pytest.raises(UserError, match="only forward triplets have rejected attempts"):
        exported(world(), tmp_path / "set", filters=Filters(kinds=frozenset({"inverse"})))


def test_the_released_layout_holds_triplets_alone() -> None:
    with pytest.raises(
        UserError, match="the layout nhr cannot hold preferences; choose --layout parquet or webdataset"
    ):
        Order("preferences", "nhr")


# --- difficulty -------------------------------------------------------------------------------------------------------


def lost_edit(source: Subject, number: int) -> Event:
    job = edit_job(source, REMOVE, number)
    told = {"job_id": job.job_id, "request_id": job.request_id, "attempt": number}
    return failure(source).model_copy(update=told)


def open_screen(source: Subject, number: int) -> Event:
    return lost_edit(source, number).model_copy(update={"job_id": f"{number}" * 32, "stage": "screen"})


def hardness(blobs: MemoryBlobs, triplet: Triplet) -> tuple[object, ...]:
    with spool(Splits.parse("train=1"), 0) as kept:
        attempts.read(blobs, kept.db, silent)
        return tuple(attempts.difficulty(kept.db, triplet).values())


def test_lost_edits_screened_and_judged_attempts_count_and_open_ones_do_not() -> None:
    blobs = varied(1)
    source = of(blobs).subject
    tried(
        blobs, lost_edit(source, 0), *attempt(source, REMOVE, 1, None, noise("a")), open_screen(source, 2),
        *attempt(source, REMOVE, 3, (2.0, 2.0), noise("b")), *attempt(source, REMOVE, 4, (4.9, 4.8), noise("c")),
        *attempt(source, REMOVE, 5, (4.8, 4.8), noise("d")),
    )  # fmt: skip
    assert hardness(blobs, of(blobs)) == (5, 5, 2 / 5)


def test_a_composite_takes_the_attempts_at_both_its_edits() -> None:
    blobs = varied(1)
    source = of(blobs).subject
    tried(
        blobs, *attempt(source, REMOVE, 0, (2.0, 2.0), noise("a")), *attempt(source, REMOVE, 1, (4.9, 4.9), noise("b")),
        *attempt(source, RECOLOR, 0, (4.9, 4.9), noise("c")),
    )  # fmt: skip
    assert hardness(blobs, of(blobs, "composite", "composite")) == (3, 3, 2 / 3)
    assert hardness(blobs, of(blobs, "inverse", "add")) == (2, 2, 1 / 2)


def test_nothing_is_said_where_no_survivor_is_recorded() -> None:
    blobs = varied(1)
    tried(blobs, *attempt(of(blobs).subject, REMOVE, 0, (2.0, 2.0), noise("a")))
    assert hardness(blobs, of(blobs)) == (None, None, None)
