"""Requests are asked again until a deadline, ever more slowly, and a log says when the server is away and back."""

import logging

import pytest

from infra.s3.patience import MOST_S, Patience
from infra.s3.wire import Answer, Away
from schemas.errors import UserError
from tests.contract.clocks import FakeClock

OK = Answer(200)


class Server:
    """Answers what it is told to, in turn; the last one for ever."""

    def __init__(self, *answers: Answer | Away) -> None:
        self.answers, self.asked = list(answers), 0

    def send(self) -> Answer:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Away):
            raise answer
        return answer


def fault(answer: Answer) -> str:
    return "" if answer.status == 200 else str(answer.status)


class Waiting:
    """Patience with a clock that goes on only while it waits; `jitter` is the share of the random part that is used."""

    def __init__(self, deadline_s: float = 30.0, jitter: float = 1.0) -> None:
        self.clock, self.waits = FakeClock(), list[float]()
        self.patience = Patience("S3 at x", deadline_s, self.clock, self._wait, lambda: jitter)

    def _wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.clock.advance(seconds)
        return False


def test_an_answer_at_once_is_given_at_once() -> None:
    waiting = Waiting()
    assert waiting.patience.ask("GET x", Server(OK).send, fault) == (OK, False)
    assert waiting.waits == []


def test_faults_and_silence_are_asked_again_and_told_to_the_caller() -> None:
    waiting, server = Waiting(), Server(Away("reset"), Answer(503), OK)
    assert waiting.patience.ask("GET x", server.send, fault) == (OK, True)
    assert server.asked == 3


def test_waits_double_up_to_a_limit() -> None:
    waiting = Waiting()
    waiting.patience.ask("GET x", Server(*[Answer(503)] * 9, OK).send, fault)
    assert waiting.waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, MOST_S, MOST_S, MOST_S])


def test_jitter_takes_up_to_half_of_each_wait() -> None:
    waiting = Waiting(jitter=0.0)
    waiting.patience.ask("GET x", Server(Answer(503), Answer(503), OK).send, fault)
    assert waiting.waits == pytest.approx([0.05, 0.1])


def test_after_the_deadline_one_line_says_what_where_and_what_next() -> None:
    waiting = Waiting(deadline_s=10.0)
    with pytest.raises(UserError) as caught:
        waiting.patience.ask("GET x", Server(Answer(503)).send, fault)
    assert str(caught.value) == (
        "S3 at x gave no answer to GET x in 10 s (503); see that it runs and that NHR_S3 names it, "
        "then start again: nothing is lost"
    )
    assert 5.0 < sum(waiting.waits) <= 10.0


def test_who_is_told_to_stop_waits_no_more() -> None:
    patience = Patience("S3 at x", 30.0, FakeClock(), lambda _: True)
    with pytest.raises(UserError, match="still away when we stopped"):
        patience.ask("GET x", Server(Answer(503)).send, fault)


def test_other_errors_are_not_taken_for_faults() -> None:
    def broken() -> Answer:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        Waiting().patience.ask("GET x", broken, fault)


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Waiting(deadline_s=100.0)
    with caplog.at_level(logging.INFO):
        waiting.patience.ask("GET x", Server(*[Away("refused")] * 12, OK).send, fault)
        waiting.patience.ask("GET x", Server(OK).send, fault)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0] == "S3 at x is away (refused): waiting up to 100 s for each request"
    assert told[1].startswith("S3 at x is back after ")


def test_single_faults_are_no_news(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Waiting()
    with caplog.at_level(logging.INFO):
        for _ in range(50):
            waiting.patience.ask("GET x", Server(Answer(503), OK).send, fault)
    assert not caplog.records


def test_each_attempt_that_failed_is_told_to_whoever_counts() -> None:
    failed: list[int] = []
    patience = Patience("S3 at x", 30.0, FakeClock(), lambda _s: False, failed=lambda: failed.append(1))
    patience.ask("GET x", Server(Away("reset"), Answer(503), OK).send, fault)
    assert len(failed) == 2
    patience.ask("GET x", Server(OK).send, fault)
    assert len(failed) == 2
