"""Clients of Apache Kafka: made from the settings, with errors told in one line and outages told once."""

import logging
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import errors as e
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from infra.bus.kafka_insides import LOGIN, made
from infra.settings import PREFIX, Settings
from schemas.errors import UserError

Client = TypeVar("Client")

LARGEST_BYTES = (1 << 20) + (1 << 16)
"""Most bytes of a message: a dead letter of 1 MiB and its headers."""
SESSION_S = 8.0
"""A member not heard of for so long is dead. Brokers refuse less than 6 s; a stalled machine wants more."""
HEARTBEAT_S = 1.0
"""Also how long it takes at most until a member hears that others come or go."""
CONNECT_S = 20.0
PROBE_S = 3.0
HICCUP_S = 2.0
"""An absence shorter than this is not worth a word."""

log = logging.getLogger(__name__)

AWAY = (e.RetriableError, e.UnknownBrokerIdError, e.BrokerNotAvailableError, e.InvalidReceiveError)
"""What passes when brokers come back, elect leaders or tell of them."""
SILENT = (
    e.KafkaConnectionError, e.NodeNotReadyError, e.KafkaTimeoutError, e.CoordinatorNotAvailableError,
    e.BrokerNotAvailableError, e.RequestTimedOutError, e.LeaderNotAvailableError, e.NotEnoughReplicasError,
)  # fmt: skip
"""Which of them mean that nobody answers, or not enough of them."""
TOO_LARGE = (e.MessageSizeTooLargeError, e.RecordListTooLargeError)


