"""A dashboard: bands of panels under rows, its variables, and the links between dashboards and to the runbook."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from infra.deploy.grafana.asked import told
from infra.deploy.grafana.panels import SOURCE, Panel

COLUMNS = 24
TAG = "nhr"
RUNBOOK = "nhr-runbook"
TITLES: Mapping[str, str] = {
    "nhr-overview": "Overview",
    "nhr-funnel": "Funnel and quality",
    "nhr-workers": "Workers and GPUs",
    "nhr-kafka": "Kafka and lag",
    RUNBOOK: "Runbook",
}
"""Of every dashboard, by uid."""
KEPT = "${__url_time_range}&${datasource:queryparam}&${job:queryparam}"
"""The time shown, the data source and the pipeline go along to another dashboard."""


@dataclass(frozen=True)
class Band:
    """Panels side by side, all of one height; those without a width share what the others leave."""

    height: int
    panels: tuple[Panel, ...]

    def placed(self, y: int) -> Iterator[tuple[Panel, dashboard.GridPos]]:
        """The panels with their places; raises ValueError when they do not fill the width exactly."""
        free = COLUMNS - sum(panel.width for panel in self.panels)
        sharing = sum(not panel.width for panel in self.panels)
        if (free % sharing if sharing else free) or (sharing and free <= 0):
            raise ValueError(f"{[panel.title for panel in self.panels]} do not fill {COLUMNS} columns")
        x = 0
        for panel in self.panels:
            wide = panel.width or free // sharing
            yield panel, dashboard.GridPos(h=self.height, w=wide, x=x, y=y)
            x += wide


@dataclass(frozen=True)
class Row:
    """A heading and what stands under it; `collapsed` for what is rarely looked at, and costs no query till then."""

    title: str
    bands: tuple[Band, ...]
    collapsed: bool = False


@dataclass(frozen=True)
class Ask:
    """A variable named like a label, with the values that a metric has of it; of `many`, several are chosen, or all."""

    label: str
    metric: str
    tells: str
    many: bool = True

    def build(self) -> dashboard.VariableModel:
        """As Grafana's model."""
        asked = f"label_values({told(self.metric) if self.many else self.metric}, {self.label})"
        query: dict[str, object] = {"query": asked, "refId": "StandardVariableQuery"}
        made = build.QueryVariable(self.label).label(self.label.replace("_", " ")).description(self.tells)
        made.datasource(SOURCE).query(query)
        if self.many:
            everything = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
            made.multi(True).include_all(True).all_value(".*").current(everything)
        return (
            made.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
            .build()
        )


@dataclass(frozen=True)
class Choose:
    """A variable with these values, the first unless told otherwise; `spans` are lengths of time."""

    name: str
    values: tuple[str, ...]
    tells: str
    spans: bool = False

    def build(self) -> dashboard.VariableModel:
        """As Grafana's model."""
        made = (build.IntervalVariable if self.spans else build.CustomVariable)(self.name)
        options = [dashboard.VariableOption(value == self.values[0], value, value) for value in self.values]
        made.label(self.name.replace("_", " ")).description(self.tells).values(",".join(self.values))
        return made.options(options).current(options[0]).build()


@dataclass(frozen=True)
class Board:
    """A dashboard; `top` stands above the first row."""

    uid: str
    tells: str
    top: tuple[Band, ...]
    rows: tuple[Row, ...]
    variables: tuple[Ask | Choose, ...] = ()
    since: str = "now-6h"

    def json(self, sections: Mapping[str, int]) -> str:
        """As Grafana reads it; `sections` are the panels of the runbook by anchor."""
        made = (
            build.Dashboard(f"NHR · {TITLES[self.uid]}")
            .uid(self.uid)
            .description(self.tells)
            .tags([TAG])
            .readonly()
            .refresh("30s")
            .time(self.since, "now")
            .timezone("browser")
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .build()
        )
        made.links, made.annotations = [_others()], dashboard.AnnotationContainer(list(NOTES))
        variables = [_source(), PIPELINE.build(), *(variable.build() for variable in self.variables)]
        made.templating = dashboard.DashboardDashboardTemplating(variables)
        made.panels = list(self._laid_out(sections))
        return json.dumps(made, cls=JSONEncoder, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def _laid_out(self, sections: Mapping[str, int]) -> Iterator[dashboard.Panel | dashboard.RowPanel]:
        numbers = count(1)
        y, panels = _stacked(self.top, 0, numbers, sections)
        yield from panels
        for row in self.rows:
            place = dashboard.GridPos(h=1, w=COLUMNS, x=0, y=y)
            heading = dashboard.RowPanel(row.collapsed, row.title, grid_pos=place, id_val=next(numbers), panels=[])
            beneath, panels = _stacked(row.bands, y + 1, numbers, sections)
            yield heading
            if row.collapsed:
                heading.panels, y = panels, y + 1
            else:
                yield from panels
                y = beneath


def _stacked(
    bands: Sequence[Band], y: int, numbers: Iterator[int], sections: Mapping[str, int]
) -> tuple[int, list[dashboard.Panel]]:
    """The panels of bands one below the other, and where the next would start."""
    panels = []
    for band in bands:
        for panel, place in band.placed(y):
            model = panel.model()
            model.id_val, model.grid_pos, model.links = next(numbers), place, list(_links(panel, sections))
            panels.append(model)
        y += band.height
    return y, panels


def _links(panel: Panel, sections: Mapping[str, int]) -> Iterator[dashboard.DashboardLink]:
    if panel.runbook:
        if panel.runbook not in sections:
            raise ValueError(f"{panel.title}: the runbook has no section {panel.runbook}; it has {sorted(sections)}")
        url = f"/d/{RUNBOOK}?viewPanel={sections[panel.runbook]}"
        yield dashboard.DashboardLink("Runbook", dashboard.DashboardLinkType.LINK, "doc", "What to do", url, [])
    if panel.more:
        url, title = f"/d/{panel.more}?{KEPT}", TITLES[panel.more]
        yield dashboard.DashboardLink(title, dashboard.DashboardLinkType.LINK, "dashboard", "Closer", url, [])


def _others() -> dashboard.DashboardLink:
    """The other dashboards, on top of each, with the time and the variables they share."""
    return dashboard.DashboardLink(
        "NHR", dashboard.DashboardLinkType.DASHBOARDS, "apps", "", "", [TAG], include_vars=True, keep_time=True
    )


PIPELINE = Ask("job", "nhr_build_info", "The job that Prometheus scrapes a pipeline as.", many=False)


def _source() -> dashboard.VariableModel:
    made = build.DatasourceVariable("datasource").label("data source").type("prometheus")
    return made.description("The Prometheus that scrapes NHR.").build()


NOTES = (
    dashboard.AnnotationQuery(
        "Alerts that page", SOURCE, icon_color="red", expr='ALERTS{alertstate="firing", severity="page"}'
    ),
    dashboard.AnnotationQuery(
        "Processes started", SOURCE, enable=False, icon_color="blue",
        expr=f"time() - {told('process_start_time_seconds')} < 120",
    ),
)  # fmt: skip
"""Drawn over all that runs in time."""
