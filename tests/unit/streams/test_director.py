"""The director: facts in, messages out; outputs before state before offset, whoever else is at work."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from schemas import messages as m
from schemas import topics
from schemas.headers import BEGAN
from schemas.ports import Change, Outgoing
from streams.director import Director
from streams.policies import Policies
from streams.rules import facts
from streams.rules.policy import Policy
from tests.contract.clocks import FakeClock
from tests.golden import samples
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy
from tests.unit.streams.delivering import deliveries, junk, letters, told

DECIDED = policy(waves=(1, 1))
YES = m.GateVerdict(job=Story(DECIDED).source, job_id=Story(DECIDED).source.job_id, yes=True)
NO = YES.model_copy(update={"yes": False})


class Telling:
    """A director with what it published beside its loop and whom it told what it learnt."""

    def __init__(self, ledgers: MemoryLedgers, policies: Policies, decided: Policy) -> None:
        policies.keep(decided)
        self.aside: list[Outgoing] = []
        self.learnt: list[Any] = []
        self.director = Director(
            ledgers, policies, decided.policy_id, self.aside.extend, FakeClock(), self.learnt.append
        )

    def take(self, *events: m.Message) -> list[Outgoing]:
        """A batch from begin to settle, as the loop takes it; what the loop published."""
        batch = deliveries(*events)
        fold = self.director.begin(batch)
        self.director.step(fold)
        outputs = self.director.finish(fold)
        assert list(self.director.settle(fold)) == batch
        return outputs


Hire = Callable[[], Telling]


@pytest.fixture
def hire(ledgers: MemoryLedgers, policies: Policies) -> Hire:
    """Makes a director over the test's stores; several may be at work."""
    return lambda: Telling(ledgers, policies, DECIDED)


def saved(ledgers: MemoryLedgers) -> facts.Ledger:
    return facts.decode(ledgers.load([SOURCE_ID])[SOURCE_ID].data)


def screened(look: float = 1.0, attempt: int = 0) -> m.ScreenVerdict:
    """An attempt was screened."""
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    if attempt:
        (job,) = of(m.EditJob, story.lose(job))
    candidate = story.candidate(job)
    return m.ScreenVerdict(job=candidate, job_id=candidate.job_id, measures={"looks.good": look})


def test_a_passed_gate_opens_a_ledger_and_calls_for_edits(hire: Hire, ledgers: MemoryLedgers) -> None:
    outputs = told(hire().take(YES))
    assert outputs == Story(DECIDED).gate()
    assert list(ledgers.names("open")) == [SOURCE_ID]


def test_a_refused_source_keeps_no_ledger(hire: Hire, ledgers: MemoryLedgers) -> None:
    telling = hire()
    assert telling.take(NO) == []
    assert (ledgers.count("open"), ledgers.count("closed")) == (0, 0)
    assert telling.learnt == [NO]


def test_what_was_told_before_calls_for_nothing_again(hire: Hire, ledgers: MemoryLedgers) -> None:
    telling = hire()
    telling.take(YES)
    version = ledgers.load([SOURCE_ID])[SOURCE_ID].version
    assert telling.take(YES) == []
    assert ledgers.load([SOURCE_ID])[SOURCE_ID].version == version
    assert telling.learnt == [YES]


def test_a_director_that_comes_later_knows_what_was_called_for(hire: Hire) -> None:
    hire().take(YES)
    (judgement,) = told(hire().take(screened()))
    assert isinstance(judgement, m.JudgeJob)


def test_events_of_one_batch_are_folded_together(hire: Hire) -> None:
    outputs = told(hire().take(YES, screened(0.0)))
    assert [job.attempt for job in of(m.EditJob, outputs)] == [0, 1]


def test_sources_of_one_batch_do_not_mix(hire: Hire, ledgers: MemoryLedgers) -> None:
    subject = YES.job.subject.model_copy(update={"source_id": "another"})
    other = YES.job.model_copy(update={"subject": subject})
    hire().take(YES, m.GateVerdict(job=other, job_id=other.job_id, yes=True))
    assert list(ledgers.names("open")) == sorted([SOURCE_ID, "another"])


def test_a_finished_source_is_closed(hire: Hire, ledgers: MemoryLedgers) -> None:
    hire().take(YES, screened(0.0), screened(0.0, attempt=1))
    assert (list(ledgers.names("open")), list(ledgers.names("closed"))) == ([], [SOURCE_ID])


def test_a_verdict_that_comes_before_its_gates_is_kept_for_it(hire: Hire, ledgers: MemoryLedgers) -> None:
    telling = hire()
    assert telling.take(screened(0.0)) == []
    assert list(ledgers.names("closed")) == [SOURCE_ID]
    outputs = told(telling.take(YES))
    assert [job.attempt for job in of(m.EditJob, outputs)] == [0, 1]
    assert list(ledgers.names("open")) == [SOURCE_ID]


def test_a_verdict_without_its_gates_is_decided_by_the_policy_its_job_was_asked_under(
    ledgers: MemoryLedgers, policies: Policies
) -> None:
    policies.keep(DECIDED)
    Telling(ledgers, policies, policy(waves=(3,))).take(screened())
    assert saved(ledgers).policy_id == DECIDED.policy_id


def test_a_ledger_lives_under_the_policy_it_was_opened_with(
    hire: Hire, ledgers: MemoryLedgers, policies: Policies
) -> None:
    hire().take(YES)
    later = Telling(ledgers, policies, policy(waves=(3,)))
    (job,) = told(later.take(screened(0.0)))
    assert isinstance(job, m.EditJob)
    assert (job.policy_id, job.attempt) == (DECIDED.policy_id, 1)


