"""S3: signed requests with conditions, tried again until a deadline, many at once."""

from infra.s3.client import Client

__all__ = ["Client"]
