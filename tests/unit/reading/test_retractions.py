"""Taking back: what is retracted is left out by every reader, and stays where it is."""

import json
from collections.abc import Callable

import pytest
from rich.console import Console

from infra.blobs.memory import MemoryBlobs
from infra.export.exporting import export
from infra.export.order import Order
from infra.report.gather import gather
from infra.retract import covered, survey
from infra.show import find, show
from schemas import messages as m
from schemas.errors import UserError
from streams import retractions, shelf
from streams.retractions import Retraction, Target
from tests.unit.reading.making import put_on_shelf, ref, request, subject, triplet

ONE, TWO = subject("s1"), subject("s2")
REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")
EDITED, SECOND = ref(b"edited"), ref(b"second")
FORWARD = triplet(ONE, REMOVE, EDITED)
INVERSE = triplet(ONE, REMOVE, EDITED, kind="inverse", operation="add")
COMPOSITE = triplet(ONE, REMOVE, EDITED, kind="composite", second=(RECOLOR, SECOND), operation="composite")
OTHER_EDIT = triplet(ONE, RECOLOR, SECOND)
ELSEWHERE = triplet(TWO, REMOVE, ref(b"elsewhere"))
EVERYTHING = (FORWARD, INVERSE, COMPOSITE, OTHER_EDIT, ELSEWHERE)


@pytest.fixture
def blobs() -> MemoryBlobs:
    blobs = MemoryBlobs()
    put_on_shelf(blobs, *EVERYTHING)
    return blobs


def retraction(target: Target, value: str, reason: str = "a watermark", at: float = 1e9) -> Retraction:
    return Retraction(target=target, value=value, reason=reason, at=at)


def left(blobs: MemoryBlobs) -> set[str]:
    return {one.triplet_id for one in shelf.triplets(blobs)}


def names(*triplets: m.Triplet) -> set[str]:
    return {one.triplet_id for one in triplets}


@pytest.mark.parametrize(
    ("target", "value", "stay"),
    [
        ("triplet", FORWARD.triplet_id, (INVERSE, COMPOSITE, OTHER_EDIT, ELSEWHERE)),
        ("source", ONE.source_id, (ELSEWHERE,)),
        ("sha256", EDITED.sha256, (OTHER_EDIT, ELSEWHERE)),
        ("sha256", ONE.image.sha256, (ELSEWHERE,)),
        ("source", "0" * 32, EVERYTHING),
    ],
)
def test_a_retraction_covers_a_triplet_a_source_or_a_picture(
    blobs: MemoryBlobs, target: Target, value: str, stay: tuple[m.Triplet, ...]
) -> None:
    assert retractions.retract(blobs, retraction(target, value))
    assert left(blobs) == names(*stay)


def test_a_source_retracted_before_its_triplets_come_is_left_out_as_well() -> None:
    blobs = MemoryBlobs()
    retractions.retract(blobs, retraction("source", ONE.source_id))
    put_on_shelf(blobs, *EVERYTHING)
    assert left(blobs) == names(ELSEWHERE)


def test_the_shelf_itself_does_not_change(blobs: MemoryBlobs) -> None:
    before = shelf.fingerprint(blobs)
    retractions.retract(blobs, retraction("source", ONE.source_id))
    assert shelf.fingerprint(blobs) == before
    assert {one.triplet_id for one in shelf.all_triplets(blobs)} == names(*EVERYTHING)


def test_retracting_again_keeps_the_first_reason(blobs: MemoryBlobs) -> None:
    assert retractions.retract(blobs, retraction("source", ONE.source_id))
    assert not retractions.retract(blobs, retraction("source", ONE.source_id, reason="another", at=2e9))
    (kept,) = retractions.load(blobs)
    assert (kept.reason, kept.at) == ("a watermark", 1e9)


def test_the_report_leaves_out_what_was_retracted(blobs: MemoryBlobs) -> None:
    retractions.retract(blobs, retraction("source", ONE.source_id))
    gathered = gather(blobs, 100, 100)
    assert gathered.total == gathered.funnel.released == 1
    assert [one.triplet_id for one in gathered.triplets] == [ELSEWHERE.triplet_id]


