"""Labelled pairs found again in a place: as they were judged, with what people agree on."""

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.tuning import pairs
from schemas import messages as m
from schemas.messages import Scores
from streams import labels, records, retractions
from streams.consensus import Consensus
from streams.opinions import Opinion
from streams.retractions import Retraction
from tests.unit.reading.making import delivered, judge, put_on_shelf, record, request, subject, triplet
from tests.unit.report.scenes import Campaign
from workers.language.wording import operations


def test_every_labelled_pair_is_found_as_it_was_judged(
    own: Campaign, said: list[Opinion], verdicts: dict[str, m.JudgeVerdict]
) -> None:
    found = pairs.find(own.blobs, said)
    assert {one.pair: one.job for one in found.pairs} == {pair: one.job for pair, one in verdicts.items()}
    assert (found.unknown, found.taken_back, found.few) == ([], 0, 0)


def test_scores_are_what_raters_agree_on_less_their_bias(
    own: Campaign, said: list[Opinion], verdicts: dict[str, m.JudgeVerdict]
) -> None:
    lone = said[0].pair
    found = pairs.find(own.blobs, [one for one in said if one.pair != lone or one.rater == "bob"])
    for one in found.pairs:
        good = verdicts[one.pair].adherence > 4.7
        assert (one.agreed.adherence, one.agreed.aesthetics) == pytest.approx((4.5 if good else 2.5, 3.5))
        assert one.agreed.raters == (1 if one.pair == lone else 2)


def test_pairs_of_too_few_raters_are_left_out(own: Campaign, said: list[Opinion]) -> None:
    fewer = [one for one in said if one.rater == "bob" or one.pair == said[0].pair]
    found = pairs.find(own.blobs, fewer, raters=2)
    assert ([one.pair for one in found.pairs], found.few) == ([said[0].pair], len({one.pair for one in said}) - 1)


def test_the_note_is_that_of_the_rater_nearest_to_the_others(own: Campaign, said: list[Opinion]) -> None:
    pair = said[0].pair
    near = said[0].model_copy(update={"rater": "near", "note": "near"})
    far = said[0].model_copy(update={"rater": "far", "note": "far"})
    three = [near, far.model_copy(update={"adherence": 1.0, "aesthetics": 1.0}), near.model_copy(update={"rater": "x"})]
    (found,) = pairs.find(own.blobs, three).pairs
    assert (found.pair, found.note) == (pair, "near")


@pytest.mark.parametrize("target", ["triplet", "source", "sha256"])
def test_what_was_taken_back_is_left_out(own: Campaign, said: list[Opinion], target: str) -> None:
    job = pairs.find(own.blobs, said).pairs[0].job
    value = {"triplet": job.triplet_id, "source": job.subject.source_id, "sha256": job.after.sha256}[target]
    given = {"target": target, "value": value, "reason": "x", "at": 1.0}
    retractions.retract(own.blobs, Retraction.model_validate(given))
    found = pairs.find(own.blobs, said)
    assert found.taken_back > 0
    assert len(found.pairs) + found.taken_back == len({one.pair for one in said})
    for one in found.pairs:
        names = {one.job.triplet_id, one.job.subject.source_id, one.job.before.sha256, one.job.after.sha256}
        assert value not in names


def test_what_was_taken_back_and_is_gone_is_not_unknown(own: Campaign, said: list[Opinion]) -> None:
    for key in list(own.blobs.list("records/")) + list(own.blobs.list("shelf/triplets/")):
        own.blobs.delete(key)
    name = said[0].triplet_id
    retractions.retract(own.blobs, Retraction(target="triplet", value=name, reason="x", at=1.0))
    found = pairs.find(own.blobs, said)
    assert found.taken_back == 1
    assert not [pair for pair in found.unknown if pair.startswith(name)]


def test_without_records_the_shelf_tells_how_a_pair_was_judged() -> None:
    blobs, of, first, second = MemoryBlobs(), subject(), request(), request("paint the door", "recolor")
    forward = judge(of, first, (4.9, 4.8), 2)
    inverse = judge(of, first, (4.9, 4.8), kind="inverse", instruction="put it back")
    both = judge(of, first, (4.9, 4.8), kind="composite", other=second)
    made = {
        "forward": triplet(of, first, attempt=2),
        "inverse": triplet(of, first, kind="inverse", instruction="put it back", operation="add"),
        "composite": triplet(of, first, kind="composite", second=(second, of.image), operation="composite"),
    }
    put_on_shelf(blobs, *made.values())
    said = [
        Opinion(
            triplet_id=one.triplet_id, attempt=labels.attempt_of(one), rater="ada", operation=one.operation,
            adherence=4.0, aesthetics=4.0, judge="critic@1", judged=Scores(adherence=4.9, aesthetics=4.8),
            accepted=True,
        )
        for one in made.values()
    ]  # fmt: skip
    found = {one.job.kind: one.job for one in pairs.find(blobs, said).pairs}
    for verdict in (forward, inverse, both):
        assert isinstance(verdict, m.JudgeVerdict)
        job = found[verdict.job.kind]
        assert operations(job) == operations(verdict.job)
        assert (job.instruction, job.triplet_id) == (verdict.job.instruction, verdict.job.triplet_id)


def test_a_pair_that_is_not_there_or_with_other_pictures_is_unknown(own: Campaign, said: list[Opinion]) -> None:
    other = said[0].model_copy(update={"after": "f" * 64})
    elsewhere = said[4].model_copy(update={"triplet_id": "e" * 32})
    found = pairs.find(own.blobs, [other, elsewhere, said[6]])
    assert list(found.unknown) == sorted([other.pair, elsewhere.pair])
    assert [one.pair for one in found.pairs] == [said[6].pair]


def test_of_several_verdicts_on_a_pair_the_labelled_one_counts(own: Campaign, said: list[Opinion]) -> None:
    event = next(
        one for one in records.events(own.blobs) if isinstance(one, m.JudgeVerdict) and one.job_id == said[0].job_id
    )
    again = said[0].model_copy(update={"job_id": "again"})
    other = event.model_copy(update={"job_id": "again", "job": event.job.model_copy(update={"instruction": "other"})})
    record(own.blobs, delivered([other], first=9000))
    assert pairs.find(own.blobs, [again]).pairs[0].job.instruction == "other"
    assert pairs.find(own.blobs, [said[0]]).pairs[0].job == event.job


def test_a_photograph_is_one_group_in_whatever_campaign() -> None:
    photo = subject("s").model_copy(update={"origin": "photo"})
    other = photo.model_copy(update={"source_id": "f" * 32, "campaign": "other"})
    groups = set()
    for of in (photo, other):
        verdict = judge(of, request(), (4.9, 4.9))
        assert isinstance(verdict, m.JudgeVerdict)
        groups.add(pairs.Labelled("x", verdict.job, Consensus("x", 4.0, 4.0, 1), "").group)
    assert groups == {photo.image.sha256}
