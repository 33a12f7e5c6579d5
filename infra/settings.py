"""The one reader of the environment: every setting is a field here, read from NHR_<NAME>."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from schemas.errors import UserError

PREFIX = "NHR_"


class Settings(BaseModel):
    """What may be set from outside, with the defaults of one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: Annotated[Path, Field(description="folder of the data, when --out is not given")] = Path("nhr-data")
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="what is written to nhr.log in that folder")
    ] = "info"
    lease_s: Annotated[
        float, Field(ge=1, le=3600, description="seconds before a silent worker's jobs go to others")
    ] = 30.0
    cache_mb: Annotated[int, Field(ge=0, le=65536, description="MiB of decoded pictures kept in memory")] = 128
    min_free_gb: Annotated[
        float, Field(ge=0, description="free disk, in GB, below which `nhr mine` takes nothing new in")
    ] = 1.0
    metrics: Annotated[
        str,
        Field(
            pattern=r"^((\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]*):\d{1,5})?$",
            description="HOST:PORT where a process tells metrics and health by HTTP, port 0: any free; empty: nowhere",
        ),
    ] = ""
    blocklist: Annotated[
        Path | None,
        Field(description="file of words, pictures, authors and sources that must not come in (infra/blocklist.py)"),
    ] = None
    pack_mb: Annotated[
        int, Field(ge=1, le=4000, description="MB of pictures in a shard of the packed data set, about")
    ] = 500
    fsync: Annotated[bool, Field(description="wait until each file is on the disk; false risks a power cut")] = True

    # --- services that plug-ins ask ---------------------------------------------------------------------------------
    spend_usd_a_day: Annotated[
        float,
        Field(
            ge=0, description="US dollars a day (UTC), of all processes, from which plug-ins that bill rest; 0: none"
        ),
    ] = 0.0
    gemini_key: Annotated[SecretStr, Field(description="API key of Gemini; better gemini_key_file")] = SecretStr("")
    gemini_key_file: Annotated[Path | None, Field(description="file that holds the API key of Gemini")] = None
    gemini_account: Annotated[
        SecretStr, Field(description="key of the service account for an enterprise's Gemini, JSON; better the file")
    ] = SecretStr("")
    gemini_account_file: Annotated[
        Path | None, Field(description="file that holds the service account's key, as Google Cloud made it")
    ] = None
    openai_key: Annotated[
        SecretStr, Field(description="API key of OpenAI, or of a server that speaks like it; better openai_key_file")
    ] = SecretStr("")
    openai_key_file: Annotated[Path | None, Field(description="file that holds the API key of OpenAI")] = None

    # --- cluster: Apache Kafka and S3 -------------------------------------------------------------------------------
    slot: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9._-]{0,64}$",
            description="this worker's lasting name: makes restarts cheap; one process each",
        ),
    ] = ""
    record_s: Annotated[
        float, Field(ge=0.1, le=3600, description="seconds of verdicts that a recorder gathers into one segment")
    ] = 30.0
    sweep_s: Annotated[
        float, Field(ge=0.1, le=86400, description="seconds between two looks of a sweeper for what was lost")
    ] = 120.0
    pack_s: Annotated[
        float, Field(ge=0.1, le=86400, description="seconds for which a packer waits for a shard to be full")
    ] = 3600.0
    export_s: Annotated[
        float, Field(ge=0.1, le=3600, description="seconds between two looks of the exporter at the whole pipeline")
    ] = 15.0
    state: Annotated[Path, Field(description="folder of a cluster process's own notes, kept over restarts")] = Path(
        "nhr-state"
    )
    kafka: Annotated[str, Field(description="Kafka brokers, HOST:PORT, comma-separated; empty: no cluster")] = ""
    kafka_prefix: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$", description="before the name of every topic and group")
    ] = ""
    kafka_replicas: Annotated[int, Field(ge=1, le=9, description="copies of each topic that `nhr topics` asks for")] = 1
    kafka_partitions: Annotated[
        int, Field(ge=1, le=4096, description="most partitions of a topic; fewer suit few workers and small brokers")
    ] = 256
    kafka_poll_s: Annotated[
        float | None,
        Field(
            ge=10, le=86400,
            description="seconds for which a member may be busy with one batch, or wait for S3, before its partitions "
            "go to others; unset: a minute more than s3_deadline_s, at least 300",
        ),
    ] = None  # fmt: skip
    kafka_security: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], Field(description="how brokers are spoken to")
    ] = "PLAINTEXT"
    kafka_mechanism: Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], Field(description="of SASL")] = (
        "SCRAM-SHA-512"
    )
    kafka_user: Annotated[str, Field(description="SASL user")] = ""
    kafka_password: Annotated[SecretStr, Field(description="SASL password; better kafka_password_file")] = SecretStr("")
    kafka_password_file: Annotated[Path | None, Field(description="file that holds the SASL password")] = None
    kafka_ca: Annotated[Path | None, Field(description="PEM file of the authority that signed the brokers")] = None
    kafka_cert: Annotated[Path | None, Field(description="PEM file of our own certificate, for mutual TLS")] = None
    kafka_key: Annotated[Path | None, Field(description="PEM file of our own key, for mutual TLS")] = None
    s3: Annotated[str, Field(pattern=r"^(https?://[^/]+)?$", description="S3 endpoint, http(s)://HOST[:PORT]")] = ""
    s3_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="S3 bucket")] = "nhr"
    s3_region: Annotated[str, Field(description="S3 region")] = "us-east-1"
    s3_access_key: Annotated[str, Field(description="S3 access key; better s3_access_key_file")] = ""
    s3_access_key_file: Annotated[Path | None, Field(description="file that holds the S3 access key")] = None
    s3_secret_key: Annotated[SecretStr, Field(description="S3 secret key; better s3_secret_key_file")] = SecretStr("")
    s3_secret_key_file: Annotated[Path | None, Field(description="file that holds the S3 secret key")] = None
    s3_ca: Annotated[Path | None, Field(description="PEM file of the authority that signed the S3 server")] = None
    s3_scratch_days: Annotated[
        int, Field(ge=31, le=3650, description="days for which S3 keeps scratch/ and answers/; Kafka keeps work for 30")
    ] = 45
    s3_threads: Annotated[int, Field(ge=1, le=256, description="S3 requests at once, of one process")] = 32
    s3_deadline_s: Annotated[
        float, Field(ge=1, le=3600, description="seconds for which an S3 request is tried again before it fails")
    ] = 300.0

    @property
    def busy_s(self) -> float:
        """Seconds for which a member of a group may be busy before its partitions go to others."""
        return self.kafka_poll_s or max(self.s3_deadline_s, 240.0) + 60.0

    def secret(
        self,
        name: Literal["kafka_password", "s3_access_key", "s3_secret_key", "gemini_key", "gemini_account", "openai_key"],
    ) -> str:
        """The secret from its file, else from the setting itself; raises `UserError` for a file that cannot be read."""
        file: Path | None = getattr(self, f"{name}_file")
        if file is None:
            given = getattr(self, name)
            return given.get_secret_value() if isinstance(given, SecretStr) else str(given)
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            setting = f"{PREFIX}{name.upper()}_FILE"
            raise UserError(f"{setting}: {file} cannot be read ({error})", "give a readable file") from None


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; raises `UserError` for an unknown NHR_* name or a value out of range."""
    given = os.environ if environment is None else environment
    raw = {name[len(PREFIX) :].lower(): value for name, value in given.items() if name.startswith(PREFIX)}
    unknown = sorted(set(raw) - set(Settings.model_fields))
    if unknown:
        close = get_close_matches(unknown[0], Settings.model_fields, n=1) or list(Settings.model_fields)
        meant = ", ".join(f"{PREFIX}{name.upper()}" for name in close)
        hint = f"did you mean {meant}?" if len(close) == 1 else f"settings are: {meant}"
        raise UserError(f"unknown setting {PREFIX}{unknown[0].upper()}", hint)
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise UserError(f"setting {name}: {first['msg']}", "correct or unset it") from None


def cache_home(environment: Mapping[str, str] | None = None) -> Path:
    """The folder of this user's caches (XDG_CACHE_HOME, else ~/.cache)."""
    given = os.environ if environment is None else environment
    home = Path(given.get("XDG_CACHE_HOME") or "")
    return home if home.is_absolute() else Path.home() / ".cache"
