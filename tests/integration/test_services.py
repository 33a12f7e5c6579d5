"""Servers that NHR starts by itself: they come up, keep their data over kills, and never outlive their owner."""

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.services import kafka, kafka_settings, loopback, s3
from infra.services.process import identity
from schemas.errors import UserError
from tests import services
from tests.integration.servers import KafkaClient, s3_client, until


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Cluster]:
    """A broker that these tests may kill; as secure as it gets."""
    services.need_kafka()
    with kafka.running(tmp_path_factory.mktemp("kafka"), secure=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    """An S3 server that these tests may kill."""
    services.need_s3()
    with s3.running(tmp_path_factory.mktemp("s3")) as server:
        yield server


def test_the_shared_broker_answers(kafka_servers: str) -> None:
    described = kafka.described(kafka_servers.split(","))

    assert described is not None
    assert len(described["brokers"]) == 1


def test_asking_somebody_who_does_not_answer_leaves_no_thread_and_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "ANSWER_MS", 200)
    us = psutil.Process()
    with socket.create_server((loopback.HOST, 0)) as silent:
        before = us.num_fds(), us.num_threads()
        for _ in range(3):
            assert kafka.described([f"{loopback.HOST}:{silent.getsockname()[1]}"]) is None
        until(lambda: us.num_fds() <= before[0] and us.num_threads() <= before[1], 5.0)


def test_nobody_else_may_read_where_the_password_stands(broker: kafka.Cluster) -> None:
    assert broker.secrets is not None
    told = [
        path
        for path in broker.nodes[0].folder.parent.rglob("*")
        if path.is_file() and path.suffix in {".json", ".properties"}
    ]
    holding = [path for path in told if broker.secrets.password in path.read_text(errors="replace")]

    assert {path.name for path in holding} == {"kafka.json", "server.properties"}
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}


def test_the_shared_s3_server_answers_in_a_bucket_of_this_test(s3_server: s3.Server, s3_bucket: str) -> None:
    with s3_client(s3_server) as minio:
        assert list(minio.list_objects(bucket_name=s3_bucket)) == []


def test_a_broker_keeps_its_messages_over_a_kill(broker: kafka.Cluster) -> None:
    with KafkaClient(broker.servers) as before:
        before.create("kept")
        before.send("kept", b"one", b"two")
    first = broker.nodes[0].pid

    broker.nodes[0].kill()
    dead = broker.nodes[0].pid
    broker.nodes[0].start()

    assert dead is None
    assert broker.nodes[0].pid not in (None, first)
    with KafkaClient(broker.servers) as after:
        assert after.read("kept", 2) == [b"one", b"two"]


def test_a_broker_makes_no_topic_by_itself(broker: kafka.Cluster) -> None:
    with (
        KafkaClient(broker.servers) as client,
        pytest.raises(Exception, match=r"(?i)unknown topic|not in metadata|timeout"),
    ):
        client.send("nobody-made-this", b"x")


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_secure_broker_lets_its_user_in(broker: kafka.Cluster, mechanism: str) -> None:
    assert broker.secrets is not None

    assert sasl(broker, mechanism, broker.secrets.password)


def test_a_secure_broker_lets_nobody_in_with_another_password(broker: kafka.Cluster) -> None:
    assert not sasl(broker, "SCRAM-SHA-512", "guessed")


def test_a_secure_broker_knows_a_client_by_its_certificate(broker: kafka.Cluster) -> None:
    assert broker.secrets is not None
    secrets = broker.secrets
    options = {"security_protocol": "SSL", "ssl_cafile": str(secrets.ca)}
    certificate = {"ssl_certfile": str(secrets.cert), "ssl_keyfile": str(secrets.key)}

    assert kafka.described([broker.mutual_servers], **options, **certificate)
    assert not kafka.described([broker.mutual_servers], **options)


def test_an_s3_server_keeps_its_objects_over_a_kill(store: s3.Server) -> None:
    with s3_client(store) as minio:
        minio.make_bucket(bucket_name="kept")
        minio.put_object(bucket_name="kept", object_name="key", data=io.BytesIO(b"bytes"), length=5)
    first = store.pid

    store.kill()
    dead = store.pid
    store.start()

    assert dead is None
    assert store.pid not in (None, first)
    with s3_client(store) as minio:
        answer = minio.get_object(bucket_name="kept", object_name="key")
        assert answer.read() == b"bytes"
        answer.close()


