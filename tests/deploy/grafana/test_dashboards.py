"""The dashboards' files: what the code builds, of Grafana's own types, laid out without holes, each panel explained."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard, units

from infra.deploy.grafana.__main__ import FOLDER, built, write
from tests.deploy.grafana import reading
from tests.deploy.grafana.declared import had, own, rules, unknown
from tests.deploy.grafana.reading import DASHBOARDS, MEASURED, Asking
from tests.deploy.prometheus.promql import selectors

COLUMNS = 24
UNITS = {value for name, value in vars(units).items() if name[0].isupper() and isinstance(value, str)}
OF_GRAFANA = {"__range", "__interval", "__rate_interval", "__url_time_range"}
EVERY_QUERY = [asking for name in MEASURED for asking in [*reading.queries(name), *reading.notes(name)]]
EVERY_PANEL = [
    pytest.param(panel, id=f"{name}: {panel['title']}") for name in MEASURED for panel in reading.panels(name)
]

every_dashboard = pytest.mark.parametrize("name", list(DASHBOARDS))
every_panel = pytest.mark.parametrize("panel", EVERY_PANEL)
every_query = pytest.mark.parametrize("asking", EVERY_QUERY, ids=str)


def filled(asking: Asking) -> str:
    """The expression as Grafana sends it when the dashboard is opened."""
    return reading.filled(asking.expr, reading.defaults(asking.dashboard))


def test_the_files_are_what_the_code_builds() -> None:
    told = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert told == built(), "run `make dashboards`"


def test_writing_removes_what_is_no_longer_built(tmp_path: Any) -> None:
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")
    write(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(built())


@every_dashboard
def test_grafanas_own_types_know_everything_in_it(name: str) -> None:
    register_default_plugins()
    understood = dashboard.Dashboard.from_json(DASHBOARDS[name])
    assert json.loads(json.dumps(understood, cls=JSONEncoder)) == DASHBOARDS[name]


def areas(name: str) -> Iterator[list[dict[str, Any]]]:
    """Panels that stand together: above the first row, under each open one, within each collapsed one."""
    together: list[dict[str, Any]] = []
    for panel in DASHBOARDS[name]["panels"]:
        if panel["type"] == "row":
            yield together
            together = panel["panels"] if panel["collapsed"] else []
            if panel["collapsed"]:
                yield together
                together = []
        else:
            together.append(panel)
    yield together


@every_dashboard
def test_panels_fill_the_grid_without_holes_or_overlaps(name: str) -> None:
    for panels in filter(None, areas(name)):
        cells = [
            (x, y)
            for place in (panel["gridPos"] for panel in panels)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        top, bottom = min(y for _, y in cells), max(y for _, y in cells)
        whole = {(x, y) for x in range(COLUMNS) for y in range(top, bottom + 1)}
        assert len(cells) == len(set(cells)), "panels overlap"
        assert set(cells) == whole


@every_dashboard
def test_panels_side_by_side_are_equally_high(name: str) -> None:
    for panels in areas(name):
        tops = {panel["gridPos"]["y"] for panel in panels}
        assert len({(panel["gridPos"]["y"], panel["gridPos"]["h"]) for panel in panels}) == len(tops)


@every_dashboard
def test_rows_follow_each_other_down_the_page(name: str) -> None:
    at = 0
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        if panel["type"] == "row":
            assert (place["x"], place["w"], place["h"], place["y"]) == (0, COLUMNS, 1, at)
            assert all(inner["gridPos"]["y"] > place["y"] for inner in panel["panels"])
        at = max(at, place["y"] + place["h"])


@every_dashboard
def test_numbers_and_titles_are_given_once(name: str) -> None:
    outer = DASHBOARDS[name]["panels"]
    every = outer + [inner for row in outer if row["type"] == "row" for inner in row["panels"]]
    numbers, titles = [panel["id"] for panel in every], [panel["title"] for panel in every]
    assert len(set(numbers)) == len(numbers)
    assert len(set(titles)) == len(titles)


def test_dashboards_have_names_of_their_own() -> None:
    assert len({board["uid"] for board in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert len({board["title"] for board in DASHBOARDS.values()}) == len(DASHBOARDS)


@every_panel
def test_a_panel_says_what_it_tells_and_what_to_do(panel: dict[str, Any]) -> None:
    assert panel["title"]
    sentences = re.split(r"(?<=[.!?]) ", panel["description"])
    assert 2 <= len(sentences) <= 4, panel["description"]
    assert all(re.fullmatch(r"[A-Z0-9`].+[.!?]", sentence) for sentence in sentences), sentences


@every_panel
def test_a_panel_has_a_unit_steps_and_the_chosen_data_source(panel: dict[str, Any]) -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    given = panel["fieldConfig"]["defaults"]
    assert given["unit"] in UNITS or re.fullmatch(r"suffix: ?\S+", given["unit"])
    assert given["thresholds"]["steps"][0]["value"] is None
    assert panel["datasource"] == source
    assert panel["targets"]
    assert all(target["datasource"] == source for target in panel["targets"])


@every_panel
def test_series_are_named_where_they_are_drawn_together(panel: dict[str, Any]) -> None:
    if panel["type"] in {"timeseries", "bargauge"}:
        assert all(target["legendFormat"] for target in panel["targets"])
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["showLegend"]


@every_query
def test_a_query_asks_only_for_what_is_told(asking: Asking) -> None:
    expr = filled(asking)
    assert unknown(expr) == []
    assert set(re.findall(r"{{(\w+)}}", asking.legend)) <= had(expr)


@every_query
def test_a_query_keeps_to_the_chosen_pipeline(asking: Asking) -> None:
    for one in selectors(filled(asking)):
        assert ("job", "=", "nhr") in one.matchers or one.metric == "ALERTS", one


OF_OTHERS = {"kafka_consumergroup_current_offset"}
"""Told for the dashboards of kafka_exporter that people have; ours ask for its sums."""


def test_every_declared_metric_is_on_a_dashboard() -> None:
    read, expressions = set[str](), [filled(asking) for asking in EVERY_QUERY]
    while expressions:
        names = {one.metric for one in selectors(expressions.pop())} - read
        read |= names
        expressions += [rules()[name] for name in names if name in rules()]
    parts = {"_bucket", "_sum", "_count"}
    unread = {name for name in set(own()) - read if not any(name.endswith(part) for part in parts)}
    assert unread == OF_OTHERS


@pytest.mark.parametrize("name", MEASURED)
def test_every_variable_that_is_used_is_there_and_every_other_way_round(name: str) -> None:
    there = set(reading.variables(name))
    texts = [asking.expr + asking.legend for asking in [*reading.queries(name), *reading.notes(name)]]
    texts += [selector for _, selector, _ in reading.values(name)] + [link["url"] for link in links(name)]
    used = set().union(*map(reading.used, texts), {"datasource"})
    assert used - OF_GRAFANA == there


@pytest.mark.parametrize("name", MEASURED)
def test_values_of_a_variable_are_of_a_label_that_there_is(name: str) -> None:
    for variable, selector, label in reading.values(name):
        assert unknown(f"count by ({label}) ({reading.filled(selector, reading.defaults(name))})") == [], variable


def links(name: str) -> list[dict[str, Any]]:
    """The links of a dashboard's panels."""
    return [link for panel in reading.panels(name) for link in panel.get("links", [])]


@pytest.mark.parametrize("name", MEASURED)
def test_links_lead_to_panels_and_dashboards_that_there_are(name: str) -> None:
    numbers = {board["uid"]: {panel["id"] for panel in reading.panels(stem)} for stem, board in DASHBOARDS.items()}
    for link in links(name):
        found = re.fullmatch(r"/d/([\w-]+)\?(?:viewPanel=(\d+)|(?:\$\{\w+(?::queryparam)?\}&?)+)", link["url"])
        assert found, link
        assert found[1] in numbers
        assert found[2] is None or int(found[2]) in numbers[found[1]]
