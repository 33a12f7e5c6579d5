"""What people hold up: stages that take nothing new until somebody says go on, noted where every process looks."""

import json
from collections.abc import Callable

from pydantic import TypeAdapter

from schemas import formats, topics
from schemas.errors import UserError
from schemas.ports import Change, Ledgers

NAME = "/control"
FORMAT = 1
LOOK_EVERY_S = 2.0
PROMPTER = "prompter"
STAGES: tuple[str, ...] = (PROMPTER, *dict.fromkeys(group for topic in topics.ALL for group in topic.groups))
"""What can be paused: where prompts come in, and every consumer group."""
_TRIES = 8
_PAUSED = TypeAdapter(frozenset[str])


def paused(notes: Ledgers) -> frozenset[str]:
    """The stages that are paused; raises `UserError` for a note that cannot be read."""
    return _read(notes)[0]


def change(notes: Ledgers, stage: str, pause: bool) -> bool:
    """Pause a stage or let it go on; says whether that changed anything."""
    for _ in range(_TRIES):
        before, version = _read(notes)
        after = before | {stage} if pause else before - {stage}
        if after == before:
            return False
        data = json.dumps({"format": FORMAT, "paused": sorted(after)}).encode()
        if not notes.save([Change(NAME, data, version)]):
            return True
    raise UserError(f"somebody else keeps changing the note {NAME}", "try again")


def _read(notes: Ledgers) -> tuple[frozenset[str], int]:
    saved = notes.load([NAME]).get(NAME)
    if saved is None:
        return frozenset(), 0
    with formats.readable(f"the note {NAME} is damaged", "delete it: then nothing is paused"):
        raw = json.loads(saved.data)
        formats.check(f"the note {NAME}", raw, FORMAT)
        return _PAUSED.validate_python(raw["paused"]), saved.version


class Control:
    """What is paused, as of the latest look; for the loops of one process, from any of its threads."""

    def __init__(self, notes: Ledgers) -> None:
        self._notes = notes
        self.paused: frozenset[str] = frozenset()

    def look(self) -> None:
        """Look again; somebody calls this every `LOOK_EVERY_S` or so, so that no loop waits for a store."""
        self.paused = paused(self._notes)

    def of(self, stage: str) -> Callable[[], bool]:
        """Whether that stage is paused, to be asked again and again."""
        return lambda: stage in self.paused


def feeding(stage: str) -> frozenset[str]:
    """Every stage whose work may bring that stage more, itself included."""
    makers = {group: topic.makers for topic in topics.ALL for group in topic.groups}
    found, new = frozenset[str](), frozenset((stage,))
    while new - found:
        found |= new
        new = frozenset(maker for group in found for maker in makers.get(group, ()))
    return found
