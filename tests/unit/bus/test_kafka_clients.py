"""What clients of Kafka are told, and what people are told of their errors."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from kafka import errors as e

from infra.bus import kafka_clients as clients
from infra.settings import Settings
from schemas.errors import UserError

PLAIN = Settings(kafka="a:1, b:2,")


def test_brokers_may_be_many() -> None:
    assert clients.options(PLAIN)["bootstrap_servers"] == ["a:1", "b:2"]


@pytest.mark.parametrize("wrong", ["", "host", "host:", "http://host:1", "host:1;host:2"])
def test_what_is_no_address_is_told(wrong: str) -> None:
    with pytest.raises(UserError, match="NHR_KAFKA"):
        clients.options(Settings(kafka=wrong))


def test_without_security_no_secret_is_asked_for() -> None:
    assert not any(name.startswith(("sasl", "ssl")) for name in clients.options(PLAIN))


def test_a_login_needs_a_user() -> None:
    with pytest.raises(UserError, match="NHR_KAFKA_USER is not set"):
        clients.options(PLAIN.model_copy(update={"kafka_security": "SASL_SSL"}))


def test_security_reaches_the_client(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key", "password"):
        (tmp_path / name).write_text(f"{name}\n")
    given = clients.options(
        Settings(
            kafka="a:1", kafka_security="SASL_SSL", kafka_mechanism="PLAIN", kafka_user="nhr",
            kafka_password_file=tmp_path / "password", kafka_ca=tmp_path / "ca", kafka_cert=tmp_path / "cert",
            kafka_key=tmp_path / "key",
        )
    )  # fmt: skip
    assert {name: value for name, value in given.items() if name.startswith(("sasl", "ssl", "security"))} == {
        "security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_plain_username": "nhr",
        "sasl_plain_password": "password", "ssl_cafile": str(tmp_path / "ca"), "ssl_certfile": str(tmp_path / "cert"),
        "ssl_keyfile": str(tmp_path / "key"),
    }  # fmt: skip


def test_a_certificate_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"NHR_KAFKA_CA: .*none cannot be read"):
        clients.options(Settings(kafka="a:1", kafka_security="SSL", kafka_ca=tmp_path / "none"))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (e.UnknownTopicOrPartitionError(), "no topic x; run `nhr topics apply`"),
        (e.TopicAuthorizationFailedError("x"), "does not let anybody use x"),
        (e.GroupAuthorizationFailedError("x"), "does not let anybody use x"),
        (e.SaslAuthenticationFailedError("no"), "refuses the login"),
        (e.FencedInstanceIdError(), "another process took slot"),
        (e.MessageSizeTooLargeError(), "too large"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error: e.KafkaError, says: str) -> None:
    told = clients.refusal(error, PLAIN, "x")
    assert told is not None
    assert says in str(told)


@pytest.mark.parametrize(
    "error", [e.KafkaConnectionError(), e.NotLeaderForPartitionError(), e.NodeNotReadyError("1"), e.KafkaTimeoutError()]
)
def test_what_passes_by_itself_is_waited_out(error: e.KafkaError) -> None:
    assert clients.refusal(error, PLAIN) is None
    assert isinstance(error, clients.AWAY)


def test_an_absence_is_told_once_when_it_lasts_and_once_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    presence = clients.Presence(PLAIN, lambda: now[0])
    with caplog.at_level(logging.WARNING):
        presence.away("refused")
        presence.back()
        assert not caplog.messages
        for now[0] in (1.0, 2.0, 4.0, 8.0):
            presence.away("refused")
        presence.back()
        presence.back()
    assert [message.split(" is ")[1] for message in caplog.messages] == ["away (refused); waiting for it", "back"]


def test_each_failure_is_told_to_whoever_counts() -> None:
    failed: list[int] = []
    presence = clients.Presence(PLAIN, failed=lambda: failed.append(1))
    presence.away("refused")
    presence.failed()
    presence.back()
    assert len(failed) == 2


@pytest.mark.parametrize(("timestamp", "at"), [(1_700_000_000_250, 1_700_000_000.25), (-1, 0.0), (0, 0.0), (None, 0.0)])
def test_when_a_record_was_published_is_told_in_seconds(timestamp: int | None, at: float) -> None:
    assert clients.published(SimpleNamespace(timestamp=timestamp)) == at
