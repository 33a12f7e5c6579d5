"""What a calibration rests on: labels, the records beside them, and nothing that was taken back."""

from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.calibrating.gathering import Gathered, gather
from infra.gallery.labelling.telling import as_csv
from infra.place import Place
from schemas import messages as m
from schemas.errors import UserError
from streams import labels, retractions
from streams.labels import Label
from streams.retractions import Retraction, Target
from tests.unit.reading.making import delivered, judge, record, request, subject

SCORES = [(4.9, 4.8), (4.7, 4.7), (2.0, 3.0), (4.0, 1.5), (5.0, 5.0), (3.2, 4.6)]


def verdicts() -> list[m.JudgeVerdict]:
    made = [judge(subject(f"s{number}"), request(), scores) for number, scores in enumerate(SCORES)]
    return [one for one in made if isinstance(one, m.JudgeVerdict)]


def label(verdict: m.JudgeVerdict, rater: str, **more: object) -> Label:
    job = verdict.job
    said = {
        "triplet_id": job.triplet_id, "attempt": job.attempt, "kind": job.kind, "operation": job.request.operation,
        "instruction": job.instruction, "before": job.before.sha256, "after": job.after.sha256, "rater": rater,
        "adherence": 4.0, "aesthetics": 4.5, "job_id": verdict.job_id, "judge": verdict.by, "accepted": True, "at": 1.0,
        "judged": {"adherence": verdict.adherence, "aesthetics": verdict.aesthetics}, **more,
    }  # fmt: skip
    return Label.model_validate(said)


@pytest.fixture
def place() -> Place:
    """Six judged pairs, the first four labelled by two raters."""
    blobs = MemoryBlobs()
    record(blobs, delivered(verdicts()))
    for verdict in verdicts()[:4]:
        for rater in ("ada", "bob"):
            labels.keep(blobs, label(verdict, rater))
    return Place(blobs, "memory")


def gathered(place: Place | None, file: Path | None = None, judge: str = "", recorded: bool = False) -> Gathered:
    return gather(place, file, judge, recorded, lambda done, total: None)


def retract(place: Place, target: Target, value: str) -> None:
    retractions.retract(place.blobs, Retraction(target=target, value=value, reason="asked", at=1.0))


def test_a_judge_has_its_labels_and_raters(place: Place) -> None:
    found = gathered(place)
    assert (list(found.samples), found.labels, found.raters) == (["critic@1"], {"critic@1": 8}, {"critic@1": 2})
    assert len(found.samples["critic@1"]) == 4
    assert found.records == {}


def test_the_records_tell_of_all_that_was_judged(place: Place) -> None:
    found = gathered(place, recorded=True).records["critic@1"]
    assert found.counts.sum() == found.cells.sum() == len(SCORES)
    assert found.counts[-1] == 1


def test_labels_count_for_a_judge_that_judged_the_same_pairs_later(place: Place) -> None:
    later = [one.model_copy(update={"by": "later@1", "job_id": f"again {one.job_id}"}) for one in verdicts()[2:]]
    record_later = delivered(later, first=100)
    assert isinstance(place.blobs, MemoryBlobs)
    record(place.blobs, record_later)
    assert list(gathered(place).samples) == ["critic@1"]
    found = gathered(place, recorded=True)
    assert (len(found.samples["later@1"]), found.labels["later@1"]) == (2, 4)


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("target", ["triplet", "source", "sha256"])
def test_what_was_taken_back_is_left_out(place: Place, target: Target, recorded: bool) -> None:
    job = verdicts()[0].job
    named = {"triplet": job.triplet_id, "source": job.subject.source_id, "sha256": job.after.sha256}
    retract(place, target, named[target])
    found = gathered(place, recorded=recorded)
    assert (len(found.samples["critic@1"]), found.retracted) == (3, 2)
    if recorded:
        assert found.records["critic@1"].counts.sum() == len(SCORES) - 1


def test_where_all_was_taken_back_or_nothing_labelled_it_is_said(place: Place) -> None:
    for verdict in verdicts():
        retract(place, "triplet", verdict.job.triplet_id)
    with pytest.raises(UserError, match="every label in memory is of a pair that was taken back"):
        gathered(place)
    with pytest.raises(UserError, match="no labels of judged pairs in empty"):
        gathered(Place(MemoryBlobs(), "empty"))


def test_a_file_says_the_same_as_the_place(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(as_csv(labels.latest(place.blobs)), encoding="utf-8", newline="")
    found, other = gathered(None, path), gathered(place)
    assert (found.panel, found.labels) == (other.panel, other.labels)
    assert found.samples["critic@1"].judged.tolist() == other.samples["critic@1"].judged.tolist()


@pytest.mark.parametrize("judge", ["critic", "critic@1"])
def test_a_judge_is_chosen_by_name_or_recipe(place: Place, judge: str) -> None:
    labels.keep(place.blobs, label(verdicts()[4], "ada", judge="other@2"))
    assert list(gathered(place, judge=judge).samples) == ["critic@1"]


def test_a_judge_nobody_labelled_is_named_beside_those_there_are(place: Place) -> None:
    with pytest.raises(UserError, match="nobody labelled what 'gemini' judged; judges there: critic@1"):
        gathered(place, judge="gemini")
