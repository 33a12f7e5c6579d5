"""A folder decided anew: pictures that are gone, retractions, campaigns."""

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.redecide import campaign_notes, decide_anew, noted_policy
from schemas import codec, topics
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Delivery
from streams import records, retractions, shelf
from streams.policies import Policies
from streams.records import Campaign
from streams.redeciding.fold import Redecided
from streams.rules.policy import Judging, Policy
from tests.unit.redeciding.remembering import Remembered, changed
from tests.unit.rules.telling import BAR, of, policy

LAX = Judging(adherence=4.5, aesthetics=4.5)


def kept(story: Remembered, *pictures: m.ImageRef) -> MemoryBlobs:
    """A folder with the story's records, its shelf and these pictures."""
    blobs = MemoryBlobs()
    Policies(blobs).keep(story.policy)
    records.keep(
        blobs, [Delivery(topics.VERDICTS.name, 0, n, "", codec.encode(e), {}) for n, e in enumerate(story.events)]
    )
    for triplet in story.triplets():
        blobs.put(shelf.triplet_key(triplet.triplet_id), shelf.record_bytes(triplet))
    for ref in pictures:
        blobs.put(ref.key, b"picture")
    return blobs


def attempted(adherence: float, decided: Policy) -> tuple[Remembered, m.EditJob]:
    story = Remembered(decided)
    (job,) = of(m.EditJob, story.gate())
    story.attempt(job, adherence)
    return story, job


def test_a_picture_that_is_gone_is_counted_apart_from_the_calls() -> None:
    story = Remembered(policy())
    (job,) = of(m.EditJob, story.gate())
    story.screen(job, look=0.0)
    laxer = changed(story.policy, screen={"bars": {BAR: {"min": 0.0}}})
    image, source = story.candidate(job).image, story.source.subject.image
    with_none = decide_anew(kept(story), laxer)
    assert (dict(with_none.calls), dict(with_none.gone)) == ({}, {"edit": 1})
    with_both = decide_anew(kept(story, source, image), laxer)
    assert (dict(with_both.calls), dict(with_both.gone)) == ({"judge": 1}, {})


def test_an_attempt_that_wants_a_judge_is_edited_anew_where_its_picture_is_gone() -> None:
    story = Remembered(policy())
    (job,) = of(m.EditJob, story.gate())
    story.screen(job, look=0.0)
    laxer = changed(story.policy, screen={"bars": {BAR: {"min": 0.0}}})
    told: list[Redecided] = []
    found = decide_anew(kept(story, story.source.subject.image), laxer, keep=told.append)
    assert (dict(found.calls), dict(found.gone)) == ({"edit": 1}, {})
    ((asked,),) = [now.undecided for now in told]
    assert isinstance(asked, m.EditJob)
    assert decide_anew(kept(story, story.source.subject.image), story.policy).calls.total() == 0


def test_a_judged_attempt_needs_its_picture_no_more() -> None:
    story, _ = attempted(4.6, policy())
    assert decide_anew(kept(story, story.source.subject.image), policy(judge=LAX)).calls.total() == 0


@pytest.mark.parametrize("place", [records.record_image_key, shelf.image_key, lambda ref: ref.key])
def test_a_gained_triplet_wants_its_pictures_wherever_they_are_kept(place: object) -> None:
    assert callable(place)
    story, job = attempted(4.6, policy())
    blobs = kept(story, story.source.subject.image)
    laxer = policy(judge=LAX)
    assert (decide_anew(blobs, laxer).total("gained"), decide_anew(blobs, laxer).bare) == (1, 1)
    blobs.put(place(story.candidate(job).image), b"picture")
    assert decide_anew(blobs, laxer).bare == 0


def test_a_retracted_triplet_is_not_gained_again() -> None:
    story, _ = attempted(4.8, policy())
    blobs = kept(story)
    (triplet,) = story.triplets()
    retractions.retract(blobs, retractions.Retraction(target="triplet", value=triplet.triplet_id, reason="no", at=0.0))
    found = decide_anew(blobs, story.policy)
    assert (found.before, found.after, found.sources) == (0, 0, 1)


def test_every_source_is_handed_on_as_it_is_decided_now() -> None:
    story, _ = attempted(4.8, policy())
    told: list[Redecided] = []
    decide_anew(kept(story), story.policy, keep=told.append)
    assert [len(now.triplets) for now in told] == [1]


def test_a_shelf_without_records_is_undecided() -> None:
    story, _ = attempted(4.8, policy())
    shelved = kept(story)
    story.events = story.events[:0]
    alone = MemoryBlobs()
    for key in shelved.list(shelf.TRIPLETS):
        alone.put(key, shelved.get(key))
    assert decide_anew(alone, story.policy).total("undecided") == 1


def noted(*campaigns: Campaign) -> MemoryBlobs:
    blobs = MemoryBlobs()
    for campaign in campaigns:
        blobs.put(f"{records.CAMPAIGNS}{campaign.campaign}.json", campaign.model_dump_json().encode())
    return blobs


def test_the_policy_is_by_default_the_one_that_was_noted() -> None:
    decided = policy()
    blobs = noted(Campaign(campaign="a", policy_id=decided.policy_id))
    Policies(blobs).keep(decided)
    assert noted_policy(blobs, campaign_notes(blobs)) == decided


def test_several_policies_or_no_campaign_are_refused() -> None:
    blobs = noted(Campaign(campaign="a", policy_id="1"), Campaign(campaign="b", policy_id="2"))
    with pytest.raises(UserError, match="give --campaign or --policy"):
        noted_policy(blobs, campaign_notes(blobs))
    assert [note.campaign for note in campaign_notes(blobs, "b")] == ["b"]
    with pytest.raises(UserError, match="no campaign 'c' here; campaigns: a, b"):
        campaign_notes(blobs, "c")
    with pytest.raises(UserError, match="no campaign is noted here"):
        campaign_notes(MemoryBlobs())
