"""What the index keeps of every judge's verdict, accepted or not: the pairs that people may be given to label."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, cast

from schemas import messages as m
from schemas.ids import TripletKind
from streams import labels
from streams.funnel import operation_of

PRIME = 2**31 - 1
"""`mix` lies below it, and is never 0: multiplied by any factor modulo this prime, it stays a hash."""
COLUMNS = (
    "job", "pair", "triplet", "attempt", "source", "kind", "operation", "campaign", "judge", "adherence", "aesthetics",
    "preservation", "accepted", "mix", "pictures",
)  # fmt: skip
VALID = """
  NOT EXISTS (SELECT 1 FROM retractions WHERE target = 'triplet' AND value = judged.triplet)
  AND NOT EXISTS (SELECT 1 FROM retractions WHERE target = 'source' AND value = judged.source)
  AND NOT EXISTS (SELECT 1 FROM retractions JOIN pictures ON sha256 = unhexed(value)
    WHERE target = 'sha256' AND pictures.source = judged.source AND instr(judged.pictures, sha256))
"""
"""Of `judged`: taken back neither itself nor with its source nor with any of its pictures, its source's among them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict: what was judged, by whom, and the verdict itself, which whoever labels must not see."""

    job: str
    pair: str
    triplet: str
    attempt: int
    kind: TripletKind
    operation: str
    instruction: str
    judge: str
    scores: m.Scores
    accepted: bool
    before: str
    after: str


def add(connection: sqlite3.Connection, verdict: m.JudgeVerdict, accepted: bool) -> None:
    """Keep a verdict."""
    job = verdict.job
    if job.attempt < 0:  # nobody counts so; a label could not name it
        return
    pair = labels.pair(job.triplet_id, job.attempt)
    pictures = b"".join(bytes.fromhex(ref.sha256) for ref in (job.subject.image, job.before, job.after))
    values = (
        verdict.job_id, pair, job.triplet_id, job.attempt, job.subject.source_id, job.kind, operation_of(job),
        job.subject.campaign, verdict.by, verdict.adherence, verdict.aesthetics, verdict.preservation, int(accepted),
        mixed(pair), pictures,
    )  # fmt: skip
    marks = ", ".join("?" * len(COLUMNS))
    done = connection.execute(f"INSERT OR IGNORE INTO judged ({', '.join(COLUMNS)}) VALUES ({marks})", values)
    if done.rowcount:
        connection.execute("INSERT INTO judged_texts VALUES (?, ?)", (done.lastrowid, job.instruction))


def find(connection: sqlite3.Connection, job: str) -> Judged | None:
    """The verdict of that name, unless it is unknown or what it judged was taken back."""
    prepare(connection)
    connection.row_factory = sqlite3.Row
    try:
        row = connection.execute(
            f"SELECT * FROM judged JOIN judged_texts USING (number) WHERE job = ? AND {VALID}", (job,)
        ).fetchone()
    finally:
        connection.row_factory = None
    return _told(dict(row)) if row else None


def prepare(connection: sqlite3.Connection) -> None:
    """Teach the connection the function that `VALID` asks for."""
    connection.create_function("unhexed", 1, bytes.fromhex, deterministic=True)


def mixed(text: str) -> int:
    """A hash of the text, from 1 to PRIME - 1."""
    return 1 + int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % (PRIME - 1)


def _told(row: Mapping[str, Any]) -> Judged:
    scores = m.Scores(adherence=row["adherence"], aesthetics=row["aesthetics"], preservation=row["preservation"])
    return Judged(
        row["job"], row["pair"], row["triplet"], row["attempt"], cast(TripletKind, row["kind"]), row["operation"],
        row["instruction"], row["judge"], scores, bool(row["accepted"]), row["pictures"][32:64].hex(),
        row["pictures"][64:].hex(),
    )  # fmt: skip
