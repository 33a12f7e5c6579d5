"""What dead letters say of a job is what the plan says of it."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.deadletters import tries
from schemas import messages as m
from streams.rules.facts import Failed, Ledger
from streams.rules.plan import plan
from tests.property.world import World, history, policy, ref, source


def asked(messages: list[m.Message]) -> list[tries.Asked]:
    """The jobs that can be asked again, among a plan's messages; an edit's candidate stands for its screen."""
    made = [m.Candidate(job=one, image=ref(one.job_id)) for one in messages if isinstance(one, m.EditJob)]
    return [*made, *(one for one in messages if isinstance(one, m.Source | m.Candidate | m.JudgeJob | m.TextJob))]


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_a_letter_is_parked_where_the_plan_is(seed: int) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, rng.randint(1, 4)), policy(rng)
    world = World(seed, pass_rate=0.8, fail_rate=0.3, redrive_rate=rng.random())
    events, messages = history(world, drawn, decided)
    ledger = Ledger(decided.policy_id)
    for event in events[: rng.randint(1, len(events))]:
        ledger.add(event)
    planned = plan(ledger, decided)
    standing: dict[str, set[str]] = {"parked": set(), "asked again": set()}
    for job in asked([drawn, *messages.values()]):
        if isinstance(ledger.answers.get(job.job_id), Failed):
            latest = tries.latest(job, ledger.answers)
            standing.setdefault(latest.standing, set()).add(tries.name(job, latest.retry))
    assert standing["parked"] == set(planned.parked)
    assert standing["asked again"] <= set(planned.waiting)


@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_a_try_is_called_what_the_plan_calls_it(seed: int) -> None:
    rng = random.Random(seed)
    drawn, decided = source(rng, 3), policy(rng)
    _, messages = history(World(seed, fail_rate=0.3, redrive_rate=1.0), drawn, decided)
    jobs: list[Any] = asked([drawn, *messages.values()])
    assert [job for job in jobs if tries.name(job, job.retry) != job.job_id] == []
