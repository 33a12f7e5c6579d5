"""The page of one triplet, and that of what was turned down: every attempt side by side, lineage, scores, texts."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.gallery import shown
from infra.gallery.address import read
from infra.gallery.gallery import Gallery
from infra.gallery.index import asking
from infra.gallery.index.telling import default_policy
from infra.gallery.pages.labelled import of_rejected, of_triplet
from infra.gallery.pages.pictures import known
from infra.report.gather import Rejected, rejection
from schemas import messages as m
from schemas.errors import Missing, UserError
from schemas.messages import ImageRef, Triplet
from streams import calibrations, policies, records, shelf
from streams.lineage import Lineage
from streams.records import Event
from streams.rules import policy


def routes(gallery: Gallery) -> list[Route]:
    """Those of one triplet and of one rejected attempt."""

    def triplet(request: Request) -> Response:
        return _triplet(gallery, request)

    def rejected(request: Request) -> Response:
        return _rejected(gallery, request)

    return [Route("/triplet/{id}", triplet), Route("/rejected/{id}", rejected)]


@dataclass(frozen=True)
class Background:
    """What the records tell of a source, and which pictures may be shown."""

    events: Sequence[Event]
    kept: dict[str, policy.Policy]
    default: policy.Policy
    pictures: dict[str, ImageRef]

    def lineage(self, requests: Sequence[str]) -> Lineage:
        """The attempts at these requests."""
        lineage = Lineage(requests, self.kept, self.default)
        for event in self.events:
            lineage.add(event)
        return lineage

    def visible(self, ref: ImageRef | None) -> ImageRef | None:
        """The picture, if it may be shown."""
        return self.pictures.get(ref.sha256) if ref else None


def _triplet(gallery: Gallery, request: Request) -> Response:
    view, name = read("triplets", request.query_params), request.path_params["id"]
    with gallery.asked() as index:
        found = index.execute("SELECT source, at, judged FROM triplets WHERE id = ? AND shown = 1", (name,)).fetchone()
        if found is None:
            return _missing(gallery, request, "triplet", _why(index, name))
        source, at, judged = found
        before, after = asking.neighbours(index, view.query, name)
        segments, pictures = _segments(index, source), _pictures(index, source)
        shelved = {one for (one,) in index.execute("SELECT id FROM triplets WHERE source = ? AND shown = 1", (source,))}
    try:
        triplet = shelf.read(gallery.blobs, name)
    except Missing:
        return _missing(gallery, request, "triplet", "")
    known = _background(gallery, source, segments, pictures)
    lineage = known.lineage([edit.request_id for edit in triplet.edits])
    back = view.address()
    return gallery.page(
        request, "triplet.html", title=triplet.instruction, triplet=triplet,
        head=shown.head(triplet, calibrations.calibrated(gallery.blobs)),
        pair=shown.large(known.visible(triplet.before), known.visible(triplet.after), triplet.instruction),
        texts=sorted(triplet.texts.items()), edits=_edits(triplet, lineage, known),
        relatives=[shown.relative(one, one.triplet_id in shelved) for one in lineage.judgements(triplet)
                   if one.triplet_id in shelved or not one.accepted],
        source=shown.source(triplet.subject), verdict=shown.verdict(triplet, at if judged else 0.0),
        subject=known.visible(triplet.subject.image), composite=triplet.kind == "composite",
        links=_links("/triplet/", before, after, back, "/"), rejected=None,
        labels=of_triplet(gallery.blobs, triplet),
    )  # fmt: skip


def _rejected(gallery: Gallery, request: Request) -> Response:
    view, name = read("rejected", request.query_params), request.path_params["id"]
    with gallery.asked() as index:
        found = index.execute("SELECT source FROM rejected WHERE id = ? AND shown = 1", (name,)).fetchone()
        if found is None:
            return _missing(gallery, request, "attempt", "")
        before, after = asking.neighbours(index, view.query, name)
        segments, pictures = _segments(index, found[0]), _pictures(index, found[0])
    known = _background(gallery, found[0], segments, pictures)
    one = _turned_down(known, name)
    if one is None:
        return _missing(gallery, request, "attempt", "")
    lineage = known.lineage(one.requests)
    edits = []
    for request_id in one.requests:
        tries = [
            shown.attempt(attempt, known.visible(attempt.image), _mark(one, attempt.number))
            for attempt in lineage.attempts(request_id)
        ]
        edits.append(("", tries))
    return gallery.page(
        request, "triplet.html", title=one.instruction, triplet=None, head=shown.head_of_rejected(one), rejected=one,
        pair=shown.large(known.visible(one.before), known.visible(one.after), one.instruction), texts=[],
        edits=edits, relatives=[], source=shown.source(one.subject), verdict=shown.verdict_on_rejected(one),
        subject=known.visible(one.subject.image), composite=one.kind == "composite",
        links=_links("/rejected/", before, after, view.address(), "/rejected"),
        labels=of_rejected(gallery.blobs, one),
    )  # fmt: skip


def _edits(triplet: Triplet, lineage: Lineage, known: Background) -> list[tuple[str, list[shown.Texts]]]:
    """(instruction, attempts) of each edit."""
    found = []
    for edit in triplet.edits:
        tries = [
            shown.attempt(one, known.visible(one.image), "won" if one.number == edit.attempt else "")
            for one in lineage.attempts(edit.request_id)
        ]
        found.append((edit.instruction, tries))
    return found


def _mark(one: Rejected, number: int) -> str:
    return "this" if one.kind == "forward" and number == one.attempt else ""


def _background(
    gallery: Gallery, source: str, segments: Sequence[str], pictures: dict[str, ImageRef]
) -> Background:  # fmt: skip
    try:
        events = list(records.events(gallery.blobs, about=source, segments=segments))
    except (Missing, UserError):  # a segment that is gone or damaged: the triplet itself can be shown all the same
        events = []
    return Background(events, policies.kept(gallery.blobs), default_policy(), pictures)


def _turned_down(known: Background, name: str) -> Rejected | None:
    for event in known.events:
        if isinstance(event, m.ScreenVerdict | m.JudgeVerdict) and event.job_id == name:
            policy_id = event.job.job.policy_id if isinstance(event, m.ScreenVerdict) else event.job.policy_id
            return rejection(event, known.kept.get(policy_id, known.default))
    return None


def _segments(index: sqlite3.Connection, source: str) -> list[str]:
    """The segments of the records that tell of a source."""
    rows = index.execute(
        "SELECT key FROM mentions JOIN segments ON segments.number = segment WHERE source = ?", (source,)
    )
    return [key for (key,) in rows]


def _pictures(index: sqlite3.Connection, source: str) -> dict[str, ImageRef]:
    """The pictures of a source that may be shown."""
    rows = index.execute("SELECT lower(hex(sha256)) FROM pictures WHERE source = ?", (source,)).fetchall()
    return {name: ref for (name,) in rows if (ref := known(index, name)) is not None}


def _why(index: sqlite3.Connection, name: str) -> str:
    """Why a triplet is not shown, as far as it is known."""
    if index.execute("SELECT 1 FROM triplets WHERE id = ?", (name,)).fetchone() is None:
        return ""
    found = index.execute("SELECT reason FROM retractions WHERE target = 'triplet' AND value = ?", (name,)).fetchone()
    return f"It was taken back: {found[0]}" if found else "It was taken back with its source or a picture."


def _missing(gallery: Gallery, request: Request, what: str, why: str) -> Response:
    return gallery.page(request, "missing.html", 404, title="Not here", what=what, why=why)


def _links(path: str, before: str, after: str, back: str, to: str) -> dict[str, str]:
    return {
        "previous": f"{path}{quote(before)}{back}" if before else "",
        "next": f"{path}{quote(after)}{back}" if after else "",
        "back": f"{to}{back}",
    }
