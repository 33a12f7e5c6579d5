"""Asks a Prometheus everything that the dashboards and the rules ask, and says what was refused or never had data."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan

from infra.services.prometheus import Server
from tests.deploy.grafana import declared, reading
from tests.deploy.grafana.reading import Asking

SHOWN = "5m"
FALLBACK = re.compile(r"\((?P<expr>.*)\) or on \(\) vector\(0\)", re.DOTALL)
"""Of what is 0 where there is nothing: it is never empty, but what it stands in for may be."""
CONSTANT = re.compile(r"vector\([\d.]+\)")


@dataclass(frozen=True)
class Found:
    """What Prometheus refused, and what of the dashboards and of the recorded metrics never had data."""

    refused: tuple[str, ...]
    empty: frozenset[str]
    unrecorded: frozenset[str]


class Live:
    """A Prometheus that has scraped something since now."""

    def __init__(self, server: Server) -> None:
        self._server, self._since = server, time.time()
        self._empty = dict(_asked())

    def found(self) -> Found:
        """All of it; raises ValueError where Prometheus refuses a query as it is when a dashboard is opened."""
        return Found((*self._refused(), *self._failed_rules()), self.empty(), self._unrecorded())

    def empty(self) -> frozenset[str]:
        """Queries and variables that never had data, by dashboard, panel and letter."""
        self._empty = {what: expr for what, expr in self._empty.items() if not self._has(expr)}
        return frozenset(self._empty)

    def _refused(self) -> Iterator[str]:
        """What Prometheus says against queries, whatever is chosen."""
        for name in reading.MEASURED:
            for given in _choices(name):
                for asking in reading.queries(name):
                    yield from self._error(asking, given)

    def _error(self, asking: Asking, given: Mapping[str, str]) -> Iterator[str]:
        try:
            self._server.query(reading.filled(asking.expr, given))
        except ValueError as error:
            yield f"{asking}: {error}"

    def _failed_rules(self) -> Iterator[str]:
        for group in self._server.get("/api/v1/rules")["groups"]:
            for rule in group["rules"]:
                if rule["health"] != "ok":
                    yield f"rule {rule['name']}: {rule.get('lastError') or rule['health']}"

    def _unrecorded(self) -> frozenset[str]:
        return frozenset(name for name in declared.rules() if not self._has(name))

    def _has(self, expr: str) -> bool:
        """Whether there ever was a number."""
        asked = {"query": expr, "start": f"{self._since}", "end": f"{time.time()}", "step": "1"}
        rows = self._server.get("/api/v1/query_range", **asked)["result"]
        return any(not isnan(float(value)) for row in rows for _, value in row["values"])


def _asked() -> Iterator[tuple[str, str]]:
    """What is asked when dashboards are opened, and by whom; of variables, the series that have their values."""
    for name in reading.MEASURED:
        given = reading.defaults(name, SHOWN)
        for asking in [*reading.queries(name), *reading.notes(name)]:
            expr = _bare(reading.filled(asking.expr, given))
            if not CONSTANT.fullmatch(expr):
                yield str(asking), expr
        for variable, selector, label in reading.values(name):
            yield f"{name}: values of {variable}", f"count by ({label}) ({reading.filled(selector, given)})"


def _bare(expr: str) -> str:
    match = FALLBACK.fullmatch(expr)
    return match["expr"] if match else expr


def _choices(name: str) -> Iterator[dict[str, str]]:
    """Each choice of each variable that offers some, the others as they are when a dashboard is opened."""
    for variable in reading.variables(name).values():
        for option in variable.get("options", []):
            yield reading.defaults(name, SHOWN) | {variable["name"]: option["value"]}
