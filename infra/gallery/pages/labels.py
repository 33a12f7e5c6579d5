"""The label mode: who labels what, one pair after another, blind, and what was said of each kept."""

import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.gallery import shown
from infra.gallery.gallery import Gallery
from infra.gallery.labelling import choice as choices
from infra.gallery.labelling import sample
from infra.gallery.labelling.choice import Choice
from infra.gallery.labelling.desk import Desk, Laid
from infra.gallery.labelling.guide import ALSO, SCALES, STEPS
from infra.gallery.posting import Refused, fields
from schemas.errors import Missing, NhrError
from streams import audits, shelf
from streams.labels import Label, Rater

COOKIE = "nhr_rater"
A_YEAR_S = 365 * 24 * 3600
MOST_WEEKS = 8
"""Audits that are offered, the latest; older ones by their address."""
LONGEST_NOTE = 500
"""Characters; what is kept may have 1,024 bytes."""
NO_NAME = "Give yourself a plain name: small letters, digits, - and _, at most 32."
NO_PAIR = "This pair is not to be labelled any more: it was taken back, or its pictures are no longer kept."
_RATER: TypeAdapter[str] = TypeAdapter(Rater)
Fields = dict[str, str]


def routes(gallery: Gallery) -> list[Route]:
    """Those of choosing what to label, and of labelling."""
    desk = Desk(gallery)

    def choosing(request: Request) -> Response:
        return _choosing(gallery, request)

    def upcoming(request: Request) -> Response:
        return _upcoming(gallery, desk, request)

    def pair(request: Request) -> Response:
        return _pair(gallery, desk, request)

    def chosen(request: Request, given: Fields) -> Response:
        return _chosen(gallery, request, given)

    def said(request: Request, given: Fields) -> Response:
        return _said(gallery, desk, request, given)

    return [
        Route("/label", choosing),
        Route("/label", _posted(gallery, chosen), methods=["POST"]),
        Route("/label/next", upcoming),
        Route("/label/pair/{job}", pair),
        Route("/label/pair/{job}", _posted(gallery, said), methods=["POST"]),
    ]


def _posted(
    gallery: Gallery, answer: Callable[[Request, Fields], Response]
) -> Callable[[Request], Awaitable[Response]]:  # fmt: skip
    """An endpoint that answers a form, once it has been read and found to be our own."""

    async def endpoint(request: Request) -> Response:
        try:
            given = await fields(request)
        except Refused as refused:
            return gallery.page(request, "label_refused.html", refused.status, title="Not taken", why=str(refused))
        return await run_in_threadpool(answer, request, given)

    return endpoint


# --- who labels what --------------------------------------------------------------------------------------------------


def _choosing(gallery: Gallery, request: Request, trouble: str = "", status: int = 200, rater: str = "") -> Response:
    choice, weeks = choices.read(request.query_params), audits.weeks(gallery.blobs)[: -MOST_WEEKS - 1 : -1]
    with gallery.asked() as index:
        offered, total = sample.choices(index), sample.total(index)
    return gallery.page(
        request, "label_choose.html", status, title="Label", choice=choice, total=total,
        rater=rater or _rater(request.cookies.get(COOKIE, "")), offered=offered, trouble=trouble, words=shown.words,
        most=choices.MOST, weeks=[*weeks, *({choice.week} - {"", *weeks})],
    )  # fmt: skip


def _chosen(gallery: Gallery, request: Request, given: Fields) -> Response:
    rater = _rater(given.get("rater", "").strip().lower())
    if not rater:
        return _choosing(gallery, request, NO_NAME, 422, given.get("rater", "")[: choices.LONGEST])
    answer = RedirectResponse(f"/label/next{choices.read(given).address()}", 303)
    answer.set_cookie(COOKIE, rater, max_age=A_YEAR_S, path="/label", httponly=True, samesite="strict")
    return answer


# --- labelling --------------------------------------------------------------------------------------------------------


def _upcoming(gallery: Gallery, desk: Desk, request: Request) -> Response:
    choice, rater = choices.read(request.query_params), _rater(request.cookies.get(COOKIE, ""))
    if not rater:
        return RedirectResponse(f"/label{choice.address()}", 303)
    after = request.query_params.get("after", "")
    laid = desk.upcoming(choice, rater, after)
    if laid is None:
        return gallery.page(
            request, "label_done.html", title="Label", choice=choice, rater=rater, back=_link(choice, after),
            progress=desk.progress(choice, rater),
        )  # fmt: skip
    return _labelling(gallery, desk, request, choice, rater, laid, {}, after=after)


