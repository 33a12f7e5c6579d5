"""What is looked at, kept in the address: filters, text, scores, order and where a page begins."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from infra.gallery.index.asking import SORTS, Cursor, Query
from infra.gallery.index.schema import FILTERS, SCORES

LONGEST = 400
"""Characters of a value that is taken from an address."""


@dataclass(frozen=True)
class View:
    """A query and the place in its list; `back`: the page before that place."""

    query: Query
    at: Cursor | None = None
    back: bool = False

    def address(self, at: Cursor | None = None, back: bool = False) -> str:
        """The query string of another page of the same list, "" or beginning with "?"."""
        said = spoken(self.query)
        if at is not None:
            said["before" if back else "after"] = f"{at[0]!r},{at[1]}"
        return f"?{urlencode(said)}" if said else ""


def read(table: str, given: Mapping[str, str]) -> View:
    """The view that an address names; whatever it says that makes no sense is passed over."""
    filters = {name: value for name in FILTERS[table] if (value := given.get(name, "")[:LONGEST])}
    sort, score = given.get("sort", ""), given.get("score", "")
    query = Query(
        table, filters, given.get("q", "")[:LONGEST], score if score in SCORES else SCORES[0],
        _number(given.get("min", "")), _number(given.get("max", "")), sort if sort in SORTS[table] else "newest",
    )  # fmt: skip
    for name, back in (("after", False), ("before", True)):
        if (cursor := _cursor(given.get(name, ""))) is not None:
            return View(query, cursor, back)
    return View(query)


def spoken(query: Query) -> dict[str, str]:
    """The query as an address says it, defaults left out."""
    said = {"q": query.text.strip(), **query.filters}
    if query.least is not None or query.most is not None:
        said |= {"score": "" if query.score == SCORES[0] else query.score, "min": _plain(query.least),
                 "max": _plain(query.most)}  # fmt: skip
    said["sort"] = "" if query.sort == "newest" else query.sort
    return {name: value for name, value in said.items() if value}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _cursor(text: str) -> Cursor | None:
    value, comma, number = text.partition(",")
    found = _number(value)
    if not comma or found is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return found, int(number)
