"""Brokers that go away and come back, that want a login, that lack a topic."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import topics as declared
from infra.bus import kafka as kafka_bus
from infra.bus import kafka_clients as clients
from infra.bus.kafka import KafkaBus
from infra.services import kafka
from infra.settings import Settings
from schemas.errors import UserError
from schemas.ports import Lag, Outgoing
from schemas.topics import TRIPLETS
from tests import kafkas, services
from tests.contract.buses import take, texts
from tests.integration.kafka_process import GROUP

TOPICS = (TRIPLETS,)

pytestmark = pytest.mark.filterwarnings(  # the library forgets the sockets of refused connections
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Cluster]:
    """A broker of this module's own, that wants a login on one of its ports."""
    services.need_kafka()
    with kafka.running(tmp_path_factory.mktemp("kafka"), secure=True) as cluster:
        yield cluster


def login(cluster: kafka.Cluster, **more: object) -> Settings:
    assert cluster.secrets is not None
    given = {
        "kafka_security": "SASL_SSL", "kafka_user": cluster.secrets.user, "kafka_password": cluster.secrets.password,
        "kafka_ca": cluster.secrets.ca, **more,
    }  # fmt: skip
    return kafkas.settings(cluster.sasl_servers, **given)  # type: ignore[arg-type]


def speaks(settings: Settings) -> None:
    """Every client works: admin, producer, member, reader."""
    kafkas.make(settings, TOPICS)
    bus = KafkaBus(settings, topics=TOPICS)
    try:
        bus.publish([Outgoing(TRIPLETS.name, "k", b"hello")])
        member = bus.subscribe(TRIPLETS.name, GROUP)
        member.ack(take(1, member))
        member.close()
        assert bus.lag() == {(TRIPLETS.name, GROUP): Lag(0, 0)}
    finally:
        bus.close()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_every_client_logs_in_over_tls(own: kafka.Cluster, mechanism: str) -> None:
    speaks(login(own, kafka_mechanism=mechanism))


def test_every_client_shows_its_certificate(own: kafka.Cluster) -> None:
    assert own.secrets is not None
    files = {"kafka_ca": own.secrets.ca, "kafka_cert": own.secrets.cert, "kafka_key": own.secrets.key}
    speaks(kafkas.settings(own.mutual_servers, kafka_security="SSL", **files))  # type: ignore[arg-type]


