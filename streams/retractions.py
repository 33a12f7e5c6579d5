"""Retractions: what was taken back after it was accepted, and why; every reader of the shelf leaves it out.

Format 1. `retractions/<target>/<value>.json` is JSON of ``{"format": 1, "target", "value", "reason", "at"}``, created
once and never changed. `target` says what `value` names: a "triplet" by its id, every triplet of a "source" by that
one's id, or every triplet that names a picture by its "sha256". What it names need not be on the shelf (yet).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from schemas import formats
from schemas.errors import Missing, UserError
from schemas.messages import Triplet
from schemas.ports import Blobs

FORMAT = 1
FOLDER = "retractions/"

Target = Literal["triplet", "source", "sha256"]
_VALUES = {"triplet": r"[0-9a-f]{32}", "source": r"[0-9a-f]{32}", "sha256": r"[0-9a-f]{64}"}


class Retraction(BaseModel):
    """One taking back; `at` is when, in Unix seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    target: Target
    value: str
    reason: str
    at: float

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{FOLDER}{self.target}/{self.value}.json"


class Retractions:
    """Retractions by what they name."""

    def __init__(self, known: Iterable[Retraction] = ()) -> None:
        self._known = {(one.target, one.value): one for one in known}

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Retraction]:
        return iter(self._known.values())

    def of(self, triplet: Triplet) -> Retraction | None:
        """The retraction that covers the triplet: by its id, its source or a picture it names; None where none does."""
        return self.among(names_of(triplet)) if self._known else None

    def among(self, names: Iterable[tuple[Target, str]]) -> Retraction | None:
        """The first retraction of these names; None where none of them is retracted."""
        return next((self._known[name] for name in names if name in self._known), None)


def names_of(triplet: Triplet) -> Iterator[tuple[Target, str]]:
    """Everything under which the triplet can be taken back."""
    yield "triplet", triplet.triplet_id
    yield "source", triplet.subject.source_id
    for ref in (triplet.subject.image, triplet.before, triplet.after):
        yield "sha256", ref.sha256


def checked(target: Target, value: str) -> str:
    """`value` in the form it is kept; raises `UserError` unless it can be the name of a `target`."""
    value = value.strip().lower()
    if not re.fullmatch(_VALUES[target], value):
        digits = 64 if target == "sha256" else 32
        raise UserError(f"{value!r} is no {target}", f"give all its {digits} hex digits (`nhr show ID` tells them)")
    return value


def retract(blobs: Blobs, retraction: Retraction) -> bool:
    """Keep a retraction; says whether it is new. The first reason given stays."""
    data = retraction.model_dump_json(indent=1).encode()
    return blobs.put(retraction.key, data)


def load(blobs: Blobs) -> Retractions:
    """Every retraction; raises `UserError` for one that cannot be read: nobody may pass over it."""
    return Retractions(read(blobs, key) for key in blobs.list(FOLDER))


def read(blobs: Blobs, key: str) -> Retraction:
    """The retraction under `key`; raises `UserError` when it cannot be read or a newer NHR wrote it."""
    try:
        data = blobs.get(key)
    except Missing:
        raise UserError(f"{key} is gone", "run the same command again") from None
    hint = "restore it from a copy, or delete it to undo it"
    found = formats.parsed(Retraction, key, data, FORMAT, "is no retraction", hint)
    if found.key != key:
        raise UserError(f"{key} retracts {found.target} {found.value}", f"its place is {found.key}: move it there")
    return found


def targets() -> tuple[Target, ...]:
    """What a retraction can name."""
    return get_args(Target)
