"""Plain clients of Kafka and S3, which know nothing of NHR: to see what the servers hold."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import TracebackType

import urllib3
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.structs import TopicPartition
from minio import Minio

from infra.services import s3

PATIENCE_S = 30.0
LOOK_EVERY_S = 0.01


def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until `holds`; fails when that takes too long."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(LOOK_EVERY_S)


@contextmanager
def s3_client(server: s3.Server) -> Iterator[Minio]:
    """A client of an S3 server."""
    http = urllib3.PoolManager(retries=False, timeout=PATIENCE_S)
    yield Minio(
        endpoint=server.endpoint.removeprefix("http://"), access_key=server.access_key, secret_key=server.secret_key,
        secure=False, region="us-east-1", http_client=http,
    )  # fmt: skip
    http.clear()


class KafkaClient:
    """A client of a Kafka cluster, for topics of one partition."""

    def __init__(self, servers: str) -> None:
        self._servers = servers.split(",")
        self._producer = KafkaProducer(bootstrap_servers=self._servers, max_block_ms=int(PATIENCE_S * 1000))

    def __enter__(self) -> "KafkaClient":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._producer.close()

    def create(self, topic: str, copies: int = 1) -> None:
        """Create a topic and wait until it has a leader."""
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": copies}}, wait_for_metadata=True)
        admin.close()

    def send(self, topic: str, *messages: bytes) -> None:
        """Send messages; returns when the broker has them."""
        for sent in [self._producer.send(topic, message) for message in messages]:
            sent.get(timeout=PATIENCE_S)

    def read(self, topic: str, count: int) -> list[bytes]:
        """The first `count` messages of the topic, or fewer when they do not come."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers, auto_offset_reset="earliest", consumer_timeout_ms=PATIENCE_S * 1000
        )
        consumer.assign([TopicPartition(topic, 0)])
        found = [message.value for message in islice(consumer, count)]
        consumer.close()
        return found