def test_a_wrong_password_is_told_in_one_line_that_does_not_hold_it(
    own: kafka.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.bus.kafka_clients.CONNECT_S", 5.0)
    with pytest.raises(UserError, match="the login of user 'nhr'") as told:
        KafkaBus(login(own, kafka_password="open sesame"), topics=TOPICS)
    assert "\n" not in str(told.value)
    assert "sesame" not in str(told.value)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_no_log_holds_the_password_however_much_it_tells(
    own: kafka.Cluster, mechanism: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = login(own, kafka_mechanism=mechanism, log_level="debug")
    with caplog.at_level(logging.DEBUG):
        speaks(settings)
    assert "joined group" in caplog.text
    assert settings.kafka_password.get_secret_value() not in caplog.text


def test_an_unknown_authority_is_told_in_one_line(own: kafka.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.bus.kafka_clients.CONNECT_S", 1.0)
    with pytest.raises(UserError, match=r"does not answer .*self.signed certificate"):
        KafkaBus(login(own, kafka_ca=None), topics=TOPICS)


def test_a_port_where_nobody_listens_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.bus.kafka_clients.CONNECT_S", 0.5)
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9 does not answer .*refused"):
        KafkaBus(Settings(kafka="127.0.0.1:9"))


def test_a_missing_topic_is_told_with_what_to_do(kafka_servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.bus.kafka_watch.MISSING_S", 0.5)
    settings = kafkas.settings(kafka_servers)
    bus = KafkaBus(settings)
    try:
        missing = rf"no topic {settings.kafka_prefix}nhr\.triplets\.v1; run `nhr topics apply`"
        with pytest.raises(UserError, match=missing):
            bus.publish([Outgoing(TRIPLETS.name, "k", b"hello")])
        with pytest.raises(UserError, match=missing):
            bus.subscribe(TRIPLETS.name, GROUP)
        with pytest.raises(UserError, match=missing):
            bus.read(TRIPLETS.name)
    finally:
        bus.close()


def test_a_topic_that_goes_under_its_members_is_told_by_its_name(kafka_servers: str) -> None:
    settings = kafkas.settings(kafka_servers)
    kafkas.make(settings, TOPICS)
    bus = KafkaBus(settings, topics=TOPICS)
    try:
        bus.publish([Outgoing(TRIPLETS.name, "k", b"hello")])
        member = bus.subscribe(TRIPLETS.name, GROUP)
        held = take(1, member)
        admin = clients.admin(settings)
        admin.delete_topics([settings.kafka_prefix + TRIPLETS.name])
        clients.discard(admin)

        def noticed() -> bool:
            member.ack(held)
            return bool(member.poll(1, 0.1))

        with pytest.raises(UserError, match=rf"no topic {settings.kafka_prefix}nhr\.triplets\.v1; run"):
            kafkas.until(noticed)
    finally:
        bus.close()


def test_a_message_too_large_is_told_in_one_line(kafka_servers: str) -> None:
    settings = kafkas.settings(kafka_servers)
    kafkas.make(settings, TOPICS)
    bus = KafkaBus(settings, topics=TOPICS)
    try:
        with pytest.raises(UserError, match="too large"):
            bus.publish([Outgoing(TRIPLETS.name, "k", b"x" * (3 << 20))])
        bus.publish([Outgoing(TRIPLETS.name, "k", b"hello")])
    finally:
        bus.close()


def test_a_broker_that_restarts_is_waited_for_by_all_and_nothing_is_lost(
    own: kafka.Cluster, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_bus, "PATIENCE_S", 0.5)
    settings = kafkas.settings(own.servers)
    kafkas.make(settings, TOPICS)
    bus = KafkaBus(settings, topics=TOPICS)
    got: list[str] = []
    published: list[str] = []
    over, all_published = threading.Event(), threading.Event()

    def publish() -> None:
        while not over.is_set():
            names = [str(len(published) + n) for n in range(20)]
            bus.publish([Outgoing(TRIPLETS.name, name, name.encode()) for name in names])
            published.extend(names)

    def consume() -> None:
        member = bus.subscribe(TRIPLETS.name, GROUP)
        while not (all_published.is_set() and len(set(got)) == len(published)):
            batch = member.poll(50, 0.1)
            got.extend(texts(batch))
            member.ack(batch)
            member.keep()
        member.close()

    threads = [threading.Thread(target=one) for one in (publish, consume)]
    with caplog.at_level(logging.WARNING, "infra"):
        for thread in threads:
            thread.start()
        kafkas.until(lambda: len(got) > 100)
        own.nodes[0].kill()
        kafkas.until(lambda: "is away" in caplog.text)
        own.nodes[0].start()
        reached = len(published)
        kafkas.until(lambda: len(published) > reached + 100 and "is back" in caplog.text)
        over.set()
        threads[0].join(60)
        all_published.set()
        threads[1].join(60)
    assert set(got) == set(published)
    assert not any(bus.lag()[TRIPLETS.name, GROUP])
    said = [one.message for one in caplog.records if one.name == "infra.bus.kafka_clients"]
    assert [text.split(" is ")[1].split(" ")[0] for text in said] == ["away", "back"]
    bus.close()


def test_topics_are_planned_applied_and_then_as_they_should_be(kafka_servers: str) -> None:
    settings = kafkas.settings(kafka_servers)
    before = declared.plan(settings).pending
    assert {change.deed for change in before} == {"create"}
    assert {change.topic for change in before} == {topic.name for topic in declared.wanted(settings)}
    declared.apply(settings)
    assert declared.plan(settings).changes == ()


def test_partitions_are_added_configurations_mended_and_nothing_is_taken_away(kafka_servers: str) -> None:
    settings = kafkas.settings(kafka_servers)
    declared.apply(settings)
    more = settings.model_copy(update={"kafka_partitions": 3})
    grown = {change.topic for change in declared.apply(more).changes if change.deed == "grow"}
    assert settings.kafka_prefix + TRIPLETS.name in grown
    assert declared.plan(more).changes == ()
    assert {change.deed for change in declared.plan(settings).changes} == {"keep"}
    assert declared.plan(settings).pending == ()


def test_several_may_apply_at_once(kafka_servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = kafkas.settings(kafka_servers)
    declared.apply(settings)
    more = settings.model_copy(update={"kafka_partitions": 3})
    plan = declared._plan

    def overtaken(*given: Any) -> declared.Plan:
        """The plan, carried out by another `apply` before it is by this one."""
        found = plan(*given)
        monkeypatch.setattr(declared, "_plan", plan)
        declared.apply(more)
        return found

    monkeypatch.setattr(declared, "_plan", overtaken)
    assert {change.deed for change in declared.apply(more).changes} == {"grow"}
    assert declared.plan(more).changes == ()


def test_more_copies_than_brokers_are_refused_in_one_line(kafka_servers: str) -> None:
    with pytest.raises(UserError, match=r"not brokers enough for 3 copies; set NHR_KAFKA_REPLICAS"):
        declared.apply(kafkas.settings(kafka_servers, kafka_replicas=3))


def test_a_password_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = Settings(
        kafka="127.0.0.1:9", kafka_security="SASL_SSL", kafka_user="nhr", kafka_password_file=tmp_path / "none"
    )
    with pytest.raises(UserError, match="NHR_KAFKA_PASSWORD_FILE"):
        KafkaBus(settings)
