"""The director as a Faust agent on real Kafka, killed, failing and waiting."""

from pathlib import Path

import pytest

from streams.turns import FATAL_EXIT
from tests.chaos.campaign import events
from tests.chaos.storm import Feeder, Orders, Storm, committed, create_topics, wait_for, workers, workers_log

PATIENCE_S = 60.0
pytestmark = pytest.mark.timeout(240)


def orders(servers: str, prefix: str, folder: Path, how: str = "agent", **more: float) -> Orders:
    return Orders(how, servers, folder / prefix.rstrip("."), events(1, 6000), kills=3, partitions=4, **more)  # type: ignore[arg-type]


def test_three_kills_lose_no_event_and_publish_nothing_strange(
    kafka_servers: str, kafka_prefix: str, tmp_path: Path
) -> None:
    given = orders(kafka_servers, kafka_prefix, tmp_path, fixed_slots=True)
    report = Storm(given).run()
    assert report.sound, (report, workers_log(given))
    assert (report.kills, report.stalls) == (3, 0)


def test_a_bug_ends_the_process_at_once_and_acknowledges_nothing_more(
    kafka_servers: str, kafka_prefix: str, tmp_path: Path
) -> None:
    given = orders(kafka_servers, kafka_prefix, tmp_path, "broken agent")
    given.folder.mkdir()
    create_topics(given)
    Feeder(given, all_at_once=True).run()
    with workers(given) as (crew, notes):
        crew.start(0)
        assert wait_for(lambda: crew.ended() == [0], PATIENCE_S)
        assert crew.forget(0) == FATAL_EXIT
        notes.look()
        done = committed(given)
        assert all((p, o) in notes.covered for p, end in done.items() for o in range(end)), (done, len(notes.covered))
    assert "RuntimeError: a bug" in workers_log(given)


def test_a_store_that_is_away_is_waited_out_with_nothing_acknowledged(
    kafka_servers: str, kafka_prefix: str, tmp_path: Path
) -> None:
    given = orders(kafka_servers, kafka_prefix, tmp_path, "agent without a store")
    given.folder.mkdir()
    create_topics(given)
    feeder = Feeder(given, all_at_once=True)
    feeder.run()
    with workers(given) as (crew, notes):
        crew.start(0)
        assert wait_for(lambda: "the store is away" in workers_log(given), PATIENCE_S)
        assert not any(committed(given).values())
        (given.folder / "store").touch()
        assert wait_for(lambda: notes.look() and len(notes.covered) == feeder.fed, PATIENCE_S)
