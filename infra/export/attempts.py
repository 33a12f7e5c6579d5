"""The attempts that the records tell of, in the spool: how hard a triplet was to come by, and what was rejected."""

import json
import sqlite3
from collections.abc import Iterator

from infra.export.order import Phases
from schemas.messages import ImageRef, JudgeVerdict, Scores, Triplet
from schemas.ports import Blobs
from streams import policies, records
from streams.dataset.attempts import Told, policy_of, told
from streams.dataset.preferences import Rejected
from streams.dataset.rows import Row
from streams.rules import policy

TOLD_EVERY = 5000
UNKNOWN: Row = {"attempts": None, "attempts_to_success": None, "survived": None}
"""How hard a triplet was of which nothing is recorded."""
_NEW = "INSERT INTO attempts (request, attempt, fate, decided, reason, verdict, editor) VALUES (?, ?, ?, ?, ?, ?, ?)"
_MERGED = {
    "screen": f"""{_NEW} ON CONFLICT DO UPDATE SET editor = excluded.editor,
        reason = CASE WHEN excluded.fate = 0 THEN excluded.reason ELSE reason END,
        decided = CASE WHEN excluded.fate = 0 THEN excluded.decided ELSE decided END,
        fate = CASE WHEN excluded.fate = 0 THEN 0 ELSE fate END""",
    "judge": f"""{_NEW} ON CONFLICT DO UPDATE SET fate = excluded.fate, decided = excluded.decided,
        reason = excluded.reason, verdict = excluded.verdict""",
    "edit": f"{_NEW} ON CONFLICT DO NOTHING",
}
"""By who tells, in the order recorded: a judge has the last word, a screen only where it turns an attempt down."""


def read(blobs: Blobs, db: sqlite3.Connection, phases: Phases) -> None:
    """Take every attempt that the records tell of into the spool."""
    known, default = policies.kept(blobs), policy.read("paper")
    with phases("records") as report:
        for count, event in enumerate(records.events(blobs), 1):
            if (found := told(event, known.get(policy_of(event), default))) is not None:
                db.execute(_statement(found), _values(found))
            if count % TOLD_EVERY == 0:
                report(count, 0)


def difficulty(db: sqlite3.Connection, triplet: Triplet) -> Row:
    """The columns that say how hard the triplet was to come by; absent (None) where the records do not tell."""
    tries, first, survived = 0, 0, 0
    for request in {edit.request_id for edit in triplet.edits}:
        known, won, number = db.execute(
            "SELECT count(fate), sum(fate), min(CASE fate WHEN 1 THEN attempt END) FROM attempts WHERE request = ?",
            (request,),
        ).fetchone()
        if number is None:
            return UNKNOWN
        tries, survived, first = tries + known, survived + won, first + number + 1
    return {"attempts": tries, "attempts_to_success": first, "survived": survived / tries}


def judged(db: sqlite3.Connection, request_id: str) -> Iterator[Rejected]:
    """The attempts at a request that were judged and not accepted, in order."""
    found = db.execute(
        "SELECT attempt, decided, reason, verdict, editor FROM attempts "
        "WHERE request = ? AND fate = 0 AND verdict IS NOT NULL ORDER BY attempt",
        (request_id,),
    ).fetchall()
    for attempt, decided, reason, verdict, editor in found:
        image, scores, judge = json.loads(verdict)
        yield Rejected(
            attempt, ImageRef.model_validate(image), Scores.model_validate(scores), decided, reason, judge, editor
        )


def _statement(found: Told) -> str:
    return _MERGED["judge" if found.verdict else "screen" if found.editor else "edit"]


def _values(found: Told) -> tuple[object, ...]:
    fate = None if found.fate is None else int(found.fate)
    verdict = _packed(found.verdict) if found.verdict else None
    return found.request_id, found.attempt, fate, found.by, found.reason, verdict, found.editor


def _packed(verdict: JudgeVerdict) -> str:
    """Where the records keep the judged picture, its scores, and the judge."""
    image = verdict.job.after
    kept = image.model_copy(update={"key": records.record_image_key(image)})
    scores = Scores(adherence=verdict.adherence, aesthetics=verdict.aesthetics, preservation=verdict.preservation)
    return json.dumps([kept.model_dump(), scores.model_dump(), verdict.by])
