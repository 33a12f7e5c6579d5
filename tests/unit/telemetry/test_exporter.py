"""What the exporter tells of a cluster, and that `nhr status` tells the same."""

import math
import time
from collections.abc import Mapping
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.kafka_sight import GroupState, Sight
from infra.bus.kafka_watch import Member
from infra.canary import days
from infra.cluster import status
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime import control, spending
from infra.settings import Settings
from infra.telemetry.exporter import Exporter
from infra.wiring import Cluster
from schemas import topics
from streams import rates
from streams.rates import Count, Part, Rates, Row
from tests.contract.clocks import FakeClock
from tests.unit.telemetry.reading import told

PREFIX = "own."
EDITS, VERDICTS = f"{PREFIX}{topics.EDIT_JOBS.name}", f"{PREFIX}{topics.VERDICTS.name}"
EDITOR, RATES = f"{PREFIX}editor", f"{PREFIX}rates"
SIGHT = Sight(
    3,
    {EDITOR: {(EDITS, 0): 40}, RATES: {(VERDICTS, 0): 9}},
    {(EDITS, 0): 50, (EDITS, 1): 7, (VERDICTS, 0): 9},
    {(EDITS, 0): 20, (EDITS, 1): 2, (VERDICTS, 0): 0},
    {EDITOR: ("Stable", (Member("a", "h", (0,)), Member("b", "h", (1,)))), RATES: ("Stable", ())},
)
STATE = GroupState(topics.EDIT_JOBS.name, "editor", "Stable", SIGHT.members[EDITOR][1], 15, 300.0, 42)
GATE = Row("gate", "all", "")


class Bus:
    """A look at the brokers that stands still; counts how often they were looked at."""

    def __init__(self) -> None:
        self.looks, self.triplets = 0, {"10m": 4, "6h": 0}

    def sight(self) -> Sight:
        self.looks += 1
        return SIGHT

    def states(self, seen: Sight) -> list[GroupState]:
        assert seen is SIGHT
        return [STATE]

    def readers(self) -> list[tuple[str, str]]:
        return [(EDITS, EDITOR), (VERDICTS, RATES)]

    def members(self, seen: Sight) -> dict[str, int]:
        return {group.removeprefix(PREFIX): len(members) for group, (_, members) in seen.members.items()}

    def sent(self, _seen: Sight) -> dict[str, int]:
        return dict.fromkeys((topic.name for topic in topics.ALL), 0)

    def since(self, topic: str, at: float) -> int:
        assert topic == topics.TRIPLETS.name
        windows = {float(window.first(NOW)): window.name for window in rates.WINDOWS}
        return self.triplets[windows[at]]

    def read(self, *_: object) -> list[Any]:
        return []


class Ledgers(MemoryLedgers):
    """Three are open, the oldest for an hour."""

    def opened(self) -> tuple[int, float | None]:
        return 3, NOW - 3600


NOW = FakeClock().now()


class Site:
    """A cluster in memory, and an exporter that looks at it."""

    def __init__(self, meters: Metrics, clock: FakeClock) -> None:
        self.meters, self.clock, self.bus = meters, clock, Bus()
        bus: Any = self.bus
        ledgers: Any = Ledgers()
        self.stores = Cluster(bus, MemoryBlobs(), ledgers, MemoryLedgers(), MemoryLedgers())
        self.exporter = Exporter(self.stores, Settings(spend_usd_a_day=20), meters, clock)

    def look(self) -> None:
        for part in self.exporter.parts():
            part.look()()

    def count(self, windows: Mapping[str, Mapping[Row, Count]]) -> None:
        rates.tell(self.stores.cursors, Part("m", self.clock.now(), frozenset({0}), windows))


@pytest.fixture
def site(meters: Metrics, clock: FakeClock) -> Site:
    return Site(meters, clock)


def test_groups_are_told_by_their_plain_names(site: Site) -> None:
    site.look()
    names = ("nhr_lag", "nhr_done", "nhr_retention", "nhr_group")
    assert told(site.meters, *names) == {
        'nhr_lag_messages{group="editor"}': 15,
        'nhr_lag_seconds{group="editor"}': 300,
        'nhr_done_messages{group="editor"}': 42,
        'nhr_retention_seconds{group="editor"}': 30 * 86_400,
        'nhr_group_members{group="editor"}': 2,
        'nhr_group_members{group="rates"}': 0,
    }


def test_kafka_is_told_by_the_names_of_the_brokers(site: Site) -> None:
    site.look()
    editor, counter = f'consumergroup="{EDITOR}"', f'consumergroup="{RATES}"'
    assert told(site.meters, "kafka_") == {
        "kafka_brokers": 3,
        f'kafka_topic_partitions{{topic="{EDITS}"}}': 2,
        f'kafka_topic_partitions{{topic="{VERDICTS}"}}': 1,
        f'kafka_topic_partition_current_offset{{topic="{EDITS}",partition="0"}}': 50,
        f'kafka_topic_partition_current_offset{{topic="{EDITS}",partition="1"}}': 7,
        f'kafka_topic_partition_current_offset{{topic="{VERDICTS}",partition="0"}}': 9,
        f'kafka_topic_partition_oldest_offset{{topic="{EDITS}",partition="0"}}': 20,
        f'kafka_topic_partition_oldest_offset{{topic="{EDITS}",partition="1"}}': 2,
        f'kafka_topic_partition_oldest_offset{{topic="{VERDICTS}",partition="0"}}': 0,
        f"kafka_consumergroup_members{{{editor}}}": 2,
        f"kafka_consumergroup_members{{{counter}}}": 0,
        f'kafka_consumergroup_current_offset{{{editor},topic="{EDITS}",partition="0"}}': 40,
        f'kafka_consumergroup_current_offset{{{counter},topic="{VERDICTS}",partition="0"}}': 9,
        f'kafka_consumergroup_lag{{{editor},topic="{EDITS}",partition="0"}}': 10,
        f'kafka_consumergroup_lag{{{editor},topic="{EDITS}",partition="1"}}': 5,  # never committed: from the first kept
        f'kafka_consumergroup_lag{{{counter},topic="{VERDICTS}",partition="0"}}': 0,
        f'kafka_consumergroup_current_offset_sum{{{editor},topic="{EDITS}"}}': 40,
        f'kafka_consumergroup_current_offset_sum{{{counter},topic="{VERDICTS}"}}': 9,
        f'kafka_consumergroup_lag_sum{{{editor},topic="{EDITS}"}}': 15,
        f'kafka_consumergroup_lag_sum{{{counter},topic="{VERDICTS}"}}': 0,
    }


