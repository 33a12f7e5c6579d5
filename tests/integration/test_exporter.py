"""The exporter over a real Kafka and a real S3: what it tells is what stands there, to the last message."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import topics as declared
from infra.cluster import role
from infra.cluster.role import Equipment
from infra.cluster.status import Observer
from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.control import Control
from infra.runtime.inhand import InHand
from infra.runtime.spending import Till
from infra.services import s3
from infra.settings import Settings
from infra.telemetry.health import Health
from infra.wiring import Cluster, cluster
from schemas import topics
from schemas.ports import Change, Outgoing
from tests import kafkas, s3s
from tests.contract.buses import take
from tests.unit.telemetry.reading import told

pytestmark = pytest.mark.timeout(120)
PARTITIONS = 4
EVERY_S = 0.2
EDITS = topics.EDIT_JOBS.name


@pytest.fixture
def settings(kafka_servers: str, s3_server: s3.Server, s3_bucket: str, tmp_path: Path) -> Settings:
    found = kafkas.settings(
        kafka_servers, PARTITIONS, export_s=EVERY_S, state=tmp_path, **s3s.settings(s3_server, s3_bucket).model_dump(
            exclude_unset=True
        )
    )  # fmt: skip
    declared.apply(found)
    return found


@pytest.fixture
def stores(settings: Settings) -> Iterator[Cluster]:
    with cluster(settings) as found:
        yield found


@pytest.fixture
def meters(settings: Settings, stores: Cluster, tmp_path: Path) -> Iterator[Metrics]:
    """What an exporter at work tells."""
    found, clock, stop = Metrics(), SystemClock(), threading.Event()
    in_hand, control, till = InHand(stores.cursors), Control(stores.cursors), Till(stores.cursors, clock)
    job = role.exporter()(
        Equipment(tmp_path, stores, settings, found, clock, in_hand, control, till, stop, Health(clock, stop))
    )
    thread = threading.Thread(target=job.run)
    thread.start()
    yield found
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert job.trouble() == ""


def of_editor(meters: Metrics) -> list[float | None]:
    names = ("nhr_lag_messages", "nhr_done_messages", "nhr_group_members")
    found = told(meters, *names)
    return [found.get(f'{name}{{group="editor"}}') for name in names]


def publish(stores: Cluster, count: int) -> None:
    stores.bus.publish([Outgoing(EDITS, f"key {number}", b"job") for number in range(count)])


def test_lag_is_exact_and_nhr_status_tells_the_same(stores: Cluster, settings: Settings, meters: Metrics) -> None:
    publish(stores, 30)
    began = time.time()
    kafkas.until(lambda: of_editor(meters) == [30, 0, 0])
    member = stores.bus.subscribe(EDITS, "editor")
    member.ack(take(30, member, limit=7)[:12])
    publish(stores, 5)
    kafkas.until(lambda: (of_editor(meters)[0] or 0) + (of_editor(meters)[1] or 0) == 35 and of_editor(meters)[2] == 1)
    member.close()  # what it committed stands
    kafkas.until(lambda: of_editor(meters)[2] == 0)

    seen = {one.group: one for one in Observer(stores, "here").look().groups}["editor"]
    assert [seen.waiting, 35 - seen.waiting, seen.members] == of_editor(meters)
    assert 35 > seen.waiting >= 35 - 12
    found, wire, group = told(meters, "nhr_", "kafka_"), settings.kafka_prefix + EDITS, f"{settings.kafka_prefix}editor"
    assert abs(found['nhr_lag_seconds{group="editor"}'] - seen.oldest_s) < 5
    assert 0 < found['nhr_lag_seconds{group="editor"}'] < time.time() - began + 5
    assert found['nhr_retention_seconds{group="editor"}'] == 30 * 86_400
    ends = stores.bus.offsets().ends[EDITS]
    committed = stores.bus.offsets().committed[EDITS, "editor"]
    for number in range(PARTITIONS):
        place = f'topic="{wire}",partition="{number}"'
        assert found[f"kafka_topic_partition_current_offset{{{place}}}"] == ends[number]
        assert found[f"kafka_topic_partition_oldest_offset{{{place}}}"] == 0
        assert (
            found.get(f'kafka_consumergroup_current_offset{{consumergroup="{group}",{place}}}', 0) == committed[number]
        )
    sums = [found[f'kafka_consumergroup_{name}_sum{{consumergroup="{group}",topic="{wire}"}}'] for name in _SUMMED]
    assert sums == [seen.waiting, 35 - seen.waiting]
    assert found["kafka_brokers"] == 1
    assert found[f'kafka_topic_partitions{{topic="{wire}"}}'] == PARTITIONS


_SUMMED = ("lag", "current_offset")


def test_ledgers_are_counted_and_what_goes_is_told_no_more(stores: Cluster, meters: Metrics) -> None:
    stores.ledgers.save([Change(name, b"", 0) for name in ("one", "two")])
    kafkas.until(lambda: told(meters, "nhr_ledgers_open") == {"nhr_ledgers_open": 2})
    assert 0 <= told(meters, "nhr_ledger_oldest")["nhr_ledger_oldest_seconds"] < 60
    stores.ledgers.save([Change(name, b"", 1, closed=True) for name in ("one", "two")])
    kafkas.until(lambda: told(meters, "nhr_ledger") == {"nhr_ledgers_open": 0, "nhr_ledger_oldest_seconds": 0})
