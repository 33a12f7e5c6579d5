"""How a cluster stands, in words: what to look after, and everything at a glance."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from infra.cli import standing
from infra.cluster.status import LAGGING_S, ClusterStatus, GroupStatus
from schemas import topics
from streams.rates import Count, Part, Rates, Row


def group(**more: Any) -> GroupStatus:
    usual: dict[str, Any] = {
        "group": "editor", "topic": topics.EDIT_JOBS.name, "state": "Stable", "members": 2, "waiting": 1200,
        "oldest_s": 90.0, "rate": 3.25, "p50_s": 0.8, "p95_s": 1.9, "jobs": {"answered": 10}, "troubles": [],
        "paused": False,
    }  # fmt: skip
    return GroupStatus(**{**usual, **more})


def status(*groups: GroupStatus, **more: Any) -> ClusterStatus:
    usual: dict[str, Any] = {
        "at": 1.0, "where": "kafka:9092 · http://s3:8333/nhr", "groups": groups or (group(),), "processes": (),
        "paused": frozenset(), "sent": dict.fromkeys((topic.name for topic in topics.ALL), 7), "open": 40,
        "oldest_open_s": 7200.0, "dead_letters": {}, "rates": Rates(), "lately": {"10m": 0, "6h": 0},
    }  # fmt: skip
    return ClusterStatus(**{**usual, **more})


def text(told: ClusterStatus) -> str:
    console = Console(width=80, record=True, file=StringIO())
    console.print(standing.drawn(told))
    return console.export_text()


def test_a_group_tells_lag_age_rate_and_step_times_in_80_columns() -> None:
    drawn = text(status())
    assert ["editor", "2", "1,200", "90", "s", "3.2", "800", "ms", "1.9", "s"] in [
        line.split() for line in drawn.splitlines()
    ]
    assert "7 prompts → 7 sources → 7 edit jobs → 7 edits → 7 judge jobs → 7 triplets" in drawn
    assert "ledgers: 40 open, the oldest for 2.0 h" in drawn
    assert max(map(len, drawn.splitlines())) <= 80


def test_what_triplets_cost_of_late_is_told() -> None:
    counts = {Row("judge", "all", ""): Count(20, 4, 18_400, 24_000), Row("gate", "all", ""): Count(9, 4)}
    told = status(rates=Rates({"a": Part("a", 1.0, frozenset({0}), {"10m": counts})}), lately={"10m": 4, "6h": 90})
    drawn = text(told)
    assert "made, last 10m: 4 triplets · 18,400 tokens, $0.024, $0.006 a triplet (judge" in drawn
    assert "made, last 6h: 90 triplets\n" in drawn
    assert told.as_dict()["spent"]["10m"] == {
        "triplets": 4, "usd": 0.024, "usd_a_triplet": 0.006, "tokens": 18_400, "stages": {"judge": 0.024},
    }  # fmt: skip


def test_what_costs_nothing_is_not_spoken_of() -> None:
    assert "made" not in text(status())


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "$0.00"), (0.00314, "$0.0031"), (0.5, "$0.50"), (1234.5, "$1,234.50")]
)
def test_dollars_are_told_with_places_that_say_something(value: float, told: str) -> None:
    assert standing.dollars(value) == told


@pytest.mark.parametrize(
    ("told", "warning"),
    [
        (status(group(members=0)), "editor: 1,200 messages wait and nobody is at work"),
        (status(group(oldest_s=LAGGING_S + 1)), "editor: the oldest message is 9 days old, of 30 it is kept"),
        (status(paused=frozenset({"editor"})), "editor is paused (nhr resume editor)"),
        (status(group(troubles=["editor null: service away"])), "editor null: service away"),
    ],
)
def test_what_somebody_should_look_after_is_said(told: ClusterStatus, warning: str) -> None:
    assert told.warnings() == [warning]
    assert warning in standing.line(told)
    assert warning in text(told)


def test_a_cluster_that_is_well_warns_of_nothing() -> None:
    assert status().warnings() == []


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, ""), (0.008, "8 ms"), (1.26, "1.3 s"), (42.0, "42 s"), (240.0, "4.0 min"), (9000.0, "2.5 h"), (3e5, "3 d")],
)
def test_times_are_told_as_people_read_them(value: float | None, told: str) -> None:
    assert standing.seconds(value) == told
