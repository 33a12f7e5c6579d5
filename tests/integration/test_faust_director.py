"""The director as a Faust agent on real Kafka, killed, failing and waiting."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.services import kafka
from streams.turns import FATAL_EXIT
from tests import services
from tests.chaos.campaign import events
from tests.chaos.crew import Feeder, Orders, create_topics, wait_for, workers, workers_log
from tests.chaos.remains import committed
from tests.chaos.spike_worker import BROKERS
from tests.chaos.storm import Storm

PATIENCE_S = 60.0
pytestmark = pytest.mark.timeout(240)


def orders(servers: str, prefix: str, folder: Path, how: str = "agent", number: int = 1500) -> Orders:
    told = events(1, number)
    return Orders(how, servers, folder / prefix.rstrip("."), told, kills=3, partitions=4, fixed_slots=True)


def test_three_kills_lose_no_event_and_publish_nothing_strange(
    kafka_servers: str, kafka_prefix: str, tmp_path: Path
) -> None:
    given = orders(kafka_servers, kafka_prefix, tmp_path, number=6000)
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


def test_an_agent_that_hangs_ends_its_process_and_another_goes_on(
    kafka_servers: str, kafka_prefix: str, tmp_path: Path
) -> None:
    given = orders(kafka_servers, kafka_prefix, tmp_path, "hanging agent")
    given.folder.mkdir()
    create_topics(given)
    feeder = Feeder(given, all_at_once=True)
    feeder.run()
    (given.folder / BROKERS).write_text(json.dumps({"busy_s": 2.0}))
    with workers(given) as (crew, notes):
        crew.start(0)
        assert wait_for(lambda: crew.ended() == [0], PATIENCE_S)
        assert crew.forget(0) == FATAL_EXIT
        assert "director: a batch took more than 2 s" in workers_log(given)
        (given.folder / "store").touch()
        crew.start(1)
        assert wait_for(lambda: notes.look() and len(notes.covered) == feeder.fed, PATIENCE_S), workers_log(given)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Cluster]:
    """A broker that listens in plain words, with logins over TLS, and with certificates."""
    services.need_kafka()
    with kafka.running(tmp_path_factory.mktemp("kafka"), secure=True) as cluster:
        yield cluster


@pytest.mark.parametrize("security", ["SASL_SSL", "SSL"])
def test_an_agent_speaks_to_brokers_that_want_to_know_who_it_is(
    security: str, secure: kafka.Cluster, kafka_prefix: str, tmp_path: Path
) -> None:
    assert secure.secrets is not None
    given = orders(secure.servers, kafka_prefix, tmp_path)
    given.folder.mkdir()
    create_topics(given)
    feeder = Feeder(given, all_at_once=True)
    feeder.run()
    login = {"user": secure.secrets.user, "password": secure.secrets.password}
    certificate = {"cert": str(secure.secrets.cert), "key": str(secure.secrets.key)}
    more = {"security": security, "ca": str(secure.secrets.ca), **(login if security == "SASL_SSL" else certificate)}
    (given.folder / BROKERS).write_text(json.dumps(more))
    where = secure.sasl_servers if security == "SASL_SSL" else secure.mutual_servers
    with workers(replace(given, servers=where)) as (crew, notes):
        crew.start(0)
        assert wait_for(lambda: notes.look() and len(notes.covered) == feeder.fed, PATIENCE_S), workers_log(given)
