"""Calibrations: what is known of a judge since its scores were held against people's; judges without one are marked.

Format 1. `calibrations/<recipe>/<number>.json` is JSON of a `Calibration`, created once and never changed; whoever
calibrates that judge again writes the next number, and the highest one counts.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas import formats
from schemas.errors import UserError
from schemas.ports import Blobs

FORMAT = 1
FOLDER = "calibrations/"
TRIES = 100

Count = Annotated[int, Field(ge=0)]


class Calibration(BaseModel):
    """A judge held against people: `judge` is its recipe, `at` when, in Unix seconds.

    `pairs` were labelled, `labels` times by `raters` people. `figures` are the errors, correlations, precision and
    bars that came of it, by name (`streams/calibrating` says which); all have 95 % intervals as "<name>.low" and
    "<name>.high" where they have any.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    judge: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9@+._-]*$")]
    pairs: Count
    labels: Count
    raters: Count
    figures: Mapping[str, float]
    at: float


def keep(blobs: Blobs, found: Calibration) -> str:
    """Keep a calibration as the judge's latest, and say where."""
    data = found.model_dump_json(indent=1).encode()
    number = sum(1 for _ in blobs.list(f"{FOLDER}{found.judge}/")) + 1
    for key in (f"{FOLDER}{found.judge}/{number + more:04d}.json" for more in range(TRIES)):
        if blobs.put(key, data):
            return key
    raise UserError(f"{FOLDER}{found.judge} is written to by others without end", "wait until they are done")


def latest(blobs: Blobs) -> dict[str, Calibration]:
    """The latest calibration of each judge, by its recipe; raises `UserError` naming one that cannot be read."""
    return {found.judge: found for found in (parse(key, blobs.get(key)) for key in _latest(blobs))}


def calibrated(blobs: Blobs) -> frozenset[str]:
    """The recipes of the judges that were calibrated."""
    return frozenset(key.split("/")[1] for key in blobs.list(FOLDER))


def _latest(blobs: Blobs) -> Iterator[str]:
    newest = {key.split("/")[1]: key for key in blobs.list(FOLDER)}
    return iter(newest.values())


def parse(key: str, data: bytes) -> Calibration:
    """The calibration in these bytes, read from `key`; raises `UserError` when it is none, or another judge's."""
    hint = "restore it from a copy or delete it"
    found = formats.parsed(Calibration, key, data, FORMAT, "is no calibration", hint)
    if found.judge != key.split("/")[1]:
        raise UserError(f"{key} is a calibration of {found.judge}", "move it there")
    return found
