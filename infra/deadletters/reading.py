"""Reads dead letters, as many as there are, with what has become of each since."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from infra.blobs.folder import FolderBlobs
from infra.bus import BrowsableBus
from infra.deadletters import tries
from infra.looking import looked_into
from infra.settings import Settings
from infra.wiring import DATABASE, cluster
from schemas import codec, topics
from schemas import messages as m
from schemas.deadletters import Letter, read_letter
from schemas.errors import Undecodable, UserError
from schemas.ports import Blobs, Ledgers
from streams import shelf
from streams.rules import facts

AT_ONCE = 200
"""Letters, each up to 64 KiB, in memory at a time."""

UNREADABLE = "Undecodable"
State = tries.Standing | Literal["undecodable", "put back"]
MEANING: dict[State, str] = {
    "parked": "holds up what comes after it; a redrive asks again",
    "asked again": "a redrive was told, there is no answer yet",
    "answered": "a later try got an answer",
    "failed again": "a later try failed, too, and has a letter of its own",
    "lost attempt": "a failed edit cost one attempt, and the plan went on",
    "undecodable": "bytes that are no message of their topic",
    "put back": "the message went back to where it came from",
}
SETTLED: frozenset[State] = frozenset({"answered", "failed again", "lost attempt", "put back"})
"""States that call for nothing."""


@dataclass(frozen=True)
class Desk:
    """Letters, and what tells how they stand; somebody else may be mining meanwhile."""

    bus: BrowsableBus
    ledgers: Ledgers
    cursors: Ledgers
    blobs: Blobs


@contextmanager
def opened(folder: Path | None, settings: Settings) -> Iterator[Desk]:
    """The desk of `folder`, or without one of the cluster; raises `UserError` where there are no queues."""
    if folder is None:
        with cluster(settings) as stores:
            yield Desk(stores.bus, stores.ledgers, stores.cursors, stores.blobs)
        return
    with looked_into(folder, settings) as queues:
        if queues is None:
            where = f"{folder / DATABASE} is not there, and dead letters are kept in it"
            raise UserError(where, "mine first, or give another --out")
        yield Desk(queues.bus, queues.ledgers, queues.cursors, FolderBlobs(folder, fsync=settings.fsync))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters: by number, or by when (Unix seconds), part of the reason, consumer group, class of the error."""

    numbers: tuple[int, ...] = ()
    since: float = 0.0
    reason: str = ""
    group: str = ""
    error: str = ""

    def fits(self, letter: Letter) -> bool:
        """Whether the letter is among them."""
        return (
            letter.last_at >= self.since
            and self.reason.casefold() in letter.reason.casefold()
            and self.group in {"", letter.group}
            and self.error.casefold() in {"", letter.error.casefold()}
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter, the message in it (None where nobody can read it), how it stands, and the number of its latest try."""

    letter: Letter
    message: Any
    state: State
    retry: int = 0


def letters(bus: BrowsableBus, wanted: Wanted) -> Iterator[Letter]:
    """The letters wanted, oldest first; raises `UserError` for a number that is none."""
    for number in sorted(set(wanted.numbers)):
        found = [one for one in bus.read(topics.DEAD_LETTERS.name, max(0, number), 1) if one.offset == number]
        if not found:
            raise UserError(f"no dead letter {number}", "`nhr dlq ls --all` lists them")
        yield read_letter(found[0])
    start = 0
    while not wanted.numbers and (page := bus.read(topics.DEAD_LETTERS.name, start, AT_ONCE)):
        start = page[-1].offset + 1
        yield from filter(wanted.fits, map(read_letter, page))


def entries(desk: Desk, wanted: Wanted) -> Iterator[Entry]:
    """The letters wanted with how they stand, oldest first."""
    found = letters(desk.bus, wanted)
    while batch := list(islice(found, AT_ONCE)):
        yield from _entries(desk, batch)


def origin(letter: Letter) -> topics.Topic | None:
    """The topic that the letter's message was read from."""
    return next((topic for topic in topics.ALL if topic.name == letter.topic and topic.message is not None), None)


def source_of(message: Any) -> str:
    """The source that a message is about; "" where it tells none."""
    subject = m.subject_of(message) if message is not None else None
    return subject.source_id if subject else str(getattr(message, "source_id", ""))


def note_key(letter: Letter) -> str:
    """Where it is noted that a letter's message was put back."""
    return f"redriven/{letter.partition}-{letter.offset}.json"


def _entries(desk: Desk, batch: Sequence[Letter]) -> Iterator[Entry]:
    messages = [_message(letter) for letter in batch]
    saved = desk.ledgers.load(sorted({source for message in messages if (source := source_of(message))}))
    for letter, message in zip(batch, messages, strict=True):
        known = saved.get(source_of(message))
        yield _entry(letter, message, facts.decode(known.data) if known else facts.Ledger(""), desk.blobs)


def _message(letter: Letter) -> Any:
    topic = origin(letter)
    try:
        return codec.decode(topic, letter.value) if topic else None
    except Undecodable:
        return None


def _entry(letter: Letter, message: Any, ledger: facts.Ledger, blobs: Blobs) -> Entry:
    if message is not None and letter.error != UNREADABLE:  # what nobody could read has no failure in any ledger
        match message:
            case m.Source() | m.Candidate() | m.JudgeJob() | m.TextJob():
                return Entry(letter, message, *tries.latest(message, ledger.answers))
            case m.EditJob():
                return Entry(letter, message, *tries.of_edit(message, ledger.answers))
            case m.Prompt() if ledger.source is not None:
                return Entry(letter, message, "answered")
            case m.Triplet() if blobs.has(shelf.triplet_key(message.triplet_id)):
                return Entry(letter, message, "answered")
    if blobs.has(note_key(letter)):
        return Entry(letter, message, "put back")
    return Entry(letter, message, "undecodable" if message is None or letter.error == UNREADABLE else "parked")
