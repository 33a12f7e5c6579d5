"""Preference pairs: of two attempts at one request, the one that was accepted and one that was rejected."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from schemas import ids
from schemas.messages import ImageRef, Scores, Triplet
from streams.dataset.rows import Row


@dataclass(frozen=True, slots=True)
class Rejected:
    """A judged attempt that was not accepted; `by` says what turned it down: "judge" or "screen"."""

    attempt: int
    image: ImageRef
    scores: Scores
    by: str
    reason: str
    judge: str
    editor: str


def margin(chosen: Triplet, rejected: Rejected) -> float:
    """How much better the accepted one is: the difference of geometric means."""
    return chosen.scores.geometric_mean - rejected.scores.geometric_mean


def unfit(chosen: Triplet, rejected: Rejected, least: float) -> str | None:
    """Why the two make no pair; None when they do: one judge scored both, the rejected one at least `least` lower."""
    if rejected.judge != chosen.judge:
        return "other judge"
    return "margin" if margin(chosen, rejected) < least else None


def clearest(chosen: Triplet, rejected: Iterable[Rejected], most: int) -> list[Rejected]:
    """Up to `most` of them, the widest margin first."""
    return sorted(rejected, key=lambda one: (-margin(chosen, one), one.attempt))[:most]


def pair_row(chosen: Triplet, rejected: Rejected, calibrated: Container[str] = frozenset()) -> Row:
    """The pair's row but for its pictures; `calibrated` holds the recipes of the judges that were calibrated."""
    subject, edit = chosen.subject, chosen.edits[0]
    return {
        "pair_id": ids.digest("preference", chosen.triplet_id, rejected.attempt),
        "source_id": subject.source_id,
        "triplet_id": chosen.triplet_id,
        "request_id": edit.request_id,
        "operation": chosen.operation,
        "instruction": chosen.instruction,
        "width": chosen.before.width,
        "height": chosen.before.height,
        "style": subject.style,
        "chosen_adherence": chosen.scores.adherence,
        "chosen_aesthetics": chosen.scores.aesthetics,
        "rejected_adherence": rejected.scores.adherence,
        "rejected_aesthetics": rejected.scores.aesthetics,
        "margin": margin(chosen, rejected),
        "rejected_by": rejected.by,
        "reason": rejected.reason,
        "chosen_attempt": edit.attempt,
        "rejected_attempt": rejected.attempt,
        "judge": chosen.judge,
        "judge_calibrated": chosen.judge in calibrated,
        "editors": sorted({edit.editor, rejected.editor} - {""}),
        "generator": subject.made_by,
        "origin": subject.origin,
        "licence": subject.licence,
        "author": subject.author,
        "caption": subject.text,
        "campaign": subject.campaign,
        "policy_id": chosen.policy_id,
        "source_sha256": chosen.before.sha256,
        "chosen_sha256": chosen.after.sha256,
        "rejected_sha256": rejected.image.sha256,
    }
