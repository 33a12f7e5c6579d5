"""The live page: the funnel as it fills, how fast, what waits; its inner part is asked for again and again."""

import sqlite3

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.gallery.gallery import Gallery
from infra.gallery.index import telling
from infra.gallery.index.telling import Lately
from infra.report import numbers
from infra.report.texts import count, elapsed, percent

EVERY_S = 5
RATED = ("sources", "attempts", "judged", "survivors", "triplets")
TOLD = ("in_flight", "oldest_s", "members", "rate")
"""Of a queue, where it can be told."""


class Numbers:
    """The numbers as they stand, made anew only when something was counted since."""

    def __init__(self) -> None:
        self._made: tuple[object, dict[str, object]] = (None, {})

    def of(self, index: sqlite3.Connection) -> dict[str, object]:
        """The sections of the report's page of numbers."""
        state = telling.state(index)
        if self._made[0] != state:
            self._made = state, numbers.sections(telling.funnel(index), telling.pace(index))
        return self._made[1]


def routes(gallery: Gallery) -> list[Route]:
    """The page, and the part of it that is renewed."""
    told = Numbers()

    def page(request: Request) -> Response:
        return _live(gallery, told, request, "live.html")

    def part(request: Request) -> Response:
        return _live(gallery, told, request, "now.html")

    def standing(request: Request) -> Response:
        return gallery.page(request, "standing.html")

    return [Route("/live", page), Route("/live/now", part), Route("/standing", standing)]


def _live(gallery: Gallery, told: Numbers, request: Request, template: str) -> Response:
    with gallery.asked() as index:
        sections, lately = told.of(index), telling.lately(index)
    work = gallery.watch.latest()
    busy = [one for one in work.queues if one.waiting or one.in_flight or one.members or one.state]
    return gallery.page(
        request, template, title="Live", every=EVERY_S, work=work, queues=busy,
        told={name for name in TOLD if any(getattr(one, name) is not None for one in busy)},
        rated=RATED, lately=[_row(one) for one in lately], count=count, elapsed=elapsed,
        numbers=sections,
    )  # fmt: skip


def _row(one: Lately) -> tuple[str, list[tuple[str, str]], str]:
    """(window, (how many, an hour) of each that is rated, share that survives)."""
    cells = [(count(one.counts.get(what, 0)), f"{one.hourly(what):,.0f}") for what in RATED]
    return one.title, cells, percent(one.survival)
