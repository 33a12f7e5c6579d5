"""Certificates and users for a broker on which security settings can be tried for real."""

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.services.loopback import HOST
from schemas.errors import UserError

USER = "nhr"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
DAYS = "3650"


@dataclass(frozen=True)
class Secrets:
    """A user with a password, the authority of the broker's certificate, and a client's own certificate (all PEM)."""

    user: str
    password: str
    ca: Path
    cert: Path
    key: Path

    @classmethod
    def read(cls, raw: Mapping[str, str]) -> "Secrets":
        """The ones noted as JSON."""
        return cls(raw["user"], raw["password"], Path(raw["ca"]), Path(raw["cert"]), Path(raw["key"]))


def make(folder: Path) -> Secrets:
    """New certificates in `folder`, and a random password; raises `UserError` when openssl is missing or fails."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    broker_key, broker = _certificate(folder, "broker")
    key, cert = _certificate(folder, "client")
    keystore = folder / "keystore.pem"
    keystore.touch(mode=0o600)
    keystore.write_text(broker_key.read_text(encoding="ascii") + broker.read_text(encoding="ascii"), encoding="ascii")
    return Secrets(USER, secrets.token_hex(16), broker, cert, key)


def properties(made: Secrets | None) -> Mapping[str, object]:
    """What a broker is told to listen with TLS, to log users in by any mechanism, and whose certificates to trust."""
    if made is None:
        return {}
    login = "org.apache.kafka.common.security"
    plain = f'{login}.plain.PlainLoginModule required user_{made.user}="{made.password}";'
    return {
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        "listener.name.sasl.plain.sasl.jaas.config": plain,
        "listener.name.sasl.scram-sha-256.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
        "listener.name.mutual.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": made.ca.with_name("keystore.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": made.cert,
    }


def scram_options(made: Secrets | None) -> list[str]:
    """What StorageTool is told to know the user from the first start."""
    if made is None:
        return []
    scram = (name for name in MECHANISMS if name.startswith("SCRAM"))
    pairs = (("--add-scram", f"{name}=[name={made.user},password={made.password}]") for name in scram)
    return [word for pair in pairs for word in pair]


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate signed by itself, good for this machine's loopback address."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise UserError("openssl is not installed, it makes the certificates", "install openssl")
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
    command = [
        openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-subj", f"/CN={name}",
        "-addext", f"subjectAltName=IP:{HOST},DNS:localhost", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"openssl cannot make a certificate: {done.stderr}", "look at its version (1.1.1 or newer)")
    return key, certificate
