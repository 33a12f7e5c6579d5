"""Questions to the index: a page of a list under filters, the neighbours of an entry, the choices of a filter."""

import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.gallery.index import words
from infra.gallery.index.schema import FILTERS, SCORES

PAGE = 48
MOST_COUNTED = 2_000
"""Matches beyond it are told as more than that."""
MOST_CHOICES = 300
"""Values of a filter that are offered; others can still be asked for by the address."""
SORTS = {
    "triplets": {"newest": ("at", "DESC"), "oldest": ("at", "ASC"), "best": ("overall", "DESC"),
                 "worst": ("overall", "ASC")},
    "rejected": {"newest": ("at", "DESC"), "oldest": ("at", "ASC")},
}  # fmt: skip
Cursor = tuple[float, int]
"""Where a page ends: the value that the list is sorted by, and the entry's number."""


@dataclass(frozen=True)
class Query:
    """What is wanted of a list."""

    table: str
    filters: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    score: str = "overall"
    least: float | None = None
    most: float | None = None
    sort: str = "newest"

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.filters or self.text.strip() or self.least is not None or self.most is not None)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as a card shows it: its columns, and what is kept beside them."""

    id: str
    cursor: Cursor
    columns: Mapping[str, Any]
    card: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries; `earlier` and `later`: whether there are more on either side."""

    items: list[Item]
    earlier: bool
    later: bool


def page(
    connection: sqlite3.Connection, query: Query, at: Cursor | None, back: bool, size: int = PAGE, matches: int = 0
) -> Page:  # fmt: skip
    """The entries after `at` (or, `back`, before it) in the order of the query; the first ones for None.

    `matches`, where it is known, is how many there are.
    """
    numbers = _numbers(connection, query, at, back, size + 1, matches)
    more = len(numbers) > size
    numbers = numbers[:size][::-1] if back else numbers[:size]
    items = _items(connection, query, numbers)
    return Page(items, more if back else at is not None, at is not None if back else more)


def neighbours(connection: sqlite3.Connection, query: Query, name: str) -> tuple[str, str]:
    """The ids before and after an entry in the order of the query; "" at an end."""
    column, _ = SORTS[query.table][query.sort]
    found = connection.execute(f"SELECT {column}, number FROM {query.table} WHERE id = ?", (name,)).fetchone()
    if found is None:
        return "", ""
    sides = [_numbers(connection, query, (found[0], found[1]), back, 1) for back in (True, False)]
    names = [_items(connection, query, side) for side in sides]
    return (names[0][0].id if names[0] else ""), (names[1][0].id if names[1] else "")


def count(connection: sqlite3.Connection, query: Query) -> int:
    """How many match, at most MOST_COUNTED + 1."""
    if not query.narrowed:
        return total(connection, query.table)
    where, values = _where(connection, query)
    source, match = query.table, words.query(query.text)
    if query == Query(query.table, text=query.text, sort=query.sort) and match and not words.as_id(query.text):
        source, values = f"{query.table}_words JOIN {query.table} ON number = {query.table}_words.rowid", [match]
        where = f"{query.table}_words MATCH ? AND shown = 1"
    found: tuple[int] = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT {MOST_COUNTED + 1})", values
    ).fetchone()
    return found[0]


def total(connection: sqlite3.Connection, table: str) -> int:
    """How many are shown in all."""
    found = connection.execute("SELECT count FROM facets WHERE list = ? AND name = '' AND value = ''", (table,))
    return int((found.fetchone() or (0,))[0])


def choices(connection: sqlite3.Connection, table: str) -> dict[str, list[tuple[str, int]]]:
    """The values of each filter with how many are shown, most first."""
    rows = connection.execute(
        "SELECT name, value, count FROM facets WHERE list = ? AND name != '' AND value != '' AND count > 0 "
        "ORDER BY count DESC, value",
        (table,),
    )
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in FILTERS[table]}
    for name, value, number in rows:
        if len(found[name]) < MOST_CHOICES:
            found[name].append((value, number))
    return found


def _numbers(
    connection: sqlite3.Connection, query: Query, at: Cursor | None, back: bool, limit: int, matches: int = 0
) -> list[int]:  # fmt: skip
    column, way = SORTS[query.table][query.sort]
    if back:
        way = {"ASC": "DESC", "DESC": "ASC"}[way]
    where, values = _where(connection, query)
    if at is not None:
        where += f" AND ({column}, number) {'<' if way == 'DESC' else '>'} (?, ?)"
        values += list(at)
    # Few that are found by words or scores are sorted when they are found; the "+" keeps them from being looked for in
    # the order of the list, all through it.
    found = query.text.strip() or query.least is not None or query.most is not None
    order = f"+{column}" if found and 0 < matches <= MOST_COUNTED else column
    rows = connection.execute(
        f"SELECT number FROM {query.table} WHERE {where} ORDER BY {order} {way}, number {way} LIMIT {limit}", values
    )
    return [number for (number,) in rows]


def _where(connection: sqlite3.Connection, query: Query) -> tuple[str, list[Any]]:
    terms, values = ["shown = 1"], list[Any]()
    rarest = _rarest(connection, query)
    for name, value in query.filters.items():
        if name not in FILTERS[query.table]:
            raise ValueError(f"{query.table} has no filter {name}")
        terms.append(f"{'' if name == rarest else '+'}{name} = ?")
        values.append(value)
    for sign, bound in ((">=", query.least), ("<=", query.most)):
        if bound is not None and math.isfinite(bound):
            terms.append(f"{query.score if query.score in SCORES else SCORES[0]} {sign} ?")
            values.append(bound)
    if query.text.strip():
        text, more = _text(query)
        terms.append(text)
        values += more
    return " AND ".join(terms), values


def _rarest(connection: sqlite3.Connection, query: Query) -> str:
    """The filter that leaves least: its index is the one to be used, which the "+" before others sees to."""
    counts = {
        name: connection.execute(
            "SELECT count FROM facets WHERE list = ? AND name = ? AND value = ?", (query.table, name, value)
        ).fetchone()
        for name, value in query.filters.items()
    }
    return min(counts, key=lambda name: counts[name][0] if counts[name] else 0, default="")


def _text(query: Query) -> tuple[str, list[Any]]:
    begins, match = words.as_id(query.text), words.query(query.text)
    if begins:  # ids sort as their texts: what begins so lies before the same beginning with a later letter
        return "(id >= ? AND id < ? OR source >= ? AND source < ?)", [begins, begins + "g"] * 2
    if not match:
        return "0", []
    return f"number IN (SELECT rowid FROM {query.table}_words WHERE {query.table}_words MATCH ?)", [match]


def _items(connection: sqlite3.Connection, query: Query, numbers: list[int]) -> list[Item]:
    if not numbers:
        return []
    table, column = query.table, SORTS[query.table][query.sort][0]
    names = ("id", "at", *FILTERS[table], *SCORES)
    rows = connection.execute(
        f"SELECT number, {column}, data, {', '.join(names)} FROM {table} JOIN {table}_cards USING (number) "
        f"WHERE number IN ({', '.join('?' * len(numbers))})",
        numbers,
    )
    found = {}
    for number, value, data, *columns in rows:
        told = dict(zip(names, columns, strict=True))
        found[number] = Item(told["id"], (value, number), told, json.loads(data))
    return [found[number] for number in numbers if number in found]
