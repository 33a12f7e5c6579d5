"""The servers of a storm, with a topic prefix and a bucket of its own."""

import pytest

from infra.services import s3
from tests import services


@pytest.fixture
def cluster_settings(
    kafka_servers: str, s3_server: s3.Server, kafka_prefix: str, request: pytest.FixtureRequest
) -> dict[str, str]:
    return {
        "NHR_KAFKA": kafka_servers, "NHR_KAFKA_PREFIX": kafka_prefix, "NHR_S3": s3_server.endpoint,
        "NHR_S3_ACCESS_KEY": s3_server.access_key, "NHR_S3_SECRET_KEY": s3_server.secret_key,
        "NHR_S3_BUCKET": services.name_of(request.node.nodeid),
    }  # fmt: skip
