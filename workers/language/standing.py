"""What a prompt engineer was paid for and must stand: its askings, create-only, each with what it took."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas import formats
from schemas.errors import Missing, UserError
from schemas.ids import digest
from schemas.messages import Meter, Request
from schemas.ports import Usage
from workers.language.engineering import Scene
from workers.language.quotas import Slot
from workers.plugin import Prompter

FORMAT = 1
FOLDER = "prompts/written/"
"""Apart from `answers/`: what was written is what its campaign goes on from, for as long as that lasts."""
PLANS = "prompts/planned/"
"""What is to be asked, before it is: asked again, perhaps by another process, it must be the same question."""
STAGE = "prompt"
"""What askings are counted under, beside the stages of jobs."""
HINT = "restore it from a copy; deleted, it is asked again and what follows may change"


class Stored(BaseModel):
    """Anything that is stored here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT


class Paid(Stored):
    """What all askings say: for which campaign, by whom (a recipe), what it took. `reason`: why it gave nothing."""

    campaign: str
    by: str
    model: str = ""
    meter: Meter
    reason: str = ""


class Asking(Paid):
    """One asking for the scenes of a call: the whole plan of the call, what was given, and why some was passed over."""

    call: int
    slots: tuple[Slot, ...]
    scenes: tuple[Scene, ...] = ()
    refused: tuple[str, ...] = ()


class Plan(Stored):
    """What a call is to ask for (`slots`), or which operations a photograph is offered."""

    slots: tuple[Slot, ...] = ()
    offered: tuple[str, ...] = ()


class Described(Paid):
    """What a model wrote for a photograph, of the operations that were offered."""

    sha256: str
    offered: tuple[str, ...] = ()
    caption: str = ""
    requests: tuple[Request, ...] = ()
    refused: tuple[str, ...] = ()


ReadT = TypeVar("ReadT", bound=Stored)


class Kept(Protocol):
    """As much of a store as is needed here."""

    def put(self, key: str, data: bytes) -> bool:
        """Store unless the key stands; says whether this call created it."""

    def get(self, key: str) -> bytes:
        """The bytes; raises `Missing`."""

    def list(self, prefix: str) -> Iterator[str]:
        """Keys with that beginning, sorted."""


class InMemory:
    """A store that lasts as long as the process."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> bool:
        """Like `Blobs.put`."""
        return self._data.setdefault(key, data) is data

    def get(self, key: str) -> bytes:
        """Like `Blobs.get`."""
        if key not in self._data:
            raise Missing(key)
        return self._data[key]

    def list(self, prefix: str) -> Iterator[str]:
        """Like `Blobs.list`."""
        return iter(sorted(key for key in self._data if key.startswith(prefix)))


def recipe(prompter: Prompter[Any], aside: frozenset[str] = frozenset()) -> str:
    """Name of exactly how a prompter's answers are made, as "name@12 hex digits".

    Options that change nothing of what is asked, and those `aside`, stay out of it.
    """
    name = type(prompter).__module__.rpartition(".")[2]
    return f"{name}@{digest('prompter', name, prompter.INFO.revision, prompter.options.telling(*aside))[:12]}"


def told(reason: object) -> str:
    """A reason as it is noted: not endless, and without half a character that a model may have given."""
    return str(reason)[:512].encode(errors="replace").decode()


def asking(kept: Kept, key: str) -> Asking | None:
    """The asking that stands under `key`; None where there is none. Raises `UserError` for a damaged one."""
    return _read(kept, key, Asking)


def described(kept: Kept, key: str) -> Described | None:
    """What stands of a photograph under `key`; None where there is nothing. Raises `UserError` for a damaged one."""
    return _read(kept, key, Described)


def keep(kept: Kept, key: str, record: ReadT) -> ReadT:
    """Store a record, unless another one stands there; gives the one that stands."""
    if kept.put(key, record.model_dump_json().encode()):
        return record
    return _read(kept, key, type(record)) or record


def planned(kept: Kept, key: str, make: Callable[[], Plan]) -> Plan:
    """The plan that stands beside an answer's key; made where there is none."""
    key = f"{PLANS}{key.removeprefix(FOLDER)}"
    return _read(kept, key, Plan) or keep(kept, key, make())


def keep_failed(kept: Kept, key: str, record: Paid) -> None:
    """Note what a failed asking took, beside the answer's key: it was paid for, and is no answer."""
    number = 0
    while not kept.put(f"{key}.failed-{number}", record.model_dump_json().encode()):
        number += 1


def metered(usage: Usage, began: float) -> Meter:
    """What an asking took that began at that time of the monotonic clock, as of now."""
    return Meter(seconds=time.monotonic() - began, at=time.time(), **usage._asdict())


def spent(kept: Kept, campaign: str = "") -> Iterator[Meter]:
    """What every asking of a campaign took (""; of all campaigns)."""
    for key in kept.list(FOLDER):
        record = _read(kept, key, Paid)
        if record is not None and campaign in ("", record.campaign):
            yield record.meter


def _read(kept: Kept, key: str, kind: type[ReadT]) -> ReadT | None:
    try:
        data = kept.get(key)
    except Missing:
        return None
    try:
        found = kind.model_validate_json(data)
    except ValidationError as error:
        formats.check_json(key, data, FORMAT)
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise UserError(f"{key}: {where}: {first['msg']}", HINT) from None
    formats.check_json(key, data, FORMAT)
    return found
