"""Servers that NHR starts by itself: they come up, keep their data over kills, and never outlive their owner."""

from infra.services import kafka, s3


def test_a_shared_broker_answers(kafka_servers: str) -> None:
    described = kafka.described(kafka_servers.split(","))

    assert described is not None
    assert len(described["brokers"]) == 1


def test_a_shared_s3_server_checks_signatures(s3_server: s3.Server, s3_bucket: str) -> None:
    assert s3_server.is_healthy()

    s3_server.secret_key = "wrong"

    assert not s3_server.is_healthy()
