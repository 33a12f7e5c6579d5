"""Triplets and rejected attempts as the plain data that the page's scripts draw cards from."""

from collections.abc import Iterator, Mapping

from infra.report.gather import Gathered, Rejected
from infra.report.pictures import Thumbnails
from schemas.messages import Edit, ImageRef, Scores, Subject, Triplet
from streams.lineage import Attempt, Judgement, Lineage

Data = dict[str, object]


def pictures(gathered: Gathered) -> Iterator[ImageRef]:
    """Every picture the page shows, in the order it shows them."""
    for triplet in gathered.triplets:
        yield triplet.before
        yield triplet.after
    for one in gathered.rejected:
        yield one.before
        yield one.after


def payload(gathered: Gathered, thumbnails: Thumbnails) -> Data:
    """The page's data: `images` (data URIs) and the cards that refer to them by index."""
    return {
        "images": thumbnails.uris,
        "triplets": [_triplet(triplet, gathered.lineage, thumbnails) for triplet in gathered.triplets],
        "rejected": [_rejected(one, thumbnails) for one in gathered.rejected],
        "total": gathered.total,
        "rejectedTotal": gathered.rejected_total,
    }


def _triplet(triplet: Triplet, lineage: Lineage, thumbnails: Thumbnails) -> Data:
    return {
        "id": triplet.triplet_id,
        "kind": triplet.kind,
        "operation": triplet.operation,
        "instruction": triplet.instruction,
        "texts": dict(sorted(triplet.texts.items())),
        "checked": triplet.checked,
        "judge": triplet.judge,
        "writer": triplet.writer,
        "policy": triplet.policy_id,
        "scores": _scores(triplet.scores),
        "measures": _measures(triplet.measures),
        "edits": [_edit(edit, lineage) for edit in triplet.edits],
        "relatives": [_relative(one) for one in lineage.judgements(triplet)],
        **_pair(triplet.before, triplet.after, thumbnails),
        **_subject(triplet.subject),
    }


def _rejected(one: Rejected, thumbnails: Thumbnails) -> Data:
    return {
        "id": one.name,
        "stage": one.stage,
        "kind": one.kind,
        "operation": one.operation,
        "instruction": one.instruction,
        **_why(one),
        "measures": _measures(one.measures),
        "attempt": one.attempt,
        "by": one.made_by,
        **_pair(one.before, one.after, thumbnails),
        **_subject(one.subject),
    }


def _pair(before: ImageRef, after: ImageRef, thumbnails: Thumbnails) -> Data:
    return {
        "before": thumbnails.place(before),
        "after": thumbnails.place(after),
        "width": after.width,
        "height": after.height,
    }


def _subject(subject: Subject) -> Data:
    return {
        "source": subject.source_id,
        "campaign": subject.campaign,
        "style": subject.style,
        "origin": subject.origin,
        "prompt": subject.text,
        "seed": subject.seed,
        "licence": subject.licence,
        "author": subject.author,
        "madeBy": subject.made_by,
    }


def _edit(edit: Edit, lineage: Lineage) -> Data:
    return {
        "instruction": edit.instruction,
        "operation": edit.operation,
        "attempt": edit.attempt,
        "seed": edit.seed,
        "editor": edit.editor,
        "measures": _measures(edit.measures),
        "attempts": [_attempt(attempt) for attempt in lineage.attempts(edit.request_id)],
    }


def _attempt(attempt: Attempt) -> Data:
    return {
        "number": attempt.number,
        "seed": attempt.seed,
        "fate": attempt.fate,
        **_why(attempt),
    }


def _why(one: Attempt | Rejected) -> Data:
    """What an attempt was turned down for: the bar missed and its value, the judge's words and scores."""
    value = one.measures.get(one.bar)
    return {
        "bar": one.bar,
        "value": None if value is None else _short(value),
        "reason": one.reason,
        "scores": _scores(one.scores) if one.scores else None,
    }


def _relative(one: Judgement) -> Data:
    return {
        "id": one.triplet_id,
        "kind": one.kind,
        "instruction": one.instruction,
        "accepted": one.accepted,
        "reason": one.reason,
        "scores": _scores(one.scores),
    }


def _scores(scores: Scores) -> Data:
    return {
        "adherence": round(scores.adherence, 3),
        "aesthetics": round(scores.aesthetics, 3),
        "preservation": None if scores.preservation is None else round(scores.preservation, 3),
        "overall": round(scores.geometric_mean, 3),
    }


def _measures(measures: Mapping[str, float]) -> dict[str, str]:
    return {name: _short(value) for name, value in sorted(measures.items())}


def _short(value: float) -> str:
    return f"{value:.4g}"
