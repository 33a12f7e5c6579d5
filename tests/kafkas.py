"""Kafka as tests want it: names of their own on shared brokers, few partitions, members that have arrived."""

import time
import uuid
from collections.abc import Callable, Sequence

from infra import topics as declared
from infra.bus.kafka_member import KafkaSubscription
from infra.settings import Settings
from schemas.ports import Subscription
from schemas.topics import Topic

SOON_S = 30.0
"""How long a test waits for what must come; only a broken bus makes it wait so long."""


def settings(servers: str, partitions: int = 2, **more: object) -> Settings:
    """Settings with names that no other test has."""
    given = {"kafka": servers, "kafka_prefix": f"t{uuid.uuid4().hex[:12]}.", "kafka_partitions": partitions, **more}
    return Settings.model_validate(given)


def make(given: Settings, topics: Sequence[Topic]) -> None:
    """Create the topics and wait until every broker knows them."""
    names = {given.kafka_prefix + topic.name for topic in topics}
    declared.apply(given, names.__contains__)


def until(what: Callable[[], bool], within_s: float = SOON_S) -> None:
    """Wait until it is so; fails when that takes too long."""
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"


def joined(*members: Subscription) -> None:
    """Wait until the members of one group, all that there are, have partitions, each their own; takes no messages."""
    ours = [member for member in members if isinstance(member, KafkaSubscription)]

    def settled() -> bool:
        for member in ours:
            member.poll(0, 0.0)
            member.keep()
        parts = [member.partitions for member in ours]
        return all(parts) and sum(map(len, parts)) == len(frozenset().union(*parts))

    until(settled)
