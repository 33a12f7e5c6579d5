"""The sweeper: in a pipeline that is never quiet, what was lost is sent again, and what is only slow is not."""

import logging
from collections import Counter
from collections.abc import Sequence

import pytest

from infra.ledgers.memory import MemoryLedgers
from schemas import messages as m
from schemas import topics
from schemas.ports import Change, Offsets, Saved
from schemas.topics import Topic
from streams.policies import Policies
from streams.rules import facts
from streams.sweeper import MOST_TIMES, Sweeper
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy
from tests.unit.streams.delivering import told

DECIDED = policy(inverts=True)
WAY = (topics.EDIT_JOBS, topics.CANDIDATES, topics.VERDICTS)


class Line:
    """Topics of one partition each, and how far the groups on the way to the director are."""

    def __init__(self) -> None:
        self.ends, self.done = Counter[str](), Counter[str]()

    def publish(self, topic: Topic, number: int = 1) -> None:
        self.ends[topic.name] += number

    def work(self, *worked: Topic, leave: int = 0) -> None:
        for topic in worked:
            self.done[topic.name] = max(self.done[topic.name], self.ends[topic.name] - leave)

    def offsets(self) -> Offsets:
        return Offsets(
            {(topic.name, group): {0: self.done[topic.name]} for topic in topics.ALL for group in topic.groups},
            {topic.name: {0: self.ends[topic.name]} for topic in topics.ALL},
        )


class Watched:
    """One scene of which an edit was asked for, in a pipeline where others come and go all the time."""

    def __init__(self, ledgers: MemoryLedgers, policies: Policies) -> None:
        policies.keep(DECIDED)
        self.ledgers, self.line, self.sweeper = ledgers, Line(), Sweeper(ledgers, policies)
        self.story = Story(DECIDED)
        (self.job,) = of(m.EditJob, self.story.gate())
        self.line.publish(topics.EDIT_JOBS)
        self.save()

    def save(self) -> None:
        saved = self.ledgers.load([SOURCE_ID]).get(SOURCE_ID)
        change = Change(SOURCE_ID, facts.encode(self.story.ledger), saved.version if saved else 0)
        assert not self.ledgers.save([change])

    def look(self) -> list[m.Message]:
        return told(list(self.sweeper.look(self.line.offsets())))

    def busy(self) -> None:
        """Others' work, which is never all done."""
        self.line.work(*WAY)
        for topic in WAY:
            self.line.publish(topic)

    def looks(self, number: int) -> list[m.Message]:
        found = []
        for _ in range(number):
            self.busy()
            found += self.look()
        return found


@pytest.fixture
def watched(ledgers: MemoryLedgers, policies: Policies) -> Watched:
    return Watched(ledgers, policies)


def test_a_lost_job_is_sent_again_though_the_pipeline_is_never_quiet(watched: Watched) -> None:
    assert watched.looks(12)[0] == watched.job


def test_what_was_sent_again_is_given_its_time(watched: Watched) -> None:
    first = next(number for number in range(20) if watched.looks(1))
    assert watched.looks(first - 2) == []


def test_a_job_that_waits_for_its_worker_is_not_sent_again(watched: Watched) -> None:
    for _ in range(20):
        watched.line.publish(topics.EDIT_JOBS, 3)
        watched.line.work(topics.EDIT_JOBS, leave=watched.line.ends[topics.EDIT_JOBS.name])
        watched.line.work(topics.CANDIDATES, topics.VERDICTS)
        assert watched.look() == []


@pytest.mark.parametrize("stuck", [topics.CANDIDATES, topics.VERDICTS])
def test_a_job_whose_answer_is_on_its_way_is_not_sent_again(watched: Watched, stuck: Topic) -> None:
    done = 0
    for _ in range(20):
        watched.busy()
        watched.line.done[stuck.name] = done
        assert watched.look() == []


def test_a_ledger_that_learns_is_left_alone(watched: Watched) -> None:
    for _ in range(10):
        assert watched.looks(2) == []
        watched.save()


def test_a_scene_that_is_finished_soon_is_never_read(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def load(names: Sequence[str]) -> dict[str, Saved]:
        read.extend(names)
        return {}

    monkeypatch.setattr(watched.ledgers, "load", load)
    watched.look()
    saved = MemoryLedgers.load(watched.ledgers, [SOURCE_ID])[SOURCE_ID]
    watched.ledgers.save([Change(SOURCE_ID, saved.data, saved.version, closed=True)])
    watched.looks(5)
    assert read == []


def test_a_job_that_never_gets_an_answer_is_told_and_no_longer_sent(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert watched.looks(60) == [watched.job] * MOST_TIMES
    assert [record.message for record in caplog.records] == [
        f"{SOURCE_ID}: 1 jobs get no answer, however often they are sent"
    ]


def test_a_parked_job_is_left_alone(watched: Watched) -> None:
    watched.story.fail(watched.story.candidate(watched.job), "screen")
    watched.save()
    assert watched.looks(20) == []


def test_what_failures_hold_up_is_counted_in_passing_by_stage(watched: Watched) -> None:
    watched.looks(2)
    assert watched.sweeper.parked == {}
    candidate = watched.story.candidate(watched.job)
    watched.story.fail(candidate, "screen")
    watched.save()
    watched.looks(1)
    assert watched.sweeper.parked == {"screen": 1}
    watched.looks(20)
    assert watched.sweeper.parked == {"screen": 1}
    watched.story.redrive(candidate.job_id)
    watched.save()
    watched.looks(1)
    assert watched.sweeper.parked == {}


def test_what_is_closed_holds_nothing_up(watched: Watched) -> None:
    watched.looks(2)
    watched.story.fail(watched.story.candidate(watched.job), "screen")
    watched.save()
    watched.looks(1)
    saved = watched.ledgers.load([SOURCE_ID])[SOURCE_ID]
    watched.ledgers.save([Change(SOURCE_ID, saved.data, saved.version, closed=True)])
    watched.looks(1)
    assert watched.sweeper.parked == {}
