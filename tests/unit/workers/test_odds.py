"""Chance that can be repeated, at the paper's rates."""

from collections import Counter

import pytest

from schemas.ids import digest
from streams.paper import FUNNEL, REQUESTS_WON
from workers import odds

REQUESTS = [digest("request", number) for number in range(4000)]


@pytest.fixture(scope="module")
def outcomes() -> Counter[odds.Outcome]:
    """What became of five attempts at each request."""
    return Counter(odds.outcome(request, attempt) for request in REQUESTS for attempt in range(5))


def test_a_draw_depends_on_what_it_is_drawn_for_and_on_nothing_else() -> None:
    assert odds.uniform("gate", "s", 1) == odds.uniform("gate", "s", 1) == pytest.approx(0.02054531, abs=1e-8)
    assert odds.uniform("gate", "s", 1) != odds.uniform("gate", "s", 2)


def test_draws_are_spread_evenly_over_0_to_1() -> None:
    draws = [odds.uniform("spread", number) for number in range(10_000)]
    assert min(draws) >= 0.0
    assert max(draws) < 1.0
    tenths = Counter(int(10 * draw) for draw in draws)
    assert all(900 <= tenths[tenth] <= 1100 for tenth in range(10))


def test_soft_screen_pixel_check_and_judge_let_through_what_the_papers_did(outcomes: Counter[odds.Outcome]) -> None:
    judged = outcomes["hard"] + outcomes["good"]
    assert 1 - outcomes["soft"] / outcomes.total() == pytest.approx(FUNNEL["soft"].rate, abs=0.015)
    assert judged / (judged + outcomes["pixels"]) == pytest.approx(FUNNEL["pixels"].rate, abs=0.01)
    assert outcomes["good"] / judged == pytest.approx(FUNNEL["hard"].rate, abs=0.02)


def test_as_many_requests_are_won_with_five_attempts_as_in_the_paper() -> None:
    won = sum(any(odds.outcome(request, attempt) == "good" for attempt in range(5)) for request in REQUESTS)
    assert won / len(REQUESTS) == pytest.approx(REQUESTS_WON, abs=0.02)


def test_a_request_is_as_hard_for_its_last_attempt_as_for_its_first() -> None:
    easy = max(REQUESTS, key=odds.success_rate)
    wins = sum(odds.outcome(easy, attempt) == "good" for attempt in range(2000)) / 2000
    assert wins == pytest.approx(odds.success_rate(easy), abs=0.03)
