"""The rates over real Kafka: exact, also when the process that counts is killed."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from infra.ledgers.sqlite import SqliteLedgers
from schemas import codec, topics
from schemas.ports import Outgoing
from streams import rates
from streams.rates import Count, Row
from streams.rules import policy as policies
from tests.chaos.campaign import POLICY, events
from tests.chaos.crew import Feeder, Orders, wait_for

PARTITIONS = 4
PATIENCE_S = 90.0
pytestmark = pytest.mark.timeout(240)


class Counted:
    """Verdicts in Kafka, and what counts them."""

    def __init__(self, servers: str, prefix: str, folder: Path, told: Sequence[Outgoing]) -> None:
        self.orders = Orders("", servers, folder / prefix.rstrip("."), told, partitions=PARTITIONS)
        self.orders.folder.mkdir()
        self.cursors = SqliteLedgers(self.orders.folder / "cursors.sqlite", "cursors")
        wanted: list[tuple[str, dict[str, str]]] = [(self.orders.wire, {})]
        wanted += [(f"{self.orders.prefix}{log.name}", dict(log.config)) for log in map(rates.changelog, rates.WINDOWS)]
        admin = KafkaAdminClient(bootstrap_servers=servers)
        admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=config) for name, config in wanted])
        admin.close()

    def feed(self, told: Sequence[Outgoing]) -> None:
        """Publish these events."""
        orders = self.orders
        Feeder(Orders("", orders.servers, orders.folder, told, partitions=PARTITIONS), all_at_once=True).run()

    @contextmanager
    def counting(self, member: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process that counts; killed in the end."""
        command = [sys.executable, "-m", "tests.integration.rates_process", self.orders.servers, self.orders.prefix]
        command += [str(self.orders.folder / "cursors.sqlite"), member]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def told(self) -> list[dict[Row, Count]]:
        """What the rates are said to be, by window."""
        found = rates.read(self.cursors)
        return [found.window(window.name) for window in rates.WINDOWS]


@pytest.fixture
def count(kafka_servers: str, kafka_prefix: str, tmp_path: Path) -> Iterator[Callable[[Sequence[Outgoing]], Counted]]:
    made: list[Counted] = []

    def make(told: Sequence[Outgoing]) -> Counted:
        made.append(Counted(kafka_servers, kafka_prefix, tmp_path, told))
        return made[-1]

    yield make
    for one in made:
        one.cursors.close()


def directly(told: Sequence[Outgoing]) -> list[dict[Row, Count]]:
    """The counts of these events in every window: all of them came just now."""
    paper = policies.read(POLICY)
    pane = rates.Pane()
    for offset, event in enumerate(told):
        seen = rates.seen(codec.decode(topics.VERDICTS, event.value), {paper.policy_id: paper}.get)
        if seen is not None:
            pane.counts = rates.add([pane.counts, seen.counts()])
        pane.upto = offset
    return [pane.counts for _ in rates.WINDOWS]


def test_rates_equal_a_direct_count(count: Callable[[Sequence[Outgoing]], Counted]) -> None:
    told = events(1, 1500)
    counted = count(told)
    counted.feed(told)
    wanted = directly(told)
    with counted.counting("one"):
        assert wait_for(lambda: counted.told() == wanted, PATIENCE_S), counted.told()


def test_after_kills_the_rates_are_rebuilt_and_nothing_counts_twice_or_never(
    count: Callable[[Sequence[Outgoing]], Counted],
) -> None:
    told = events(2, 2400)
    counted = count(told)
    for part in range(3):
        counted.feed(told[part * 800 : (part + 1) * 800])
        with counted.counting(f"life {part}"):  # killed as soon as it has told anything new
            before = counted.told()
            assert wait_for(lambda before=before: counted.told() != before, PATIENCE_S)  # type: ignore[misc]
    wanted = directly(told)
    with counted.counting("last life"):
        assert wait_for(lambda: counted.told() == wanted, PATIENCE_S), counted.told()


def test_two_members_tell_one_document(count: Callable[[Sequence[Outgoing]], Counted]) -> None:
    told = events(3, 1500)
    counted = count(told)
    counted.feed(told)
    wanted = directly(told)

    def both() -> bool:
        parts = rates.read(counted.cursors).parts
        return counted.told() == wanted and sorted(parts) == ["one", "two"]

    with counted.counting("one"), counted.counting("two"):
        assert wait_for(both, PATIENCE_S), (counted.told(), rates.read(counted.cursors).parts.keys())
