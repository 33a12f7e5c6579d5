"""S3 as tests want it: settings for a server that some fixture started."""

from typing import Protocol

from infra.settings import Settings


class Server(Protocol):
    """A server and the keys of one who may do everything there."""

    @property
    def endpoint(self) -> str: ...
    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...


def settings(server: Server, bucket: str, **more: object) -> Settings:
    """Settings for a bucket of that server; a test gives up after a minute."""
    given = {
        "s3": server.endpoint, "s3_bucket": bucket, "s3_access_key": server.access_key,
        "s3_secret_key": server.secret_key, "s3_deadline_s": 60.0, "s3_threads": 16, **more,
    }  # fmt: skip
    return Settings.model_validate(given)
