"""The grid of triplets, and that of what was turned down: filters in the address, a page at a time."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.gallery import shown
from infra.gallery.address import View, read
from infra.gallery.gallery import Gallery
from infra.gallery.index import asking
from infra.gallery.index.asking import Page
from infra.gallery.index.schema import FILTERS, SCORES

TITLES = {"triplets": "Triplets", "rejected": "Rejected attempts"}
PATHS = {"triplets": "/triplet/", "rejected": "/rejected/"}
EVERY = {
    "operation": "Every operation", "style": "Every style", "kind": "Every kind", "model": "Every model",
    "campaign": "Every campaign", "stage": "Every stage", "bar": "Every bar",
}  # fmt: skip
ORDERS = {
    "newest": "Newest first", "oldest": "Oldest first", "best": "Best overall first", "worst": "Lowest overall first",
}  # fmt: skip


def routes(gallery: Gallery) -> list[Route]:
    """Those of both lists."""

    def triplets(request: Request) -> Response:
        return _list(gallery, request, "triplets")

    def rejected(request: Request) -> Response:
        return _list(gallery, request, "rejected")

    return [Route("/", triplets), Route("/rejected", rejected)]


def _list(gallery: Gallery, request: Request, table: str) -> Response:
    view = read(table, request.query_params)
    with gallery.asked() as index:
        count = asking.count(index, view.query)
        found = asking.page(index, view.query, view.at, view.back, matches=count)
        if view.back and not found.earlier:  # the first page: whole, with what has come since
            view = View(view.query)
            found = asking.page(index, view.query, None, False, matches=count)
        choices = asking.choices(index, table)
        total = asking.total(index, table)
    href = view.address()
    cards = [shown.card(item, f"{PATHS[table]}{quote(item.id)}{href}") for item in found.items]
    return gallery.page(
        request, "list.html", title=TITLES[table], table=table, view=view, query=view.query, cards=cards,
        lead="kind" if table == "triplets" else "stage", total=total, count=count, most=asking.MOST_COUNTED,
        filters=[(name, EVERY[name], _options(choices[name], view, name)) for name in FILTERS[table]],
        orders=[(name, ORDERS[name]) for name in asking.SORTS[table]], scores=SCORES,
        links=_links(view, found),
    )  # fmt: skip


def _options(choices: list[tuple[str, int]], view: View, name: str) -> list[tuple[str, str, int, bool]]:
    """(value, title, how many, whether chosen); a value chosen that nothing has any more is offered all the same."""
    chosen = view.query.filters.get(name, "")
    if len(choices) < 2 and not chosen:
        return []
    if chosen and chosen not in dict(choices):
        choices = [*choices, (chosen, 0)]
    return [(value, _titled(name, value), count, value == chosen) for value, count in choices]


def _titled(name: str, value: str) -> str:
    if name == "stage":
        return shown.STAGES.get(value, value)
    return shown.words(value) if name in {"operation", "kind"} else value


def _links(view: View, found: Page) -> dict[str, str]:
    """Where the pages before and after are; "" where there is none."""
    first = found.items[0].cursor if found.items else None
    last = found.items[-1].cursor if found.items else None
    return {
        "first": view.address() or "?" if found.earlier else "",
        "previous": view.address(first, back=True) if found.earlier else "",
        "next": view.address(last) if found.later else "",
    }  # fmt: skip
