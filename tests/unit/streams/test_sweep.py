"""The sweep: what was lost is sent again, and what is only slow is not."""

from collections.abc import Iterable

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Change, Lag, Outgoing
from streams import shelf
from streams.collector import Collector
from streams.policies import Policies
from streams.rules import facts
from streams.rules.policy import Policy
from streams.sweep import missing_triplets, unexplained
from tests.contract.clocks import FakeClock
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy
from tests.unit.streams.delivering import deliveries, told

DECIDED = policy(inverts=True)
QUIET = MemoryBus(FakeClock()).lag()
EDITING, SCREENING = (topics.EDIT_JOBS.name, "editor"), (topics.CANDIDATES.name, "screen")
JUDGING, WRITING = (topics.JUDGE_JOBS.name, "judge"), (topics.TEXT_JOBS.name, "writer")
DIRECTING, GATING = (topics.VERDICTS.name, "director"), (topics.SOURCES.name, "gate")
RECORDING, COLLECTING = (topics.VERDICTS.name, "recorder"), (topics.TRIPLETS.name, "collector")


@pytest.fixture
def kept(ledgers: MemoryLedgers, policies: Policies) -> "Kept":
    return Kept(ledgers, policies)


class Kept:
    """Stories whose ledgers are stored, and what the sweep makes of them."""

    def __init__(self, ledgers: MemoryLedgers, policies: Policies) -> None:
        self.ledgers, self.policies = ledgers, policies

    def save(self, story: Story) -> None:
        self.policies.keep(story.policy)
        saved = self.ledgers.load([SOURCE_ID]).get(SOURCE_ID)
        change = Change(SOURCE_ID, facts.encode(story.ledger), saved.version if saved else 0, story.plan.closed)
        assert not self.ledgers.save([change])

    def sweep(self, *busy: tuple[str, str], lag: Lag = Lag(1, 0)) -> list[m.Message]:  # noqa: B008 - a tuple
        return told(list(unexplained(self.ledgers, self.policies, QUIET | dict.fromkeys(busy, lag))))


def begun(decided: Policy = DECIDED) -> tuple[Story, m.EditJob]:
    story = Story(decided)
    (job,) = of(m.EditJob, story.gate())
    return story, job


def test_nothing_is_swept_where_nothing_was_lost(kept: Kept) -> None:
    story, job = begun()
    story.lose(job)
    kept.save(story)
    assert kept.sweep() == []


def test_a_lost_edit_job_is_sent_again(kept: Kept) -> None:
    story, job = begun()
    kept.save(story)
    assert kept.sweep() == [job]


@pytest.mark.parametrize("lag", [Lag(1, 0), Lag(0, 1)])
@pytest.mark.parametrize("where", [EDITING, SCREENING, DIRECTING])
def test_an_edit_is_explained_by_work_on_the_way_to_its_verdict(kept: Kept, where: tuple[str, str], lag: Lag) -> None:
    kept.save(begun()[0])
    assert kept.sweep(where, lag=lag) == []


@pytest.mark.parametrize("where", [GATING, JUDGING, WRITING, RECORDING, COLLECTING])
def test_an_edit_is_not_explained_by_what_others_do(kept: Kept, where: tuple[str, str]) -> None:
    kept.save(begun()[0])
    assert len(kept.sweep(where)) == 1


def test_a_lost_judgement_is_explained_by_the_judge_alone(kept: Kept) -> None:
    story, job = begun()
    (judgement,) = of(m.JudgeJob, story.screen(job))
    kept.save(story)
    assert kept.sweep(EDITING, SCREENING, WRITING) == [judgement]
    assert kept.sweep(JUDGING) == kept.sweep(DIRECTING) == []


def test_a_lost_text_is_explained_by_the_writer_alone(kept: Kept) -> None:
    story, job = begun()
    (words,) = of(m.TextJob, story.attempt(job))
    kept.save(story)
    assert kept.sweep(EDITING, SCREENING, JUDGING) == [words]
    assert kept.sweep(WRITING) == kept.sweep(DIRECTING) == []


def test_a_lost_repetition_of_a_screen_is_sent_as_its_candidate(kept: Kept) -> None:
    story, job = begun()
    candidate = story.candidate(job)
    story.fail(candidate, "screen")
    (again,) = of(m.Candidate, story.redrive(candidate.job_id))
    kept.save(story)
    assert kept.sweep(EDITING) == [again]
    assert kept.sweep(SCREENING) == []


def test_a_lost_repetition_of_a_gate_is_sent_as_its_source(kept: Kept) -> None:
    story = Story(DECIDED)
    story.fail(story.source, "gate")
    (again,) = of(m.Source, story.redrive(story.source.job_id))
    kept.save(story)
    assert kept.sweep() == [again]
    assert kept.sweep(GATING) == []


def test_a_parked_job_is_left_alone(kept: Kept) -> None:
    story, job = begun()
    (judgement,) = of(m.JudgeJob, story.screen(job))
    story.fail(judgement, "judge")
    kept.save(story)
    assert kept.sweep() == []


def test_every_open_ledger_is_swept_however_many_there_are(kept: Kept) -> None:
    story, _ = begun()
    kept.save(story)
    data = facts.encode(story.ledger)
    kept.ledgers.save([Change(f"source {number}", data, 0) for number in range(600)])
    assert len(kept.sweep()) == 601


# --- triplets ---------------------------------------------------------------------------------------------------------


def finished(kept: Kept, blobs: MemoryBlobs) -> list[m.Triplet]:
    """A source with a forward and an inverse triplet, their pictures stored; the ledger is closed."""
    story = Story(DECIDED)
    triplets = of(m.Triplet, story.win(4.8))
    kept.save(story)
    for triplet in triplets:
        for source, _ in shelf.images(triplet):
            blobs.put(source, b"a picture")
    assert kept.ledgers.count("closed") == 1
    return triplets


def collect(blobs: MemoryBlobs, messages: Iterable[Outgoing]) -> None:
    collector = Collector(blobs, FakeClock())
    work = collector.begin(deliveries(*told(list(messages))))
    collector.step(work)


def test_a_lost_triplet_is_sent_again_until_it_is_on_the_shelf(kept: Kept, blobs: MemoryBlobs) -> None:
    forward, inverse = finished(kept, blobs)
    collect(blobs, [codec.outgoing(forward)])
    again = list(missing_triplets(kept.ledgers, kept.policies, blobs))
    assert told(again) == [inverse]
    collect(blobs, again)
    assert list(missing_triplets(kept.ledgers, kept.policies, blobs)) == []
    assert {triplet.triplet_id for triplet in shelf.triplets(blobs)} == {forward.triplet_id, inverse.triplet_id}


def test_a_triplet_whose_images_are_gone_is_not_sent_again_and_again(kept: Kept, blobs: MemoryBlobs) -> None:
    forward, _ = finished(kept, blobs)
    blobs.delete(forward.after.key)
    assert list(missing_triplets(kept.ledgers, kept.policies, blobs)) == []