def _pair(gallery: Gallery, desk: Desk, request: Request) -> Response:
    choice, rater = choices.read(request.query_params), _rater(request.cookies.get(COOKIE, ""))
    if not rater:
        return RedirectResponse(f"/label{choice.address()}", 303)
    job = request.path_params["job"]
    laid = desk.laid(choice, rater, job)
    if laid is None:
        return _lost(gallery, request, choice, job)
    before = desk.said(job, rater)
    given = _fields(before[1]) if before else {}
    return _labelling(gallery, desk, request, choice, rater, laid, given)


def _said(gallery: Gallery, desk: Desk, request: Request, given: Fields) -> Response:
    choice, job = choices.read(request.query_params), request.path_params["job"]
    rater = _rater(given.get("rater", ""))
    laid = desk.laid(choice, rater, job)
    if laid is None:
        return _lost(gallery, request, choice, job)
    label, trouble = _label(laid, rater, given)
    status = 422
    if label is not None:
        try:
            desk.book.keep(label)
            return RedirectResponse(f"/label/next{choice.address(after=job)}", 303)
        except (NhrError, OSError) as error:
            status, trouble = 503, f"The label cannot be kept: {error}. What you gave is still here: send it again."
    return _labelling(gallery, desk, request, choice, rater, laid, given, trouble, status)


def _labelling(
    gallery: Gallery, desk: Desk, request: Request, choice: Choice, rater: str, laid: Laid, given: Fields,
    trouble: str = "", status: int = 200, after: str = "",
) -> Response:  # fmt: skip
    """The page of one pair; in calibrating it holds nothing that tells what the judge said of it."""
    pair = laid.judged
    revealed = desk.said(after, rater) if choice.reveal and after else None
    return gallery.page(
        request, "label.html", status, title="Label", choice=choice, rater=rater, given=given, trouble=trouble,
        pair=shown.large(laid.before, laid.after, pair.instruction), instruction=pair.instruction,
        texts=_texts(gallery, pair.triplet) if choice.mode == "audit" else [], progress=desk.progress(choice, rater),
        send=f"/label/pair/{quote(pair.job)}{choice.address()}", skip=f"/label/next{choice.address(after=pair.job)}",
        back=_link(choice, after or laid.previous), revealed=revealed, scales=SCALES, also=ALSO, steps=STEPS,
        longest=LONGEST_NOTE,
    )  # fmt: skip


def _label(laid: Laid, rater: str, given: Fields) -> tuple[Label | None, str]:
    """The label that was given, or why there is none."""
    if not rater:
        return None, NO_NAME
    scores = {scale.name: _score(given.get(scale.name, "")) for scale in SCALES}
    missing = [scale.title.lower() for scale in SCALES if scores[scale.name] is None]
    if missing:
        return None, f"Give {' and '.join(missing)} a score from 1 to 5, in halves."
    note = given.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        return None, f"The note is longer than {LONGEST_NOTE} characters: shorten it."
    pair = laid.judged
    try:
        return Label(
            triplet_id=pair.triplet, attempt=pair.attempt, kind=pair.kind, operation=pair.operation,
            instruction=pair.instruction, before=pair.before, after=pair.after, rater=rater,
            adherence=scores["adherence"] or 0.0, aesthetics=scores["aesthetics"] or 0.0, note=note, job_id=pair.job,
            judge=pair.judge, judged=pair.scores, accepted=pair.accepted, at=time.time(),
        ), ""  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return None, f"This cannot be kept: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}."


def _score(text: str) -> float | None:
    return next((step for step in STEPS if text == f"{step:.1f}"), None)


def _fields(label: Label) -> Fields:
    return {"adherence": f"{label.adherence:.1f}", "aesthetics": f"{label.aesthetics:.1f}", "note": label.note}


def _rater(text: str) -> str:
    """The name, if it is one."""
    try:
        return _RATER.validate_python(text)
    except ValidationError:
        return ""


def _texts(gallery: Gallery, triplet_id: str) -> list[tuple[str, str]]:
    """The instruction in other forms and languages; only what is on the shelf has them, so they would tell its fate."""
    try:
        return sorted(shelf.read(gallery.blobs, triplet_id).texts.items())
    except Missing:
        return []


def _link(choice: Choice, job: str) -> str:
    return f"/label/pair/{quote(job)}{choice.address()}" if job else ""


def _lost(gallery: Gallery, request: Request, choice: Choice, job: str) -> Response:
    then = f"/label/next{choice.address(after=job)}"
    return gallery.page(request, "label_refused.html", 404, title="Not here", why=NO_PAIR, then=then)