def servers(settings: Settings) -> list[str]:
    """The brokers to ask first; raises `UserError` where none are set."""
    found = [server.strip() for server in settings.kafka.split(",") if server.strip()]
    if not found:
        raise UserError(f"{PREFIX}KAFKA is not set", "name the brokers, or start one: nhr services up")
    wrong = next((server for server in found if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}", server)), "")
    if wrong:
        raise UserError(f"{PREFIX}KAFKA: {wrong!r} is no HOST:PORT", "give brokers as HOST:PORT,HOST:PORT")
    return found


def options(settings: Settings) -> dict[str, Any]:
    """What every client is given: where the brokers are, and how they are spoken to."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", f"nhr.{socket.gethostname()}.{settings.slot or os.getpid()}")
    return {
        "bootstrap_servers": servers(settings), "client_id": name, "reconnect_backoff_max_ms": 1000,
        "request_timeout_ms": 20_000, "bootstrap_timeout_ms": int(CONNECT_S * 1000),
        "security_protocol": settings.kafka_security, **_tls(settings), **_sasl(settings),
    }  # fmt: skip


def _tls(settings: Settings) -> dict[str, Any]:
    if not settings.kafka_security.endswith("SSL"):
        return {}
    files = {"kafka_ca": "ssl_cafile", "kafka_cert": "ssl_certfile", "kafka_key": "ssl_keyfile"}
    given = {}
    for name, option in files.items():
        path = getattr(settings, name)
        if path is not None:
            if not os.access(path, os.R_OK):
                raise UserError(f"{PREFIX}{name.upper()}: {path} cannot be read", "give a readable PEM file")
            given[option] = str(path)
    return given


def _sasl(settings: Settings) -> dict[str, Any]:
    if not settings.kafka_security.startswith("SASL"):
        return {}
    if not settings.kafka_user:
        raise UserError(f"{PREFIX}KAFKA_USER is not set", f"{settings.kafka_security} wants a user and a password")
    return {
        "sasl_mechanism": settings.kafka_mechanism, "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.secret("kafka_password"),
    }  # fmt: skip


def admin(settings: Settings) -> KafkaAdminClient:
    """A client that asks about topics and groups."""
    return _made(KafkaAdminClient, settings)


def producer(settings: Settings) -> KafkaProducer:
    """A producer that never gives a message up and writes each once, in order.

    Measured with messages of 2 KiB: gzip halves the CPU time of a message, for its checksum is reckoned in Python.
    """
    return _made(
        KafkaProducer, settings, acks="all", enable_idempotence=True, compression_type="gzip", linger_ms=0,
        batch_size=1 << 16, max_request_size=2 * LARGEST_BYTES, delivery_timeout_ms=2**31 - 1, max_block_ms=10_000,
        allow_auto_create_topics=False, metrics_enabled=False,
    )  # fmt: skip


def reader(settings: Settings) -> KafkaConsumer:
    """A consumer without a group, that looks at what is there."""
    return _made(KafkaConsumer, settings, **_reading(), max_poll_records=1000)


def member(settings: Settings, group: str, instance: str = "") -> KafkaConsumer:
    """A member of the group `group`, its lasting name `instance` ("": none); it is yet to subscribe to a topic."""
    return _made(
        KafkaConsumer, settings, **_reading(), group_id=group, group_instance_id=instance or None,
        partition_assignment_strategy=(CooperativeStickyAssignor,), session_timeout_ms=int(SESSION_S * 1000),
        heartbeat_interval_ms=int(HEARTBEAT_S * 1000), max_poll_interval_ms=int(settings.busy_s * 1000),
    )  # fmt: skip


def _reading() -> dict[str, Any]:
    # What lies in memory is bounded by fetch_max_bytes for each broker. gzip brings a checksum of its own.
    return {
        "enable_auto_commit": False, "auto_offset_reset": "earliest", "allow_auto_create_topics": False,
        "fetch_max_bytes": 8 << 20, "max_partition_fetch_bytes": 1 << 20, "check_crcs": False,
        "metrics_enabled": False,
    }  # fmt: skip


def _made(make: Callable[..., Client], settings: Settings, **more: Any) -> Client:
    _quieten(settings)
    client: Client = made(make, **options(settings), **more)
    return client


def _quieten(settings: Settings) -> None:
    """The library tells each attempt of each client; whoever uses it here says once what matters.

    Never its DEBUG lines: settings and requests stand in them, and so the password.
    """
    logging.getLogger("kafka").setLevel(logging.INFO if settings.log_level == "debug" else logging.CRITICAL + 1)


def published(record: Any) -> float:
    """When a record was, Unix seconds; 0 where it does not say."""
    return max(0.0, record.timestamp / 1000) if record.timestamp else 0.0


def refusal(error: BaseException, settings: Settings, what: str = "") -> UserError | None:
    """What a user can do about the error, in one line; None where it is none of theirs."""
    where = f"Kafka at {settings.kafka}"
    match error:
        case e.TopicAuthorizationFailedError() | e.GroupAuthorizationFailedError() | e.AuthorizationError():
            who = f"user {settings.kafka_user!r}" if settings.kafka_user else "anybody"
            return UserError(f"{where} does not let {who} use {what or _said(error)}", "have its ACLs changed")
        case _ if isinstance(error, LOGIN):
            hint = f"check {PREFIX}KAFKA_SECURITY, _MECHANISM, _USER and _PASSWORD_FILE"
            return UserError(f"{where} refuses the login of user {settings.kafka_user!r} ({_said(error)})", hint)
        case e.FencedInstanceIdError():
            whose = f"slot {settings.slot!r} of {what}" if what else f"slot {settings.slot!r}"
            return UserError(f"another process took {whose}", f"give each process a {PREFIX}SLOT of its own")
        case _ if isinstance(error, TOO_LARGE):
            return UserError(f"{where} refuses a message as too large ({what})", "run `nhr topics apply`")
        case e.UnknownTopicOrPartitionError() | e.InvalidTopicError():
            return missing(settings, what)
        case e.InvalidSessionTimeoutError() | e.InconsistentGroupProtocolError() | e.GroupMaxSizeReachedError():
            return UserError(
                f"{where} refuses a member of {what} ({_said(error)})", "see the broker's group.* settings"
            )
        case e.UnsupportedVersionError() | e.UnrecognizedBrokerVersion():
            return UserError(f"{where} is too old ({_said(error)})", "use Apache Kafka 4")
    return None


def missing(settings: Settings, topic: str) -> UserError:
    """What to say of a topic that is not there."""
    return UserError(f"Kafka at {settings.kafka} has no topic {topic}", "run `nhr topics apply`")


def unanswered(settings: Settings) -> UserError:
    """What to say where no broker answers, with the reason that a plain connection finds."""
    why = "; ".join(sorted({_why(settings, server) for server in servers(settings)}))
    return UserError(f"Kafka at {settings.kafka} does not answer ({why})", f"start it, or correct {PREFIX}KAFKA")


def _why(settings: Settings, server: str) -> str:
    host, _, port = server.rpartition(":")
    try:
        with closing(socket.create_connection((host.strip("[]"), int(port)), PROBE_S)) as plain:
            if settings.kafka_security.endswith("SSL"):
                context = ssl.create_default_context(cafile=_tls(settings).get("ssl_cafile"))
                with context.wrap_socket(plain, server_hostname=host.strip("[]")):
                    pass
    except (OSError, ValueError, OverflowError) as error:
        return f"{server}: {getattr(error, 'strerror', None) or error}"
    if settings.kafka_security.startswith("SASL"):  # brokers may hang up on a wrong password before they say so
        return f"{server}: nothing but a connection; is the login of user {settings.kafka_user!r} right?"
    return f"{server}: nothing but a connection; is {PREFIX}KAFKA_SECURITY={settings.kafka_security} right?"


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class Presence:
    """Says once that Kafka is away, when that lasts, and once that it is back; for all threads of a process.

    `failed` is told each time that something asked of it failed, and will be asked again.
    """

    def __init__(
        self, settings: Settings, monotonic: Callable[[], float] = time.monotonic,
        failed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._where, self._monotonic, self.failed = settings.kafka, monotonic, failed
        self._lock = threading.Lock()
        self._since_s: float | None = None
        self._said = False

    def away(self, why: BaseException | str) -> None:
        """It does not answer just now."""
        self.failed()
        with self._lock:
            now = self._monotonic()
            self._since_s = now if self._since_s is None else self._since_s
            if not self._said and now - self._since_s >= HICCUP_S:
                said = why if isinstance(why, str) else _said(why)
                log.warning("Kafka at %s is away (%s); waiting for it", self._where, said)
                self._said = True

    def back(self) -> None:
        """It answered."""
        if self._since_s is not None:
            with self._lock:
                if self._said:
                    log.warning("Kafka at %s is back", self._where)
                self._since_s, self._said = None, False


def discard(client: Any, **how: Any) -> None:
    """Close a client that may be broken; nobody hears of it."""
    try:
        client.close(**how)
    except Exception:  # noqa: BLE001 - it is thrown away because something failed; its thread and sockets must go
        client.config["kafka_client"].close()
