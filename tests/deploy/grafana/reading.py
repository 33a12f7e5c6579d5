"""The committed dashboards as their readers see them: panels, queries, variables."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "infra" / "deploy" / "grafana"
DASHBOARDS: Mapping[str, Any] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted((FOLDER / "dashboards").glob("*.json"))
}
MEASURED = tuple(name for name in DASHBOARDS if name != "runbook")
VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)")


@dataclass(frozen=True)
class Asking:
    """An expression, with whose it is."""

    dashboard: str
    panel: str
    ref: str
    expr: str
    legend: str = ""

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} ({self.ref})"


def panels(name: str) -> list[dict[str, Any]]:
    """All panels of a dashboard, those of collapsed rows too, without rows."""
    return [
        panel
        for outer in DASHBOARDS[name]["panels"]
        for panel in (outer["panels"] if outer["type"] == "row" else [outer])
    ]


def variables(name: str) -> dict[str, dict[str, Any]]:
    """The variables of a dashboard, by name."""
    return {one["name"]: one for one in DASHBOARDS[name]["templating"].get("list", [])}


def queries(name: str) -> Iterator[Asking]:
    """Every query of a dashboard's panels."""
    for panel in panels(name):
        for target in panel.get("targets", []):
            yield Asking(name, panel["title"], target["refId"], target["expr"], target["legendFormat"])


def notes(name: str) -> Iterator[Asking]:
    """Every query whose results are drawn over a dashboard."""
    for note in DASHBOARDS[name]["annotations"]["list"]:
        yield Asking(name, note["name"], "annotation", note["expr"])


def values(name: str) -> Iterator[tuple[str, str, str]]:
    """Variable, selector and label of each list of values that Prometheus is asked for."""
    for variable in variables(name).values():
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert found, variable
            yield variable["name"], found[1], found[2]


def used(text: str) -> set[str]:
    """Names of the variables in a text."""
    return {braced or bare for braced, bare in VARIABLE.findall(text)}


def filled(text: str, given: Mapping[str, str]) -> str:
    """A text with its variables replaced; KeyError for one that nobody gives."""
    return VARIABLE.sub(lambda found: given[found[1] or found[2]], text)


def defaults(name: str, shown: str = "1h", step: str = "1m") -> dict[str, str]:
    """What Grafana fills in when a dashboard is opened: the first choice, all values."""
    given = {
        variable["name"]: variable.get("allValue") or variable.get("current", {}).get("value", "")
        for variable in variables(name).values()
    }
    return given | {"job": "nhr", "__range": shown, "__interval": step, "__rate_interval": step}