def test_bytes_that_are_no_event_become_a_dead_letter_and_hold_nothing_up(hire: Hire) -> None:
    director = hire().director
    fold = director.begin([junk(topics.VERDICTS), *deliveries(YES)])
    director.step(fold)
    outputs = director.finish(fold)
    assert [letter.headers["nhr-origin"] for letter in letters(outputs)] == ["nhr.verdicts.v1/0/99"]
    assert len(told(outputs)) == 1


# --- crashes and races ------------------------------------------------------------------------------------------------


def test_nothing_is_saved_before_the_outputs_are_published(hire: Hire, ledgers: MemoryLedgers) -> None:
    director = hire().director
    fold = director.begin(deliveries(YES))
    director.step(fold)
    assert director.finish(fold)
    assert ledgers.load([SOURCE_ID]) == {}
    director.settle(fold)
    assert ledgers.load([SOURCE_ID])


def test_after_a_crash_between_publishing_and_saving_the_same_jobs_are_called_for(hire: Hire) -> None:
    crashed = hire().director
    fold = crashed.begin(deliveries(YES))
    crashed.step(fold)
    assert hire().take(YES) == crashed.finish(fold)


def test_what_is_learnt_is_told_only_once_it_is_saved(hire: Hire) -> None:
    telling = hire()
    fold = telling.director.begin(deliveries(YES))
    telling.director.step(fold)
    telling.director.finish(fold)
    assert telling.learnt == []
    telling.director.settle(fold)
    assert telling.learnt == [YES]


def test_whoever_loses_a_race_folds_again_and_publishes_what_both_facts_call_for(
    hire: Hire, ledgers: MemoryLedgers
) -> None:
    """One director learns of the gate, the other of a lost attempt; only together they call for the next wave."""
    slow, quick = hire(), hire()
    fold = slow.director.begin(deliveries(YES))
    slow.director.step(fold)
    assert [job.attempt for job in of(m.EditJob, told(slow.director.finish(fold)))] == [0]
    quick.take(screened(0.0))
    slow.director.settle(fold)
    assert [job.attempt for job in of(m.EditJob, told(slow.aside))] == [0, 1]
    assert len(saved(ledgers).answers) == 3
    assert slow.learnt == [YES]


def test_a_zombie_with_an_old_ledger_in_mind_overwrites_nothing(hire: Hire, ledgers: MemoryLedgers) -> None:
    zombie, other = hire(), hire()
    zombie.take(YES)
    (second,) = told(other.take(screened(0.0)))
    assert told(zombie.take(screened(0.0))) == [second], "the same job by the same name does no harm"
    other.take(screened(1.0, attempt=1))
    assert len(saved(ledgers).answers) == 5
    assert zombie.learnt == [YES]


def test_a_race_lost_again_and_again_is_run_until_it_is_won(policies: Policies) -> None:
    class Contested(MemoryLedgers):
        """Somebody else saves first, three times."""

        left = 3

        def save(self, changes: Sequence[Change]) -> frozenset[str]:
            if self.left:
                self.left -= 1
                for change in changes:
                    ledger = facts.decode(change.data)
                    ledger.answers = {"somebody else's": facts.Made()}
                    super().save([change._replace(data=facts.encode(ledger))])
            return super().save(changes)

    ledgers = Contested()
    Telling(ledgers, policies, DECIDED).take(YES)
    assert set(saved(ledgers).answers) == {"somebody else's", YES.job_id}


def test_a_fold_that_was_never_saved_is_not_remembered(hire: Hire) -> None:
    telling = hire()
    abandoned = telling.director.begin(deliveries(YES))
    telling.director.step(abandoned)
    assert len(told(telling.take(YES))) == 1


def test_an_event_of_a_policy_that_is_not_kept_here_is_buried_and_harms_nothing_beside_it(hire: Hire) -> None:
    job = samples.JUDGE_JOB.model_copy(update={"policy_id": "nobodys", "subject": YES.job.subject})
    stranger = m.JudgeVerdict(job=job, job_id=job.job_id, adherence=5.0, aesthetics=5.0)
    outputs = hire().take(stranger, YES)
    (letter,) = letters(outputs)
    assert letter.headers["nhr-reason"] == "policy nobodys is not kept here"
    assert told(outputs) == Story(DECIDED).gate()


def test_what_comes_of_an_event_carries_on_when_it_all_began(hire: Hire, ledgers: MemoryLedgers) -> None:
    telling = hire()
    (event,) = deliveries(YES)
    fold = telling.director.begin([event._replace(headers={BEGAN: "12.000", "other": "stays"})])
    telling.director.step(fold)
    outputs = telling.director.finish(fold)
    assert outputs
    assert {tuple(out.headers.items()) for out in outputs} == {((BEGAN, "12.000"),)}
    telling.director.settle(fold)


def test_whoever_lost_a_race_carries_it_on_too(hire: Hire) -> None:
    slow, quick = hire(), hire()
    (event,) = deliveries(YES)
    fold = slow.director.begin([event._replace(headers={BEGAN: "12.000"})])
    slow.director.step(fold)
    quick.take(YES, screened())
    slow.director.settle(fold)
    assert all(out.headers == {BEGAN: "12.000"} for out in slow.aside)


def test_no_ledger_depends_on_it(hire: Hire, ledgers: MemoryLedgers) -> None:
    hire().take(YES)
    plain = ledgers.load([SOURCE_ID])[SOURCE_ID].data
    other = MemoryLedgers()
    (event,) = deliveries(YES)
    director = Director(other, Policies(MemoryBlobs()), DECIDED.policy_id, lambda _: None, FakeClock())
    director._policies.keep(DECIDED)
    fold = director.begin([event._replace(headers={BEGAN: "12.000"})])
    director.step(fold)
    director.settle(fold)
    assert other.load([SOURCE_ID])[SOURCE_ID].data == plain
