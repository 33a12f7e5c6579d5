"""Ages of messages without times: by ends seen earlier."""

import random

import pytest

from infra.telemetry.ages import MOST, Ages

TOPIC = "t"


def test_a_message_is_as_old_as_the_first_look_that_saw_it() -> None:
    ages = Ages()
    for end, at in ((0, 10.0), (3, 20.0), (3, 30.0), (8, 40.0)):
        ages.note(TOPIC, end, at)
    assert [ages.of(TOPIC, first, 100.0) for first in (0, 2, 3, 7)] == [80.0, 80.0, 60.0, 60.0]


def test_where_nothing_waits_there_is_no_age() -> None:
    ages = Ages()
    ages.note(TOPIC, 3, 20.0)
    assert (ages.of(TOPIC, 3, 100.0), ages.of("unknown", 0, 100.0)) == (0.0, 0.0)


def test_a_clock_that_is_put_back_makes_nothing_negative() -> None:
    ages = Ages()
    ages.note(TOPIC, 3, 20.0)
    assert ages.of(TOPIC, 0, 5.0) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_memory_is_bounded_and_ages_are_never_told_too_high(seed: int) -> None:
    rng, ages, end, published = random.Random(seed), Ages(), 0, list[float]()
    for look in range(3 * MOST):
        came = rng.randint(0, 3)
        published += [float(look)] * came
        end += came
        ages.note(TOPIC, end, float(look))
        assert len(ages._seen[TOPIC][0]) <= MOST
    now = float(3 * MOST)
    for first in rng.sample(range(end), 200):
        assert ages.of(TOPIC, first, now) <= now - published[first]
    assert ages.of(TOPIC, end - 1, now) == now - published[-1]
