"""Short words for the bus suites."""

import threading
from collections.abc import Callable, Iterable, Sequence

from schemas.ports import Bus, Delivery, Lag, Outgoing, Subscription
from schemas.topics import DEAD_LETTERS, TRIPLETS, VERDICTS

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
    """Everything that can be had at once, without acknowledging."""
    found: list[Delivery] = []
    while batch := member.poll(limit, 0.0):
        found += batch
    return found


def lag(bus: Bus, topic: str, group: str) -> Lag:
    return bus.lag()[topic, group]


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
