"""From tokens to dollars, by a dated table; what has no price costs nothing here, and that is said once."""

import logging
import re
import threading
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import NamedTuple

from schemas.ports import Usage

MILLION = 1_000_000
BATCH_SHARE = 0.5
"""What a call in a batch costs of one on its own (both services)."""
VERSION = re.compile(r"-(\d{3}|\d{4}-\d{2}-\d{2})$")
"""The version at the end of a name, which is priced like the name without it."""

log = logging.getLogger(__name__)


class Counts(NamedTuple):
    """Tokens of one call. `input` includes those cached and of pictures; `output` those of thinking and of pictures."""

    input: int = 0
    output: int = 0
    cached: int = 0
    image_input: int = 0
    image_output: int = 0


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens."""

    input: float
    output: float
    cached: float
    image_input: float
    image_output: float

    def of(self, counts: Counts) -> float:
        """What a call costs, in dollars. Cached tokens are taken to be of text first."""
        cached_pictures = max(0, counts.cached - max(0, counts.input - counts.image_input))
        pictures = counts.image_input - cached_pictures
        text = counts.input - counts.cached - pictures
        parts = (
            text * self.input,
            pictures * self.image_input,
            counts.cached * self.cached,
            (counts.output - counts.image_output) * self.output,
            counts.image_output * self.image_output,
        )
        return max(0.0, sum(parts)) / MILLION


class Prices:
    """The prices in force for one connection: those given, else the table's; `share` of them in a batch."""

    def __init__(
        self,
        given_input: float | None = None,
        given_output: float | None = None,
        given_cached: float | None = None,
        share: float = 1.0,
        today: date | None = None,
    ) -> None:
        self._given: Price | None = None
        if given_input is not None or given_output is not None:
            price_in, price_out = given_input or 0.0, given_output or 0.0
            cached = price_in if given_cached is None else given_cached
            self._given = Price(price_in, price_out, cached, price_in, price_out)
        self._share, self._today = share, today
        self._unknown: set[str] = set()
        self._lock = threading.Lock()

    def usage(self, model: str, counts: Counts) -> Usage:
        """What a call of `model` used and costs."""
        price = self._given or find(model, self._today or datetime.now(UTC).date())
        if price is None:
            self._tell(model)
        return Usage(counts.input, counts.output, self._share * price.of(counts) if price else 0.0)

    def _tell(self, model: str) -> None:
        with self._lock:
            new = model not in self._unknown
            self._unknown.add(model)
        if new:
            log.warning("no price known for %s: its calls count as free; give price_in and price_out", model)


def find(model: str, on: date) -> Price | None:
    """The table's price for a model on a day; None for one that it does not know."""
    name = model.rpartition("/")[2]
    rows = _table()
    dated = rows.get(name) or rows.get(VERSION.sub("", name)) or []
    in_force = [price for since, price in dated if since <= on]
    return in_force[-1] if in_force else None


@cache
def _table() -> dict[str, list[tuple[date, Price]]]:
    found: dict[str, list[tuple[date, Price]]] = {}
    text = resources.files("workers.language").joinpath("prices.toml").read_text(encoding="utf-8")
    for row in tomllib.loads(text)["price"]:
        price = Price(
            input=row["input"],
            output=row["output"],
            cached=row.get("cached", row["input"]),
            image_input=row.get("image_input", row["input"]),
            image_output=row.get("image_output", row["output"]),
        )
        for model in row["models"]:
            found.setdefault(model, []).append((row.get("since", date.min), price))
    return {model: sorted(dated, key=lambda one: one[0]) for model, dated in found.items()}
