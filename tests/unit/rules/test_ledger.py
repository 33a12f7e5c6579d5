"""A ledger holds facts, the first one told of each name; later formats are refused, not guessed at."""

import msgpack
import pytest

from schemas import messages as m
from schemas.errors import UserError
from streams.rules import facts
from streams.rules.facts import Failed, Ledger, Made, Passed
from tests.golden import samples


def test_an_event_told_twice_teaches_once() -> None:
    ledger = Ledger("p")
    assert ledger.add(samples.GATE_VERDICT)
    assert not ledger.add(samples.GATE_VERDICT)


def test_the_first_answer_stands() -> None:
    ledger = Ledger("p")
    ledger.add(samples.GATE_VERDICT)
    assert not ledger.add(samples.GATE_VERDICT.model_copy(update={"yes": False}))
    assert ledger.answers[samples.GATE_VERDICT.job_id] == Passed(True)


def test_the_source_is_known_as_first_asked() -> None:
    ledger = Ledger("p")
    ledger.add(samples.GATE_VERDICT)
    assert ledger.source == samples.SOURCE.model_copy(update={"retry": 0})


def test_a_screened_candidate_proves_that_its_edit_was_made() -> None:
    ledger = Ledger("p")
    ledger.add(samples.SCREEN_VERDICT)
    assert ledger.answers[samples.EDIT_JOB.job_id] == Made()


def test_of_an_edit_that_failed_nothing_is_learnt_from_the_screens() -> None:
    ledger = Ledger("p")
    ledger.add(m.Failure(job_id=samples.EDIT_JOB.job_id, stage="edit", source_id=samples.SOURCE_ID, reason="no"))
    assert not ledger.add(samples.SCREEN_VERDICT)
    assert ledger.answers == {samples.EDIT_JOB.job_id: Failed("edit")}


def test_what_was_learnt_after_storing_is_stored_with_the_next() -> None:
    ledger = Ledger("p")
    ledger.add(samples.GATE_VERDICT)
    facts.encode(ledger)
    ledger.add(samples.SCREEN_VERDICT)
    assert facts.decode(facts.encode(ledger)).answers == ledger.answers


def test_a_ledger_without_a_source_is_stored_all_the_same() -> None:
    ledger = Ledger("p")
    ledger.add(samples.REDRIVE)
    again = facts.decode(facts.encode(ledger))
    assert (again.source, again.answers) == (None, ledger.answers)


def test_a_ledger_of_a_later_format_is_refused() -> None:
    data = msgpack.packb({"format": 2, "policy": "p", "source": None, "answers": {}})
    with pytest.raises(UserError, match="a ledger has format 2, this NHR knows 1; upgrade nhr"):
        facts.decode(data)


def test_a_fact_of_a_later_version_is_refused() -> None:
    data = msgpack.packb({"format": 1, "policy": "p", "source": None, "answers": {"j": ["applauded"]}})
    with pytest.raises(UserError, match="a ledger holds a fact 'applauded' unknown to this NHR; upgrade nhr"):
        facts.decode(data)


def test_what_is_no_event_is_no_fact() -> None:
    with pytest.raises(TypeError, match="Prompt is no event"):
        facts.fact_of(samples.PROMPT)
