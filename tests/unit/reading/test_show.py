"""`nhr show`: what it tells, and what it says of ids it cannot resolve."""

import io

import pytest
from rich.console import Console

from infra.blobs.memory import MemoryBlobs
from infra.show import find, show
from schemas import ids
from schemas import messages as m
from schemas.errors import UserError
from streams import calibrations, shelf
from streams.calibrations import Calibration
from tests.unit.reading.making import (
    delivered,
    edit_job,
    failure,
    gate,
    judge,
    put_on_shelf,
    record,
    request,
    screen,
    subject,
    triplet,
)

ONE, REMOVE, RECOLOR = subject("s1", text="a [red]boat[/red]"), request(), request("paint the door blue", "recolor")
FORWARD = triplet(ONE, REMOVE, attempt=3, texts={"zh": "去掉红球"})


@pytest.fixture(scope="module")
def blobs() -> MemoryBlobs:
    blobs = MemoryBlobs()
    lost = m.Failure(
        job_id="x", stage="edit", source_id=ONE.source_id, request_id=edit_job(ONE, REMOVE).request_id, attempt=2,
        reason="editor says [no]",
    )  # fmt: skip
    record(
        blobs,
        delivered(
            [
                gate(ONE), screen(ONE, REMOVE, 0, {"null.soft": 0.125}), screen(ONE, REMOVE, 1, {"pixels.null": 0.9}),
                judge(ONE, REMOVE, (3.25, 4.9), 1, reason="the ball is still there"), lost,
                screen(ONE, REMOVE, 3), judge(ONE, REMOVE, (4.9, 4.8), 3),
                judge(ONE, REMOVE, (4.8, 4.7), kind="inverse", instruction="put a red ball on the sand"),
                judge(ONE, REMOVE, (2.0, 4.7), kind="composite", other=RECOLOR, reason="the door is green"),
                screen(subject("s2"), RECOLOR), failure(subject("s2"), reason="of another source"),
            ]
        ),
    )  # fmt: skip
    put_on_shelf(blobs, FORWARD, triplet(ONE, REMOVE, kind="inverse", attempt=3))
    return blobs


@pytest.fixture(scope="module")
def shown(blobs: MemoryBlobs) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(show(blobs, FORWARD.triplet_id))
    out = console.file
    assert isinstance(out, io.StringIO)
    return out.getvalue()


@pytest.mark.parametrize(
    "told",
    [
        FORWARD.triplet_id, "remove the red ball", "a [red]boat[/red]", "adherence 4.90", "overall 4.85", "去掉红球",
        shelf.image_key(FORWARD.before), shelf.image_key(FORWARD.after), "painter@000000000000", "vlm.aesthetic",
        "null.soft = 0.125", "the ball is still there", "editor says [no]", "put a red ball on the sand",
        ids.triplet_id(FORWARD.edits[0].request_id, "inverse"), "the door is green", str(FORWARD.edits[0].seed),
    ],
)  # fmt: skip
def test_it_tells_lineage_scores_and_rejected_attempts(shown: str, told: str) -> None:
    assert told in shown


def test_every_attempt_has_its_row_and_its_fate(shown: str) -> None:
    rows = [line.split() for line in shown.splitlines()]
    fates = {row[0]: row[2] for row in rows if row and row[0] in {"0", "1", "2", "3"}}
    assert fates == {"0": "soft", "1": "hard", "2": "failed", "3": "survived,"}


def test_other_sources_stay_out(shown: str) -> None:
    assert "of another source" not in shown


def test_the_beginning_of_an_id_is_enough(blobs: MemoryBlobs) -> None:
    assert find(blobs, FORWARD.triplet_id[:8].upper()) == shelf.shelved(FORWARD)


def test_a_triplet_without_records_can_be_shown() -> None:
    blobs = MemoryBlobs()
    put_on_shelf(blobs, FORWARD)
    console = Console(file=io.StringIO(), width=120)
    console.print(show(blobs, FORWARD.triplet_id))


@pytest.mark.parametrize(
    ("prefix", "says"),
    [("ffffffff", "no triplet ffffffff on this shelf"), ("../etc", "is no triplet id"), ("", "is no triplet id")],
)
def test_an_id_that_is_not_there_is_one_clear_line(blobs: MemoryBlobs, prefix: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        show(blobs, prefix)
    assert "\n" not in str(caught.value)


def test_an_ambiguous_id_lists_up_to_five() -> None:
    blobs = MemoryBlobs()
    for number in range(200):
        put_on_shelf(blobs, triplet(subject(f"s{number}"), REMOVE))
    with pytest.raises(UserError, match="begins several triplets; give more digits") as caught:
        find(blobs, "a")
    assert str(caught.value).count(", ") == 5
    assert "\n" not in str(caught.value)


def test_a_judge_that_nobody_calibrated_is_marked_until_somebody_does() -> None:
    own, told = MemoryBlobs(), []
    put_on_shelf(own, FORWARD)
    for _ in range(2):
        console = Console(file=io.StringIO(), width=200, color_system=None)
        console.print(show(own, FORWARD.triplet_id))
        assert isinstance(console.file, io.StringIO)
        told.append("judge not calibrated: `nhr calibrate`" in console.file.getvalue())
        calibrations.keep(own, Calibration(judge="critic@1", pairs=9, labels=9, raters=1, figures={}, at=1.0))
    assert told == [True, False]
