"""Triplets and rejected attempts as the plain data that the page's scripts draw cards and dialogs from.

Two parts: what every card needs, read when the page opens, and the details, read when the first dialog opens. What
many cards share (sources, the attempts at a request) is said once.
"""

from collections.abc import Iterator, Mapping

from infra.report.gather import Gathered, Rejected
from infra.report.pictures import Thumbnails
from schemas.messages import Edit, ImageRef, Scores, Subject, Triplet
from streams.lineage import Attempt, Judgement

Data = dict[str, object]


def refs(gathered: Gathered) -> Iterator[ImageRef]:
    """Every picture the page shows, in the order it shows them; those that were retracted are left out."""
    return (ref for ref in _named(gathered) if gathered.taken_back.among([("sha256", ref.sha256)]) is None)


def _named(gathered: Gathered) -> Iterator[ImageRef]:
    shown: list[Triplet | Rejected] = [*gathered.triplets, *gathered.rejected]
    for one in shown:
        yield one.before
        yield one.after
        yield one.subject.image
    for request_id in requests(gathered):
        for attempt in gathered.lineage.attempts(request_id):
            if attempt.image:
                yield attempt.image


def requests(gathered: Gathered) -> list[str]:
    """The requests of everything shown, once each."""
    asked = [edit.request_id for triplet in gathered.triplets for edit in triplet.edits]
    return list(dict.fromkeys(asked + [request_id for one in gathered.rejected for request_id in one.requests]))


class Cards:
    """The page's data; pictures are told by their index in `Thumbnails.addresses`."""

    def __init__(self, gathered: Gathered, thumbnails: Thumbnails) -> None:
        self._gathered = gathered
        self._thumbnails = thumbnails
        self._sources: dict[str, int] = {}
        self._subjects: list[Data] = []

    def payload(self, base: str = "") -> Data:
        """What is needed to draw every card; `base` goes before each picture's address."""
        triplets = [self._triplet(triplet) for triplet in self._gathered.triplets]
        rejected = [self._rejected(one) for one in self._gathered.rejected]
        return {
            "base": base,
            "images": self._thumbnails.addresses,
            "sources": self._subjects,
            "triplets": triplets,
            "rejected": rejected,
        }

    def details(self) -> Data:
        """What a dialog shows beyond the card: by id of triplet, rejected attempt and request."""
        lineage = self._gathered.lineage
        return {
            "triplets": {triplet.triplet_id: self._more(triplet) for triplet in self._gathered.triplets},
            "rejected": {one.name: _more_rejected(one) for one in self._gathered.rejected},
            "requests": {
                request_id: [self._attempt(attempt) for attempt in lineage.attempts(request_id)]
                for request_id in requests(self._gathered)
            },
        }

    def _triplet(self, triplet: Triplet) -> Data:
        return {
            "id": triplet.triplet_id,
            "kind": triplet.kind,
            "operation": triplet.operation,
            "instruction": triplet.instruction,
            "texts": dict(sorted(triplet.texts.items())),
            "scores": _scores(triplet.scores),
            "calibrated": triplet.judge in self._gathered.calibrated,
            "at": int(self._gathered.moments.get(triplet.triplet_id, 0)),
            **self._pair(triplet.before, triplet.after),
            "source": self._source(triplet.subject),
        }

    def _rejected(self, one: Rejected) -> Data:
        return {
            "id": one.name,
            "stage": one.stage,
            "kind": one.kind,
            "operation": one.operation,
            "instruction": one.instruction,
            **_why(one),
            "attempt": one.attempt,
            "at": int(one.at),
            **self._pair(one.before, one.after),
            "source": self._source(one.subject),
        }

    def _pair(self, before: ImageRef, after: ImageRef) -> Data:
        index = self._thumbnails.index
        return {"before": index(before), "after": index(after), "width": after.width, "height": after.height}

    def _source(self, subject: Subject) -> int:
        if subject.source_id not in self._sources:
            self._sources[subject.source_id] = len(self._subjects)
            self._subjects.append(_subject(subject, self._thumbnails.index(subject.image)))
        return self._sources[subject.source_id]

    def _more(self, triplet: Triplet) -> Data:
        return {
            "checked": triplet.checked,
            "judge": triplet.judge,
            "writer": triplet.writer,
            "policy": triplet.policy_id,
            "measures": _measures(triplet.measures),
            "edits": [_edit(edit) for edit in triplet.edits],
            "relatives": [
                _relative(one)
                for one in self._gathered.lineage.judgements(triplet)
                if self._gathered.taken_back.among([("triplet", one.triplet_id)]) is None
            ],
        }

    def _attempt(self, attempt: Attempt) -> Data:
        return {
            "number": attempt.number,
            "seed": attempt.seed,
            "fate": attempt.fate,
            "editor": attempt.editor,
            "image": self._thumbnails.index(attempt.image),
            "width": attempt.image.width if attempt.image else 1,
            "height": attempt.image.height if attempt.image else 1,
            "measures": _measures(attempt.measures),
            "skipped": attempt.skipped,
            **_why(attempt),
        }


def _subject(subject: Subject, image: int | None) -> Data:
    return {
        "id": subject.source_id,
        "image": image,
        "campaign": subject.campaign,
        "style": subject.style,
        "origin": subject.origin,
        "prompt": subject.text,
        "seed": subject.seed,
        "licence": subject.licence,
        "author": subject.author,
        "madeBy": subject.made_by,
    }


def _more_rejected(one: Rejected) -> Data:
    return {"by": one.made_by, "measures": _measures(one.measures), "requests": one.requests}


def _edit(edit: Edit) -> Data:
    return {
        "request": edit.request_id,
        "instruction": edit.instruction,
        "operation": edit.operation,
        "attempt": edit.attempt,
        "seed": edit.seed,
        "editor": edit.editor,
        "measures": _measures(edit.measures),
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
