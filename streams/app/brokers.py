"""How Faust reaches the brokers, and what it shows them."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import faust
from faust.types.auth import CredentialsT

from schemas.errors import UserError

BUSY_S = 360.0


@dataclass(frozen=True)
class Brokers:
    """How to reach Kafka: `servers` are HOST:PORT, `prefix` goes before every topic and group name.

    `security` and `mechanism` are Kafka's own words; `slot` is this process's lasting name (static membership), if any.
    An agent that is at one batch for `busy_s` seconds ends its process: others get its partitions. `failed` is told of
    each try that failed for want of Kafka.
    """

    servers: tuple[str, ...]
    prefix: str = ""
    security: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    slot: str = ""
    busy_s: float = BUSY_S
    failed: Callable[[], None] = field(default=lambda: None, repr=False)

    def credentials(self) -> CredentialsT | None:
        """What Faust is to show the brokers; None on a plain connection. Raises `UserError` for unusable PEM files."""
        context = self._tls() if self.security.endswith("SSL") else None
        if self.security.startswith("SASL"):
            return faust.SASLCredentials(
                username=self.user, password=self.password, mechanism=self.mechanism, ssl_context=context
            )
        return faust.SSLCredentials(context) if context else None

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.cert:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"the TLS files for Kafka cannot be used ({error})", "give readable PEM files") from None
        return context
