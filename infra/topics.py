"""What Kafka topics there should be, what differs, and how that is mended; nothing is ever deleted."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kafka import KafkaAdminClient
from kafka import errors as e
from kafka.admin import ConfigResource, ConfigResourceType

from infra.bus import kafka_clients as clients
from infra.settings import PREFIX, Settings
from schemas import topics
from schemas.errors import UserError
from streams import rates

HOUR_MS = 60 * 60 * 1000
KEPT_DAYS = 30
"""How long work waits for a worker; everything else outlives it (design, section 8)."""
FOREVER = "-1"
SEEN_S = 10.0
"""How long brokers take at most to hear of new partitions."""
OFFSETS_RETENTION = "offsets.retention.minutes"


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be on the brokers."""

    name: str
    partitions: int
    replicas: int
    config: Mapping[str, str]


class Change(NamedTuple):
    """What differs: a topic, which of its properties, what it is and what it would be.

    `create`, `grow` and `set` are done by `apply`; `keep` is a difference that it leaves alone.
    """

    deed: Literal["create", "grow", "set", "keep"]
    topic: str
    what: str
    is_: str
    would_be: str


@dataclass(frozen=True)
class Plan:
    """All that differs, and what people should know besides."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]

    @property
    def pending(self) -> tuple[Change, ...]:
        """What `apply` would do."""
        return tuple(change for change in self.changes if change.deed != "keep")


def wanted(settings: Settings) -> tuple[Wanted, ...]:
    """Every topic that the settings ask for."""
    copies = settings.kafka_replicas
    safe = {"min.insync.replicas": str(copies - 1)} if copies > 2 else {}  # one copy may be away, one may not be alone
    found = []
    for topic in topics.ALL:
        config = {"retention.ms": _retention(topic), "message.timestamp.type": "LogAppendTime", **safe}
        if topic is topics.DEAD_LETTERS:
            config["max.message.bytes"] = str(clients.LARGEST_BYTES)
        found.append(_wanted(settings, topic.name, topic.partitions, config))
    for window in rates.WINDOWS:
        log = rates.changelog(window)
        found.append(_wanted(settings, log.name, topics.VERDICTS.partitions, {**log.config, **safe}))
    return tuple(found)


def _wanted(settings: Settings, name: str, partitions: int, config: Mapping[str, str]) -> Wanted:
    most = min(partitions, settings.kafka_partitions)
    return Wanted(settings.kafka_prefix + name, most, settings.kafka_replicas, config)


def _retention(topic: topics.Topic) -> str:
    return FOREVER if topic in {topics.PROMPTS, topics.DEAD_LETTERS} else str(KEPT_DAYS * 24 * HOUR_MS)


def kept_s(topic: topics.Topic) -> float:
    """For how many seconds a topic is to keep its messages; infinity: for ever."""
    kept = _retention(topic)
    return math.inf if kept == FOREVER else int(kept) / 1000


def plan(settings: Settings) -> Plan:
    """What differs from what the settings ask for; raises `UserError` where Kafka is away or refuses."""
    with _admin(settings) as admin:
        return _plan(admin, settings, lambda _: True)


def apply(settings: Settings, only: Callable[[str], bool] = lambda _: True) -> Plan:
    """Create topics, add partitions, set configurations; gives what was done, and what it leaves alone.

    `only` says of which topics, by their names on the brokers.
    """
    with _admin(settings) as admin:
        found = _plan(admin, settings, only)
        asked = {topic.name: topic for topic in wanted(settings)}
        for deed, do in (("create", _create), ("grow", _grow), ("set", _set)):
            names = dict.fromkeys(change.topic for change in found.changes if change.deed == deed)
            if names:
                do(admin, [asked[name] for name in names], settings)
        return found


@contextmanager
def _admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    try:
        admin = clients.admin(settings)
    except e.KafkaError as error:
        raise clients.refusal(error, settings, "the cluster") or clients.unanswered(settings) from None
    try:
        yield admin
    except e.KafkaError as error:
        raise _told(error, settings, "topics") from error
    finally:
        clients.discard(admin)


def _told(error: e.KafkaError, settings: Settings, what: str) -> Exception:
    if isinstance(error, e.InvalidReplicationFactorError):
        hint = f"set {PREFIX}KAFKA_REPLICAS to at most the number of brokers"
        return UserError(f"Kafka at {settings.kafka} has not brokers enough for {settings.kafka_replicas} copies", hint)
    if isinstance(error, e.PolicyViolationError | e.InvalidConfigurationError | e.InvalidPartitionsError):
        return UserError(f"Kafka at {settings.kafka} refuses {what} ({error})", "have its policy changed")
    told = clients.refusal(error, settings, what)
    return told or (clients.unanswered(settings) if isinstance(error, clients.AWAY) else error)


# --- what differs -----------------------------------------------------------------------------------------------------


def _plan(admin: KafkaAdminClient, settings: Settings, only: Callable[[str], bool]) -> Plan:
    asked = [topic for topic in wanted(settings) if only(topic.name)]
    names = [topic.name for topic in asked]
    said = {one["name"]: one for one in admin.describe_topics(names)}
    there = [topic for topic in asked if not said[topic.name]["error_code"]]
    denied = next((one for one in said.values() if one["error_code"] not in {0, _UNKNOWN}), None)
    if denied is not None:
        raise e.for_code(denied["error_code"])(denied["name"])
    configs = _configs(admin, [topic.name for topic in there])
    changes: list[Change] = []
    for topic in asked:
        if topic not in there:
            would_be = f"{topic.partitions} partitions, {topic.replicas} copies, kept {_kept(topic)}"
            changes.append(Change("create", topic.name, "topic", "", would_be))
        else:
            changes += _differences(topic, said[topic.name], configs[topic.name])
    return Plan(tuple(changes), tuple(_warnings(admin, changes)))


def _kept(topic: Wanted) -> str:
    kept = topic.config["retention.ms"]
    if kept == FOREVER:
        return "for ever"
    hours = int(kept) / HOUR_MS
    return f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.1f} hours"


_UNKNOWN = e.UnknownTopicOrPartitionError.errno


def _differences(topic: Wanted, said: Mapping[str, Any], config: Mapping[str, str]) -> Iterator[Change]:
    partitions = said["partitions"]
    copies = min(len(one["replica_nodes"]) for one in partitions)
    if len(partitions) != topic.partitions:
        deed: Literal["grow", "keep"] = "grow" if len(partitions) < topic.partitions else "keep"
        yield Change(deed, topic.name, "partitions", str(len(partitions)), str(topic.partitions))
    if copies != topic.replicas:
        yield Change("keep", topic.name, "copies", str(copies), str(topic.replicas))
    for name, value in sorted(topic.config.items()):
        if config.get(name) != value:
            yield Change("set", topic.name, name, config.get(name, ""), value)


def _configs(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings in force of each topic, defaults too."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    said = admin.describe_configs(resources, config_filter="all")["topic"]
    return {name: {option: str(one["value"]) for option, one in said[name].items()} for name in names}


def _warnings(admin: KafkaAdminClient, changes: Sequence[Change]) -> Iterator[str]:
    if any(change.deed == "grow" for change in changes):
        yield (
            "more partitions put keys in other places: messages that wait may be overtaken by later ones about the "
            "same source, which does no harm; workers hear of new partitions within five minutes"
        )
    if any(change.deed == "keep" for change in changes):
        yield "Kafka takes no partitions away; copies are moved with kafka-reassign-partitions.sh"
    minutes = _offsets_minutes(admin)
    if minutes is not None and minutes < KEPT_DAYS * 24 * 60:
        yield (
            f"brokers forget where an idle group was after {minutes / (24 * 60):.0f} days, and messages are kept for "
            f"{KEPT_DAYS}: work might be done again; set {OFFSETS_RETENTION}={KEPT_DAYS * 24 * 60} on the brokers"
        )


def _offsets_minutes(admin: KafkaAdminClient) -> int | None:
    """How long the brokers remember what an empty group committed; None where we may not know."""
    with suppress(e.AuthorizationError, KeyError, ValueError, IndexError):
        name = str(admin.describe_cluster()["brokers"][0]["broker_id"])
        said = admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, name)], config_filter="all")
        return int(said["broker"][name][OFFSETS_RETENTION]["value"])
    return None


# --- what is done -----------------------------------------------------------------------------------------------------


def _create(admin: KafkaAdminClient, meant: Sequence[Wanted], settings: Settings) -> None:
    asked = {
        one.name: {
            "num_partitions": one.partitions, "replication_factor": one.replicas, "configs": dict(one.config),
        }
        for one in meant
    }  # fmt: skip
    for one in admin.create_topics(asked, raise_errors=False)["topics"]:
        if one["error_code"] not in {0, e.TopicAlreadyExistsError.errno}:  # another `apply` may have been faster
            error = e.for_code(one["error_code"])(one.get("error_message"))
            raise _told(error, settings, one["name"])
    admin.wait_for_topics(list(asked))


def _grow(admin: KafkaAdminClient, meant: Sequence[Wanted], settings: Settings) -> None:
    said = admin.create_partitions({one.name: one.partitions for one in meant}, raise_errors=False)
    for one in said.results:
        if one.error_code not in {0, e.InvalidPartitionsError.errno}:  # another `apply` may have been faster
            raise _told(e.for_code(one.error_code)(one.error_message), settings, one.name)
    until = time.monotonic() + SEEN_S
    while any(len(_said(admin, one)["partitions"]) < one.partitions for one in meant) and time.monotonic() < until:
        time.sleep(0.1)
    admin.wait_for_topics([one.name for one in meant])


def _said(admin: KafkaAdminClient, topic: Wanted) -> Any:
    return admin.describe_topics([topic.name])[0]


def _set(admin: KafkaAdminClient, meant: Sequence[Wanted], settings: Settings) -> None:
    del settings
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, one.name, dict(one.config)) for one in meant])
