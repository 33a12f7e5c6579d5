"""The builder of dashboards: what does not fit is refused, and links lead to the runbook's sections."""

import json
from typing import Any

import pytest
import yaml

from infra.deploy.grafana import runbook
from infra.deploy.grafana.board import Band, Board, Row
from infra.deploy.grafana.panels import COUNT, Column, Lines, Query, Stat, Table
from tests.deploy.grafana.reading import FOLDER

DOCUMENT = """# Runbook

Read this first.

## NhrBreakerOpen

Bring it back.

## Lag: near retention

More workers.
"""


def stat(title: str, **given: Any) -> Stat:
    return Stat(title=title, tells="It tells.", bad="Do that.", unit=COUNT, queries=(Query("up"),), **given)


def board(*bands: Band, rows: tuple[Row, ...] = ()) -> dict[str, Any]:
    built: dict[str, Any] = json.loads(Board("nhr-kafka", "A test.", bands, rows).json(runbook.sections(DOCUMENT)))
    return built


def places(panels: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    return [tuple(panel["gridPos"][side] for side in "xywh") for panel in panels]


def test_panels_share_what_those_with_a_width_leave() -> None:
    panels = board(Band(4, (stat("a", width=12), stat("b"), stat("c"))))["panels"]
    assert places(panels) == [(0, 0, 12, 4), (12, 0, 6, 4), (18, 0, 6, 4)]


@pytest.mark.parametrize("widths", [(12,), (12, 13), (10, 0, 0, 0), (24, 0)])
def test_panels_that_do_not_fill_the_width_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not fill 24 columns"):
        board(Band(4, tuple(stat(str(place), width=width) for place, width in enumerate(widths))))


def test_the_panels_of_a_collapsed_row_are_kept_within_it() -> None:
    rows = (Row("rare", (Band(8, (stat("a"),)),), collapsed=True), Row("daily", (Band(8, (stat("b"),)),)))
    rare, daily, below = board(rows=rows)["panels"]
    assert [panel["title"] for panel in rare["panels"]] == ["a"]
    assert (rare["gridPos"]["y"], daily["gridPos"]["y"], below["gridPos"]["y"]) == (0, 1, 2)


def test_a_panel_leads_to_the_section_of_the_runbook_that_it_names() -> None:
    (panel,) = board(Band(4, (stat("a", runbook="lag-near-retention"),)))["panels"]
    (link,) = panel["links"]
    page = json.loads(runbook.board(DOCUMENT).json({}))
    (number,) = [section["id"] for section in page["panels"] if section["title"] == "Lag: near retention"]
    assert link["url"] == f"/d/nhr-runbook?viewPanel={number}"
    assert page["uid"] == "nhr-runbook"


def test_a_section_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="a: the runbook has no section nowhere"):
        board(Band(4, (stat("a", runbook="nowhere"),)))


def test_the_runbook_is_shown_section_by_section() -> None:
    page = json.loads(runbook.board(DOCUMENT).json({}))
    said = {panel["title"]: panel["options"]["content"] for panel in page["panels"]}
    assert said == {"NhrBreakerOpen": "Bring it back.", "Lag: near retention": "More workers."}


def test_a_table_names_its_columns_after_what_they_tell() -> None:
    one, two = Column("waiting", COUNT, "a"), Column("done", COUNT, "b")
    for columns, values in (((one,), ["Value"]), ((one, two), ["Value #A", "Value #B"])):
        table = Table(title="t", tells="It tells.", bad="Do that.", by=("group",), columns=columns)
        (panel,) = board(Band(4, (table,)))["panels"]
        merged, ordered = panel["transformations"]
        assert merged["id"] == "merge"
        assert ordered["options"]["renameByName"] == dict(zip(values, ["waiting", "done"], strict=False))
        assert [target["expr"] for target in panel["targets"]] == [column.expr for column in columns]
        assert all(target["instant"] and target["format"] == "table" for target in panel["targets"])


def test_lines_of_a_number_that_is_no_measurement_are_dashed_and_grey() -> None:
    queries = (Query("a", "{{stage}}"), Query("vector(1)", "judge, paper"))
    lines = Lines(title="l", tells="It tells.", bad="Do that.", unit=COUNT, queries=queries)
    (panel,) = board(Band(4, (lines,)))["panels"]
    (override,) = panel["fieldConfig"]["overrides"]
    assert override["matcher"] == {"id": "byRegexp", "options": "/paper$/"}
    assert "custom.lineStyle" in {one["id"] for one in override["properties"]}


def test_grafana_is_given_the_data_source_and_the_folder_of_the_dashboards() -> None:
    (source,) = yaml.safe_load((FOLDER / "provisioning/datasources/nhr.yml").read_text(encoding="utf-8"))["datasources"]
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/nhr.yml").read_text(encoding="utf-8"))["providers"]
    assert (source["type"], source["isDefault"], source["url"]) == ("prometheus", True, "http://prometheus:9090")
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
