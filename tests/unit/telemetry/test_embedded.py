"""What an embedded run tells of its whole pipeline."""

import json
import logging
import math

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime import control, spending
from infra.telemetry import embedded
from infra.telemetry.embedded import Gauges
from infra.wiring import Stores
from schemas import messages as m
from schemas import topics
from schemas.ports import Change, Outgoing
from streams.policies import Policies
from streams.rules import facts
from tests.contract.clocks import FakeClock
from tests.golden import samples
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy
from tests.unit.telemetry.reading import told

DECIDED = policy(inverts=True)
EDITS = topics.EDIT_JOBS.name


@pytest.fixture
def stores(clock: FakeClock) -> Stores:
    found = Stores(MemoryBus(clock), MemoryBlobs(), MemoryLedgers(), MemoryLedgers())
    Policies(found.blobs).keep(DECIDED)
    return found


@pytest.fixture
def gauges(stores: Stores, meters: Metrics, clock: FakeClock) -> Gauges:
    return Gauges(stores, meters, clock, 12.5)


def look(gauges: Gauges, clock: FakeClock, after_s: float = embedded.EVERY_S) -> None:
    clock.advance(after_s)
    gauges.look()


def save(stores: Stores, story: Story, closed: bool = False) -> None:
    saved = stores.ledgers.load([SOURCE_ID]).get(SOURCE_ID)
    change = Change(SOURCE_ID, facts.encode(story.ledger), saved.version if saved else 0, closed)
    assert not stores.ledgers.save([change])


def publish(stores: Stores, count: int) -> None:
    stores.bus.publish([Outgoing(EDITS, "k", b"")] * count)


def test_lag_done_and_age_of_every_group(stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock) -> None:
    publish(stores, 4)
    look(gauges, clock)
    publish(stores, 3)
    member = stores.bus.subscribe(EDITS, "editor")
    taken = member.poll(5, 0.0)
    member.ack(taken[1:])  # the first is in hand for long
    look(gauges, clock, 20.0)
    names = ("nhr_lag_messages", "nhr_lag_seconds", "nhr_done_messages", "nhr_retention_seconds")
    found = told(meters, *names)
    assert [found[f'{name}{{group="editor"}}'] for name in names] == [3, 20, 4, math.inf]
    assert [found[f'{name}{{group="judge"}}'] for name in names] == [0, 0, 0, math.inf]
    member.ack(taken[:1])
    look(gauges, clock, 8.0)
    assert told(meters, "nhr_lag_seconds")['nhr_lag_seconds{group="editor"}'] == 8  # those that came with the second
    groups = {group for topic in topics.ALL for group in topic.groups}
    assert len(told(meters, *names)) == len(names) * len(groups)


def test_no_kafka_is_told_of(gauges: Gauges, meters: Metrics) -> None:
    gauges.look()
    assert told(meters, "kafka_", "nhr_group_members") == {}
    assert len(told(meters, "nhr_lag_messages")) == 9


def test_looks_are_some_seconds_apart(stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock) -> None:
    gauges.look()
    publish(stores, 4)
    look(gauges, clock, embedded.EVERY_S - 1)
    assert told(meters, "nhr_lag_messages")['nhr_lag_messages{group="editor"}'] == 0
    look(gauges, clock, 1)
    assert told(meters, "nhr_lag_messages")['nhr_lag_messages{group="editor"}'] == 4


def test_what_is_paused_and_spent(stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock) -> None:
    control.change(stores.cursors, "judge", True)
    till = spending.Till(stores.cursors, clock)
    till.add("judge@1", 0.75)
    till.tell()
    gauges.look()
    found = told(meters, "nhr_paused", "nhr_spen")
    assert (found.pop('nhr_paused{group="judge"}'), found.pop("nhr_spent_today_usd")) == (1, 0.75)
    assert found.pop("nhr_spend_limit_usd") == 12.5
    assert set(found) == {f'nhr_paused{{group="{one}"}}' for one in control.STAGES if one != "judge"}
    assert set(found.values()) == {0}


def test_open_ledgers_and_since_when_they_are_known(
    stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock
) -> None:
    look(gauges, clock)
    assert told(meters, "nhr_ledger") == {"nhr_ledgers_open": 0, "nhr_ledger_oldest_seconds": 0}
    story = Story(DECIDED)
    story.gate()
    save(stores, story)
    look(gauges, clock)
    stores.ledgers.save([Change("later", b"", 0)])
    look(gauges, clock, 60)
    assert told(meters, "nhr_ledger") == {"nhr_ledgers_open": 2, "nhr_ledger_oldest_seconds": 60}
    save(stores, story, closed=True)
    look(gauges, clock, 30)
    assert told(meters, "nhr_ledger") == {"nhr_ledgers_open": 1, "nhr_ledger_oldest_seconds": 30}


