"""Short words for the bus suites."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from infra.bus.kafka_member import KafkaSubscription
from schemas.ports import Bus, Delivery, Lag, Outgoing, Subscription
from schemas.topics import DEAD_LETTERS, TRIPLETS, VERDICTS
from tests import kafkas

ONE, ONE_GROUP = TRIPLETS.name, "collector"
TWO, TWO_GROUPS = VERDICTS.name, ("director", "recorder")
NO_GROUPS = DEAD_LETTERS.name

SOON_S = 10.0
"""How long a test waits for what must come; only a broken store makes it wait so long."""


def say(topic: str, *texts: str, key: str = "k") -> list[Outgoing]:
    return [Outgoing(topic, key, text.encode()) for text in texts]


def texts(deliveries: Iterable[Delivery]) -> list[str]:
    return [delivery.value.decode() for delivery in deliveries]


def drain(member: Subscription, limit: int = 100) -> list[Delivery]:
    """Everything that can be had at once, without acknowledging; for buses on this machine."""
    found: list[Delivery] = []
    while batch := member.poll(limit, 0.0):
        found += batch
    return found


def take(count: int, *members: Subscription, limit: int = 100) -> list[Delivery]:
    """At least `count` messages, by the members in turn, without acknowledging; on any bus."""
    found: list[Delivery] = []
    until_s = time.monotonic() + SOON_S
    while len(found) < count and time.monotonic() < until_s:
        for member in members:
            found += member.poll(limit, 0.05)
    return found


def nothing_comes(member: Subscription) -> bool:
    """Whether there is nothing for this member, once it has arrived."""
    kafkas.joined(member)
    return member.poll(10, 0.0 if exact(member) else 0.5) == []


def exact(member: Subscription) -> bool:
    """Whether it is remembered of each message whether it is done, and not, as Kafka does, how far all are."""
    return not isinstance(member, KafkaSubscription)


def lag(bus: Bus, topic: str, group: str) -> Lag:
    return bus.lag()[topic, group]


def lag_comes_to(bus: Bus, member: Subscription, expected: Lag) -> bool:
    """Whether the lag of ONE_GROUP is as expected: at once, or on Kafka, which cannot tell what is in hand, soon."""
    if exact(member):
        return lag(bus, ONE, ONE_GROUP) == expected
    until_s = time.monotonic() + SOON_S
    while lag(bus, ONE, ONE_GROUP) != Lag(sum(expected), 0) and time.monotonic() < until_s:
        member.keep()
    return lag(bus, ONE, ONE_GROUP) == Lag(sum(expected), 0)


def together(jobs: Sequence[Callable[[], None]]) -> None:
    """Run the jobs in a thread each, started as nearly at once as can be; raises what they raise."""
    start, errors = threading.Barrier(len(jobs)), list[BaseException]()

    def run(job: Callable[[], None]) -> None:
        try:
            start.wait(SOON_S)
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads)
