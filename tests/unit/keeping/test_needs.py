"""What open work needs of scratch and answers."""

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.looking import Queues
from infra.needs import DEAD, OPEN, WAITING, gathered
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.ports import Change, Delivery, Outgoing
from streams.policies import Policies
from streams.rules import facts
from tests.contract.clocks import FakeClock
from tests.unit.rules.telling import SOURCE_ID, Story, of, picture, policy


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def queues() -> Queues:
    return Queues(MemoryBus(FakeClock()), MemoryLedgers(), MemoryLedgers())


@pytest.fixture
def story(blobs: MemoryBlobs) -> Story:
    """Two requests, each tried once, inverted and composed."""
    decided = policy(inverts=True, neighbours=1)
    Policies(blobs).keep(decided)
    return Story(decided, "remove", "recolor")


def saved(queues: Queues, story: Story) -> None:
    data = facts.encode(story.ledger)
    queues.ledgers.save([Change(SOURCE_ID, data, 0, story.plan.closed)])


def done(queues: Queues, message: m.Message) -> None:
    """The message was sent, and all its groups have done with it."""
    topic = topics.HOME[type(message)]
    queues.bus.publish([codec.outgoing(message)])
    for group in topic.groups:
        member = queues.bus.subscribe(topic.name, group)
        member.ack(member.poll(100, 0.0))


def test_nothing_is_needed_where_nothing_is_to_be_done(queues: Queues, blobs: MemoryBlobs, story: Story) -> None:
    story.gate(yes=False)
    saved(queues, story)
    done(queues, story.source)
    needs = gathered(queues, blobs)
    assert (needs.pictures, needs.jobs) == ({}, {})


def test_an_open_ledger_needs_its_source_and_the_winner_it_may_compose_later(
    queues: Queues, blobs: MemoryBlobs, story: Story
) -> None:
    first, second = of(m.EditJob, story.gate())
    story.invert(story.attempt(first))
    saved(queues, story)
    needs = gathered(queues, blobs)
    assert needs.pictures == {picture("source").key: OPEN, picture(first.job_id).key: OPEN}
    assert needs.jobs[second.job_id] == OPEN


def test_a_parked_screen_keeps_the_picture_it_is_to_look_at(queues: Queues, blobs: MemoryBlobs, story: Story) -> None:
    job = of(m.EditJob, story.gate())[0]
    story.fail(story.candidate(job), "screen")
    saved(queues, story)
    assert gathered(queues, blobs).pictures[picture(job.job_id).key] == OPEN


def test_a_waiting_message_needs_its_pictures_and_its_standing_answer(
    queues: Queues, blobs: MemoryBlobs, story: Story
) -> None:
    job = of(m.EditJob, story.gate())[0]
    candidate = story.candidate(job)
    queues.bus.publish([codec.outgoing(candidate)])
    needs = gathered(queues, blobs)
    assert needs.pictures == {picture("source").key: WAITING, picture(job.job_id).key: WAITING}
    assert needs.jobs == {candidate.job_id: WAITING}


def test_a_message_in_somebodys_hands_is_needed_until_it_is_acknowledged(
    queues: Queues, blobs: MemoryBlobs, story: Story
) -> None:
    queues.bus.publish([codec.outgoing(story.source)])
    member = queues.bus.subscribe(topics.SOURCES.name, "gate")
    held = member.poll(1, 0.0)
    assert gathered(queues, blobs).pictures == {picture("source").key: WAITING}
    member.ack(held)
    assert gathered(queues, blobs).pictures == {}


def test_a_waiting_prompt_keeps_the_answer_of_its_drawing(queues: Queues, blobs: MemoryBlobs, story: Story) -> None:
    prompt = m.Prompt(
        campaign="c", prompt_id="p", text="a boat", style="", seed=1, width=8, height=8, requests=story.source.requests
    )
    queues.bus.publish([codec.outgoing(prompt)])
    assert gathered(queues, blobs).jobs == {ids.job_id(prompt.source_id, "generate"): WAITING}


def test_an_event_that_is_not_folded_yet_needs_the_jobs_it_will_call_for(
    queues: Queues, blobs: MemoryBlobs, story: Story
) -> None:
    """They may have been sent, and answered, before a crash kept the director from saving its ledger."""
    event = m.GateVerdict(job=story.source, job_id=story.source.job_id, yes=True)
    queues.bus.publish([codec.outgoing(event)])
    needs = gathered(queues, blobs)
    assert {job.job_id for job in of(m.EditJob, story.gate())} <= needs.jobs.keys()


def test_an_event_only_the_recorder_lacks_is_needed_as_well(queues: Queues, blobs: MemoryBlobs, story: Story) -> None:
    event = m.GateVerdict(job=story.source, job_id=story.source.job_id, yes=False)
    queues.bus.publish([codec.outgoing(event)])
    director = queues.bus.subscribe(topics.VERDICTS.name, "director")
    director.ack(director.poll(10, 0.0))
    assert gathered(queues, blobs).pictures == {picture("source").key: WAITING}


def test_a_dead_letter_keeps_the_pictures_it_would_be_redriven_with(
    queues: Queues, blobs: MemoryBlobs, story: Story
) -> None:
    sent = codec.outgoing(story.source)
    origin = Delivery(sent.topic, 0, 3, sent.key, sent.value, {})
    queues.bus.publish([dead_letter(origin, "gate", "Reject", "no", at=1.0)])
    assert gathered(queues, blobs).pictures == {picture("source").key: DEAD}


def test_bytes_that_are_no_message_need_nothing(queues: Queues, blobs: MemoryBlobs) -> None:
    queues.bus.publish([Outgoing(topics.SOURCES.name, "k", b"\xc1"), Outgoing(topics.DEAD_LETTERS.name, "k", b"\xc1")])
    needs = gathered(queues, blobs)
    assert (needs.pictures, needs.jobs) == ({}, {})
