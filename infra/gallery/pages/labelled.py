"""What was labelled: counts and agreement of the raters, tables to take away, and the labels of one pair."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.gallery import shown
from infra.gallery.gallery import Gallery
from infra.gallery.labelling import telling
from infra.gallery.labelling.book import Book
from infra.report.gather import Rejected
from schemas import ids
from schemas.errors import NhrError
from schemas.ids import TripletKind
from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import labels
from streams.labels import Label

Told = tuple[str, str, str, str, str]


def routes(gallery: Gallery) -> list[Route]:
    """Those of the progress page and of the tables."""

    def progress(request: Request) -> Response:
        summary = telling.summed(labels.latest(gallery.blobs))
        return gallery.page(
            request, "label_progress.html", title="Labels", summary=summary, columns=list(telling.COLUMNS.items()),
            audited=telling.audited(gallery.blobs, Book(gallery.blobs).raters()),
        )  # fmt: skip

    def as_csv(_: Request) -> Response:
        return _file(telling.as_csv(labels.latest(gallery.blobs)), "labels.csv", "text/csv; charset=utf-8")

    def as_jsonl(_: Request) -> Response:
        return _file(telling.as_jsonl(labels.latest(gallery.blobs)), "labels.jsonl", "application/jsonl")

    return [
        Route("/label/progress", progress),
        Route("/label/export.csv", as_csv),
        Route("/label/export.jsonl", as_jsonl),
    ]


def of_triplet(blobs: Blobs, triplet: Triplet) -> list[Told]:
    """The labels of a triplet's pair, see `of_pair`."""
    return of_pair(blobs, triplet.triplet_id, labels.attempt_of(triplet))


def of_rejected(blobs: Blobs, one: Rejected) -> list[Told]:
    """The labels of a pair that a judge turned down, see `of_pair`; none of what none has judged."""
    if one.scores is None:
        return []
    first, *others = one.requests
    triplet_id = ids.triplet_id(first, cast(TripletKind, one.kind), others[0] if others else "")
    return of_pair(blobs, triplet_id, one.attempt)


def of_pair(blobs: Blobs, triplet_id: str, attempt: int) -> list[Told]:
    """(rater, adherence, aesthetics, note, when) of each rater's latest label of a pair.

    A label that cannot be read is told in its place: the pair itself can be shown all the same.
    """
    found: dict[str, Told] = {}
    for key in blobs.list(labels.folder(triplet_id, attempt)):
        rater = key.split("/")[3]
        if rater in found:
            continue
        try:
            label = labels.of_rater(blobs, triplet_id, attempt, rater)
        except NhrError as error:
            found[rater] = rater, "–", "–", str(error), ""
        else:
            found[rater] = _told(label) if label else (rater, "–", "–", "", "")
    return list(found.values())


def _told(label: Label) -> Told:
    return (
        label.rater, f"{label.adherence:.1f}", f"{label.aesthetics:.1f}", label.note, shown.moment(label.at),
    )  # fmt: skip


def _file(text: str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, 200, headers, kind)
