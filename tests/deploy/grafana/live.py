"""Asks a Prometheus everything that the dashboards and the rules ask, and says what came back empty or refused."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from math import isnan

from infra.services.prometheus import Server
from tests.deploy.grafana import reading
from tests.deploy.grafana.reading import Asking

SHOWN = "5m"
FALLBACK = re.compile(r"\((?P<expr>.*)\) or on \(\) vector\(0\)", re.DOTALL)
"""Of what is 0 where there is nothing: it is never empty, but what it stands in for may be."""
CONSTANT = re.compile(r"vector\([\d.]+\)")


class Live:
    """A Prometheus that scrapes something, and since when."""

    def __init__(self, server: Server) -> None:
        self._server, self._since = server, time.time()

    def empty(self, names: Iterable[str], job: str) -> set[str]:
        """What of these dashboards never had data of that pipeline; raises ValueError for what Prometheus refuses."""
        found: set[str] = set()
        for name in names:
            given = reading.defaults(name, SHOWN) | {"job": job}
            for asking in [*reading.queries(name), *reading.notes(name)]:
                expr = _bare(reading.filled(asking.expr, given))
                if not CONSTANT.fullmatch(expr) and not self._has(expr):
                    found.add(str(asking))
            found |= {
                f"{name}: values of {variable}"
                for variable, selector, label in reading.values(name)
                if not self._values(reading.filled(selector, given), label)
            }
        return found

    def refused(self, names: Iterable[str], job: str) -> Iterator[str]:
        """What Prometheus says against a query, whatever is chosen."""
        for name in names:
            for given in _choices(name):
                for asking in reading.queries(name):
                    yield from self._error(asking, given | {"job": job})

    def rules(self) -> Mapping[str, str]:
        """What is wrong with each rule: why it failed, or that it was not evaluated; nothing of those that are well."""
        groups = self._server.get("/api/v1/rules")["groups"]
        return {
            rule["name"]: rule.get("lastError") or rule["health"]
            for group in groups
            for rule in group["rules"]
            if rule["health"] != "ok"
        }

    def unrecorded(self, names: Iterable[str]) -> set[str]:
        """Those of these recorded metrics that have no series."""
        return {name for name in names if not self._has(name)}

    def _has(self, expr: str) -> bool:
        asked = {"query": expr, "start": f"{self._since}", "end": f"{time.time()}", "step": "1"}
        rows = self._server.get("/api/v1/query_range", **asked)["result"]
        return any(not isnan(float(value)) for row in rows for _, value in row["values"])

    def _values(self, selector: str, label: str) -> list[str]:
        found: list[str] = self._server.get(f"/api/v1/label/{label}/values", **{"match[]": selector})
        return found

    def _error(self, asking: Asking, given: Mapping[str, str]) -> Iterator[str]:
        try:
            self._server.query(reading.filled(asking.expr, given))
        except ValueError as error:
            yield f"{asking}: {error}"


def _bare(expr: str) -> str:
    match = FALLBACK.fullmatch(expr)
    return match["expr"] if match else expr


def _choices(name: str) -> Iterator[dict[str, str]]:
    """Each choice of each variable that offers some, the others as they are when a dashboard is opened."""
    for variable in reading.variables(name).values():
        for option in variable.get("options", []):
            yield reading.defaults(name, SHOWN) | {variable["name"]: option["value"]}
