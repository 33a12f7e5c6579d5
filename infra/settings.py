"""The one reader of the environment: every setting is a field here, read from NHR_<NAME>."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    fsync: Annotated[bool, Field(description="wait until each file is on the disk; false risks a power cut")] = True


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; raises `UserError` for an unknown NHR_* name or a value out of range."""
    given = os.environ if environment is None else environment
    raw = {name[len(PREFIX) :].lower(): value for name, value in given.items() if name.startswith(PREFIX)}
    known = ", ".join(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)
    unknown = sorted(set(raw) - set(Settings.model_fields))
    if unknown:
        raise UserError(f"unknown setting {PREFIX}{unknown[0].upper()}", f"settings are: {known}")
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise UserError(f"setting {name}: {first['msg']}", "correct or unset it") from None