def test_ledgers_pauses_and_spending(site: Site) -> None:
    control.change(site.stores.cursors, "editor", True)
    till = spending.Till(site.stores.cursors, site.clock)
    till.add("judge@1", 1.5)
    till.tell()
    site.look()
    found = told(site.meters, "nhr_ledger", "nhr_sp", "nhr_paused")
    assert found.pop('nhr_paused{group="editor"}') == 1
    assert {name: value for name, value in found.items() if "paused" not in name} == {
        "nhr_ledgers_open": 3, "nhr_ledger_oldest_seconds": 3600, "nhr_spent_today_usd": 1.5, "nhr_spend_limit_usd": 20,
    }  # fmt: skip
    assert {value for name, value in found.items() if "paused" in name} == {0}


def test_every_row_of_the_rates_is_told_and_a_share_where_something_is_judged(site: Site) -> None:
    counts = {GATE: Count(8, 6, 100, 4_000_000), Row("text", "all", ""): Count(5, 5), Row("edit", "all", ""): Count(9)}
    site.count({"10m": counts, "6h": {GATE: Count(80, 20, 0, 9_000_000)}})
    site.look()
    assert told(site.meters, "nhr_acceptance", "nhr_triplet") == {
        'nhr_acceptance_ratio{window="10m",stage="gate",by="all",name=""}': 0.75,
        'nhr_acceptance_ratio{window="6h",stage="gate",by="all",name=""}': 0.25,
        'nhr_acceptance_seen{window="10m",stage="gate",by="all",name=""}': 8,
        'nhr_acceptance_seen{window="10m",stage="text",by="all",name=""}': 5,
        'nhr_acceptance_seen{window="10m",stage="edit",by="all",name=""}': 9,
        'nhr_acceptance_seen{window="6h",stage="gate",by="all",name=""}': 80,
        'nhr_triplet_cost_usd{window="10m"}': 1.0,  # no triplet in the other
    }


def test_rates_that_nobody_counts_any_more_are_not_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.count({"10m": {GATE: Count(8, 6)}})
    site.look()
    assert told(site.meters, "nhr_acceptance")
    site.clock.advance(3 * rates.STALE_S)
    monkeypatch.setattr(site.bus, "since", lambda _topic, _at: 4)  # the windows have moved on
    site.look()
    assert told(site.meters, "nhr_acceptance", "nhr_triplet") == {}


def test_canaries_are_told_by_judge(site: Site) -> None:
    marks = {"a": days.Mark(adherence=4.0, aesthetics=4.0)}
    days.keep(site.stores.blobs, days.Day(date="2026-01-01", judge="gemini@12", cases_of="set", marks=marks))
    site.look()
    assert told(site.meters, "nhr_canary") == {
        'nhr_canary_drifted{model="gemini"}': 0, 'nhr_canary_timestamp_seconds{model="gemini"}': 1_767_225_600,
    }  # fmt: skip


def test_kafka_is_looked_at_once_a_look(site: Site) -> None:
    site.look()
    assert site.bus.looks == 1


def test_what_is_kept_for_ever_is_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    state = STATE._replace(topic=topics.PROMPTS.name, group="generator")
    monkeypatch.setattr(site.bus, "states", lambda _seen: [state])
    site.look()
    assert told(site.meters, "nhr_retention") == {'nhr_retention_seconds{group="generator"}': math.inf}


def test_status_and_exporter_tell_the_same_of_one_look(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", site.clock.now)
    control.change(site.stores.cursors, "editor", True)
    site.count({"10m": {GATE: Count(8, 6, 100, 4_000_000)}})
    site.look()
    seen = status.Observer(site.stores, "here").look()
    found = told(site.meters, "nhr_", "kafka_")
    (group,) = seen.groups
    label = '{group="editor"}'
    assert [found[f"nhr_{name}{label}"] for name in ("lag_messages", "lag_seconds", "group_members", "paused")] == [
        group.waiting, group.oldest_s, group.members, group.paused,
    ]  # fmt: skip
    assert (found["nhr_ledgers_open"], found["nhr_ledger_oldest_seconds"]) == (seen.open, seen.oldest_open_s)
    assert found['nhr_triplet_cost_usd{window="10m"}'] == seen.spent("10m")["usd_a_triplet"]
    ratio = found['nhr_acceptance_ratio{window="10m",stage="gate",by="all",name=""}']
    assert ratio == Rates.acceptance(seen.rates, "10m", "gate")
