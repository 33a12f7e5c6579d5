"""`nhr stream packer` over real Kafka and S3: killed on the way, it loses nothing and packs nothing twice."""

import os
import signal
from pathlib import Path

import pytest

from infra.blobs.s3 import S3Blobs
from infra.bus.kafka import KafkaBus
from infra.cluster.up import COMMAND
from infra.s3 import Client
from infra.services import s3
from schemas import codec, topics
from streams.dataset import manifests
from tests import kafkas, s3s, services
from tests.integration.running import ended, started, until
from tests.unit.packing.shelves import LARGE, check, name, packed, put

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
FIRST, ALL = range(12), range(24)


def test_a_killed_packer_loses_nothing_and_packs_nothing_twice(
    kafka_servers: str, s3_server: s3.Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    bucket = services.make_bucket(s3_server, services.name_of(request.node.nodeid))
    settings = kafkas.settings(kafka_servers)
    kafkas.make(settings, topics.ALL)
    given = {
        "NHR_KAFKA": kafka_servers, "NHR_KAFKA_PREFIX": settings.kafka_prefix, "NHR_KAFKA_PARTITIONS": "2",
        "NHR_S3": s3_server.endpoint, "NHR_S3_BUCKET": bucket, "NHR_S3_ACCESS_KEY": s3_server.access_key,
        "NHR_S3_SECRET_KEY": s3_server.secret_key, "NHR_PACK_S": "0.5", "NHR_STATE": str(tmp_path),
    }  # fmt: skip
    client, bus = Client(s3s.settings(s3_server, bucket)), KafkaBus(settings)
    try:
        blobs = S3Blobs(client)
        put(blobs, FIRST)
        bus.publish([codec.outgoing(LARGE.triplet(number)) for number in FIRST])
        with started("stream", "packer", command=COMMAND, **given) as process:
            assert until(lambda: any(blobs.list("packed/intents/")), process)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        put(blobs, ALL)
        bus.publish([codec.outgoing(LARGE.triplet(number)) for number in ALL[len(FIRST) :]])
        with started("stream", "packer", command=COMMAND, **given) as process:
            assert until(lambda: manifests.read(blobs).rows >= len(ALL), process)
            process.terminate()
            assert ended(process).status == 0
        assert packed(blobs) == sorted(map(name, ALL))
        check(blobs)
        assert (topics.TRIPLETS.name, "packer") not in bus.lag()
    finally:
        bus.close()
        client.close()
