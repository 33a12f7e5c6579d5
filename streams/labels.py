"""Labels: the scores that people gave to judged pairs, for calibrating judges and auditing what was accepted.

Format 1. `labels/<aa>/<triplet_id>-<attempt>/<rater>/<number>.json` is JSON of a `Label`, created once and never
changed; whoever thinks again writes the next number, and the highest one counts. What a label says of the judge is what
the judge had said when the pair was shown, so that labels can be read without the records.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas import formats
from schemas.errors import UserError
from schemas.ids import TripletKind
from schemas.messages import Id, Instruction, Name, Reason, Score, Scores, Triplet, Whole
from schemas.ports import Blobs
from streams.ahead import ahead

FORMAT = 1
FOLDER = "labels/"
TRIES = 100
"""Opinions of one rater on one pair before something must be wrong."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Rater = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Label(BaseModel):
    """One rater's two scores, 1.0 to 5.0, of (before, instruction, after); `at` is when, in Unix seconds.

    `before` and `after` are the SHA-256 of the pictures that were shown. `job_id`, `judge` (a recipe) and `judged` tell
    which verdict the pair was taken from, `accepted` whether it passed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    triplet_id: Id
    attempt: Annotated[Whole, Field(ge=0)] = 0
    kind: TripletKind
    operation: Name
    instruction: Instruction
    before: Sha256
    after: Sha256
    rater: Rater
    adherence: Score
    aesthetics: Score
    note: Reason = ""
    job_id: Id
    judge: Name = ""
    judged: Scores
    accepted: bool
    at: float

    @property
    def folder(self) -> str:
        """Where this rater's opinions of the pair are kept."""
        return f"{folder(self.triplet_id, self.attempt)}{self.rater}/"


def pair(triplet_id: str, attempt: int) -> str:
    """How a pair is called."""
    return f"{triplet_id}-{attempt}"


def attempt_of(triplet: Triplet) -> int:
    """Which attempt a triplet's pair is: of an edit the one that won, otherwise there is but one."""
    return triplet.edits[0].attempt if triplet.kind == "forward" and triplet.edits else 0


def pair_of(triplet: Triplet) -> str:
    """How a triplet's pair is called."""
    return pair(triplet.triplet_id, attempt_of(triplet))


def folder(triplet_id: str, attempt: int) -> str:
    """Where the opinions of a pair are kept."""
    return f"{FOLDER}{triplet_id[:2]}/{pair(triplet_id, attempt)}/"


def keep(blobs: Blobs, label: Label) -> str:
    """Keep a label as its rater's latest of that pair, and say where."""
    data = label.model_dump_json(indent=1).encode()
    number = sum(1 for _ in blobs.list(label.folder)) + 1
    for key in (f"{label.folder}{number + more:04d}.json" for more in range(TRIES)):
        if blobs.put(key, data):
            return key
    raise UserError(f"{label.folder} is written to by others without end", "give each rater a name of their own")


def latest(blobs: Blobs) -> Iterator[Label]:
    """Each rater's latest label of each pair, by pair and rater; raises `UserError` naming one that cannot be read."""
    for key, data in ahead(blobs.get, _latest(blobs)):
        yield parse(key, data())


def of_rater(blobs: Blobs, triplet_id: str, attempt: int, rater: str) -> Label | None:
    """What the rater says of the pair, if anything."""
    keys = list(blobs.list(f"{folder(triplet_id, attempt)}{rater}/"))
    return parse(keys[-1], blobs.get(keys[-1])) if keys else None


def _latest(blobs: Blobs) -> Iterator[str]:
    before = ""
    for key in blobs.list(FOLDER):
        if before and before.rsplit("/", 1)[0] != key.rsplit("/", 1)[0]:
            yield before
        before = key
    if before:
        yield before


def parse(key: str, data: bytes) -> Label:
    """The label in these bytes, read from `key`; raises `UserError` when it is none, or another pair's."""
    found = formats.parsed(Label, key, data, FORMAT, "is no label", "restore it from a copy or delete it")
    if not key.startswith(found.folder):
        raise UserError(f"{key} is a label of {found.folder}", "move it there")
    return found