def parked(meters: Metrics) -> dict[str, float]:
    return {name: value for name, value in told(meters, "nhr_requests_parked").items() if value}


def test_what_failures_hold_up_is_told_until_it_is_redriven(
    stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock
) -> None:
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    save(stores, story)
    look(gauges, clock)
    assert (parked(meters), len(told(meters, "nhr_requests_parked"))) == ({}, 6)
    candidate = story.candidate(job)
    story.fail(candidate, "screen")
    save(stores, story)
    failure = m.Failure(job_id=candidate.job_id, stage="screen", source_id=SOURCE_ID, reason="no", candidate=candidate)
    gauges.event(failure)
    look(gauges, clock)
    assert parked(meters) == {'nhr_requests_parked{stage="screen"}': 1}
    look(gauges, clock)
    assert parked(meters) == {'nhr_requests_parked{stage="screen"}': 1}
    story.redrive(candidate.job_id)
    save(stores, story)
    look(gauges, clock)
    assert parked(meters) == {}


def test_what_an_earlier_run_left_parked_is_found(stores: Stores, gauges: Gauges, meters: Metrics) -> None:
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    story.fail(story.candidate(job), "screen")
    save(stores, story)
    gauges.look()
    assert parked(meters) == {'nhr_requests_parked{stage="screen"}': 1}


def verdict(clock: FakeClock, yes: bool = True, cost_usd: float = 0.0) -> m.GateVerdict:
    meter = m.Meter(at=clock.now(), cost_usd=cost_usd)
    return samples.GATE_VERDICT.model_copy(update={"yes": yes, "meter": meter})


def windows(meters: Metrics) -> dict[str, float]:
    found = told(meters, "nhr_acceptance", "nhr_triplet_cost_usd")
    return {name: value for name, value in found.items() if 'by="all"' in name or "cost" in name}


def labels(window: str) -> str:
    return f'{{window="{window}",stage="gate",by="all",name=""}}'


def test_acceptance_and_what_a_triplet_costs(gauges: Gauges, meters: Metrics, clock: FakeClock) -> None:
    for yes in (True, False, True, True):
        gauges.event(verdict(clock, yes, 0.5))
    look(gauges, clock)
    assert 'nhr_triplet_cost_usd{window="10m"}' not in windows(meters)  # no triplet yet
    for _ in range(4):
        gauges.triplet(samples.TRIPLET)
    look(gauges, clock)
    found = windows(meters)
    for window in ("10m", "6h"):
        assert found[f"nhr_acceptance_ratio{labels(window)}"] == 0.75
        assert found[f"nhr_acceptance_seen{labels(window)}"] == 4
        assert found[f'nhr_triplet_cost_usd{{window="{window}"}}'] == 0.5
    look(gauges, clock, 660)
    assert {name for name in windows(meters) if "10m" in name} == set()
    assert len(windows(meters)) == 3
    look(gauges, clock, 22_200)
    assert windows(meters) == {}


def test_what_earlier_runs_recorded_counts_as_accepted_but_not_as_spent(
    gauges: Gauges, meters: Metrics, clock: FakeClock
) -> None:
    old = verdict(clock, yes=False)
    clock.advance(3 * 3600)
    gauges.recall(old)
    gauges.recall(verdict(clock, cost_usd=9.0))
    gauges.recall(samples.GATE_VERDICT.model_copy(update={"meter": m.Meter()}))  # nobody knows when
    gauges.event(verdict(clock, cost_usd=1.0))
    gauges.triplet(samples.TRIPLET)
    look(gauges, clock)
    found = windows(meters)
    assert found[f"nhr_acceptance_seen{labels('10m')}"] == 2
    assert found[f"nhr_acceptance_seen{labels('6h')}"] == 3
    assert found['nhr_triplet_cost_usd{window="6h"}'] == 1.0


def test_what_cannot_be_read_stops_nothing_and_is_said_once(
    stores: Stores, gauges: Gauges, meters: Metrics, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    look(gauges, clock)
    note = Change(control.NAME, json.dumps({"format": 99}).encode(), 0)
    stores.cursors.save([note])
    with caplog.at_level(logging.WARNING):
        look(gauges, clock)
        look(gauges, clock)
    assert len(caplog.records) == 1
    assert "/control" in caplog.records[0].message
    assert told(meters, "nhr_lag", "nhr_ledger", "nhr_paused") == {}