def test_an_export_of_nothing_but_retracted_triplets_is_empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    blobs = MemoryBlobs()
    put_on_shelf(blobs, FORWARD)
    retractions.retract(blobs, retraction("triplet", FORWARD.triplet_id))
    with pytest.raises(UserError, match="nothing to export"):
        export(blobs, tmp_path_factory.mktemp("export") / "set", Order())


def told(blobs: MemoryBlobs, triplet_id: str) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(show(blobs, triplet_id))
    return capture.get()


def test_show_still_finds_it_and_says_why_it_was_retracted(blobs: MemoryBlobs) -> None:
    assert "retracted" not in told(blobs, FORWARD.triplet_id)
    retractions.retract(blobs, retraction("source", ONE.source_id))
    assert find(blobs, FORWARD.triplet_id[:9]).triplet_id == FORWARD.triplet_id
    assert "retracted: a watermark (2001-09-09, by its source)" in told(blobs, FORWARD.triplet_id)


# --- what it says beforehand ------------------------------------------------------------------------------------------


def test_a_single_triplet_leaves_those_on_the_same_edits_and_counts_them(blobs: MemoryBlobs) -> None:
    taking = survey(blobs, retraction("triplet", FORWARD.triplet_id), FORWARD, with_derived=False)
    assert (taking.taken, taking.related) == ({"forward": 1}, {"inverse": 1, "composite": 1})
    assert len(taking.kept) == 1
    assert left(blobs) == names(*EVERYTHING)


def test_derived_triplets_are_taken_when_asked_for(blobs: MemoryBlobs) -> None:
    taking = survey(blobs, retraction("triplet", FORWARD.triplet_id), FORWARD, with_derived=True)
    for one in taking.kept:
        retractions.retract(blobs, one)
    assert taking.taken == {"forward": 1, "inverse": 1, "composite": 1}
    assert left(blobs) == names(OTHER_EDIT, ELSEWHERE)


def test_what_was_taken_back_before_is_counted_apart(blobs: MemoryBlobs) -> None:
    retractions.retract(blobs, retraction("triplet", FORWARD.triplet_id))
    taking = survey(blobs, retraction("source", ONE.source_id), None, with_derived=False)
    assert (taking.taken, taking.before) == ({"inverse": 1, "composite": 1, "forward": 1}, 1)


def test_each_retraction_knows_how_many_triplets_it_names(blobs: MemoryBlobs) -> None:
    known = [retraction("source", ONE.source_id), retraction("sha256", SECOND.sha256), retraction("source", "0" * 32)]
    assert list(covered(blobs, known).values()) == [4, 2, 0]


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[:20], "is no retraction"),
        (lambda data: b"[]", "is no retraction"),
        (lambda data: b"\xff\xfe", "is no retraction"),
        (lambda data: data.replace(b"source", b"planet"), "is no retraction"),
        (lambda data: data.replace(b'"format": 1', b'"format": 2'), "has format 2, this NHR knows 1; upgrade nhr"),
        (lambda data: data.replace(ONE.source_id.encode(), TWO.source_id.encode()), "move it there"),
    ],
)
def test_a_retraction_that_cannot_be_read_stops_every_reader(
    blobs: MemoryBlobs, spoil: Callable[[bytes], bytes], says: str
) -> None:
    one = retraction("source", ONE.source_id)
    blobs.put(one.key, spoil(one.model_dump_json(indent=1).encode()))
    with pytest.raises(UserError, match=says) as caught:
        shelf.triplets(blobs)
    assert one.key in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fields_from_the_future_are_passed_over(blobs: MemoryBlobs) -> None:
    one = retraction("source", ONE.source_id)
    blobs.put(one.key, json.dumps(one.model_dump() | {"who": "somebody"}).encode())
    assert left(blobs) == names(ELSEWHERE)


@pytest.mark.parametrize(("target", "value"), [("source", "abc"), ("sha256", "0" * 32), ("source", "../" + "0" * 29)])
def test_only_whole_names_can_be_retracted(target: Target, value: str) -> None:
    with pytest.raises(UserError, match="give all its"):
        retractions.checked(target, value)
    assert retractions.checked("sha256", " " + "A" * 64) == "a" * 64