def test_an_s3_server_checks_signatures(store: s3.Server) -> None:
    other = s3.planned(store.folder)
    other.secret_key = "guessed"

    assert store.is_healthy()
    assert not other.is_healthy()


def test_servers_listen_on_the_loopback_only(broker: kafka.Cluster, store: s3.Server) -> None:
    pids = (broker.nodes[0].pid, store.pid)
    listening = {place.laddr.ip for pid in pids for place in psutil.Process(pid).net_connections("inet")
                 if place.status == psutil.CONN_LISTEN}  # fmt: skip

    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_two_of_a_kind_run_beside_each_other(broker: kafka.Cluster, store: s3.Server, tmp_path: Path) -> None:
    with kafka.running(tmp_path / "kafka") as other, s3.running(tmp_path / "s3") as other_store:
        assert other.servers != broker.servers
        assert other_store.endpoint != store.endpoint
        with s3_client(other_store) as minio:
            assert not minio.bucket_exists(bucket_name="kept")


def test_other_ports_are_chosen_when_some_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services.need_kafka()
    services.need_s3()
    with socket.create_server((loopback.HOST, 0)) as taken:
        monkeypatch.setattr(kafka_settings, "free_ports", one_taken(taken))
        monkeypatch.setattr(s3, "free_ports", one_taken(taken))
        port = str(taken.getsockname()[1])

        with kafka.running(tmp_path / "kafka") as cluster, s3.running(tmp_path / "s3") as server:
            assert port not in cluster.servers
            assert port not in server.endpoint


def test_servers_end_with_their_owner_even_when_it_is_killed(tmp_path: Path) -> None:
    services.need_kafka()
    services.need_s3()
    command = [sys.executable, "-m", "tests.integration.services_owner", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        alive = [identity(pid) for pid in pids]

        owner.kill()

    assert None not in alive
    assert len(pids) == 2
    until(lambda: not any(identity(pid) for pid in pids))


def test_a_server_ends_with_its_guard(tmp_path: Path) -> None:
    services.need_s3()
    with s3.running(tmp_path) as server:
        assert server.pid is not None
        os.kill(psutil.Process(server.pid).ppid(), signal.SIGKILL)

        until(lambda: server.pid is None)


def test_a_broker_that_does_not_come_up_tells_its_last_words(tmp_path: Path) -> None:
    services.need_kafka()
    with kafka.running(tmp_path) as cluster:
        node = cluster.nodes[0]
        node.stop()
        with (node.folder / kafka_settings.PROPERTIES).open("a") as settings:
            settings.write("node.id=2\n")

        with pytest.raises(UserError, match=r"Kafka node 1 ended: .*node id 1 doesn't match.*; its log is in"):
            node.start()


def test_three_nodes_go_on_without_one(kafka_cluster: kafka.Cluster) -> None:
    with KafkaClient(kafka_cluster.servers) as client:
        client.create("kept", copies=3)
        kafka_cluster.nodes[0].kill()

        client.send("kept", b"one")

        assert client.read("kept", 1) == [b"one"]
    kafka_cluster.start()


def sasl(broker: kafka.Cluster, mechanism: str, password: str) -> bool:
    """Whether the broker's user gets in."""
    assert broker.secrets is not None
    user = {"sasl_plain_username": broker.secrets.user, "sasl_plain_password": password, "sasl_mechanism": mechanism}
    tls = {"security_protocol": "SASL_SSL", "ssl_cafile": str(broker.secrets.ca)}
    return kafka.described([broker.sasl_servers], **user, **tls) is not None


def one_taken(taken: socket.socket) -> Callable[[int], list[int]]:
    """Free ports; the first time, though, the first of them is in use."""
    tries: list[int] = []

    def ports(count: int) -> list[int]:
        found = loopback.free_ports(count)
        tries.append(count)
        return [taken.getsockname()[1], *found[1:]] if len(tries) == 1 else found

    return ports
