"""Panels of one taste over the types of Grafana's own SDK: none without a title, a text, a unit and a legend."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from string import ascii_uppercase
from typing import ClassVar

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.builders import common as make
from grafana_foundation_sdk.builders import heatmap as heatmaps
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common, dashboard, heatmap, units
from grafana_foundation_sdk.models.prometheus import Dataquery, PromQueryFormat, QueryEditorMode

from infra.deploy.grafana.palette import LOOKS, NEUTRAL, Look, Steps

COUNT, SHARE, SECONDS, DOLLARS, BYTES = units.Short, units.PercentUnit, units.Seconds, units.Dollars, units.BytesIEC
HOURLY, MINUTELY, SECONDLY, DOLLARS_HOURLY = "suffix:/h", "suffix:/min", "suffix:/s", "suffix: $/h"
LAST = "lastNotNull"
SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True)
class Query:
    """A PromQL expression and what its series are called; `{{label}}` is a label's value."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """A panel: what it tells, what to do when that is bad, and where to read on.

    `runbook` is the anchor of a section of RUNBOOK.md, `more` the uid of the dashboard that shows it closer, `width`
    its share of the 24 columns (0: as much as the others). `most` ends an axis, `signed` lets it go below zero.
    """

    title: str
    tells: str
    bad: str
    unit: str
    queries: tuple[Query, ...]
    steps: Steps = NEUTRAL
    runbook: str = ""
    more: str = ""
    width: int = 0
    most: float | None = None
    signed: bool = False
    empty: str | None = None

    INSTANT: ClassVar[bool] = False
    SHAPE: ClassVar[PromQueryFormat] = PromQueryFormat.TIME_SERIES

    def model(self) -> dashboard.Panel:
        """As Grafana has it, but for its number, place and links."""
        panel = self._drawn()
        panel.title, panel.description, panel.datasource = self.title, f"{self.tells} {self.bad}", SOURCE
        panel.targets = [self._target(ref, query) for ref, query in zip(ascii_uppercase, self.queries, strict=False)]
        config = panel.field_config = panel.field_config or dashboard.FieldConfigSource(overrides=[])
        given = config.defaults = config.defaults or dashboard.FieldConfig()
        given.unit, given.max_val, given.no_value = self.unit, self.most, self.empty
        given.min_val = None if self.signed else 0
        given.thresholds = dashboard.ThresholdsConfig(
            dashboard.ThresholdsMode.ABSOLUTE, [dashboard.Threshold(value, colour) for value, colour in self.steps]
        )
        given.color = given.color or dashboard.FieldColor(dashboard.FieldColorModeId.THRESHOLDS)
        return panel

    @abstractmethod
    def _drawn(self) -> dashboard.Panel:
        """What only this kind of panel has."""

    def _looks(self) -> list[Look]:
        """Those that series of this panel may have."""
        legends = [query.legend for query in self.queries]
        return [
            look
            for look in LOOKS
            if any(f"{{{{{look.of}}}}}" in legend if look.of else re.search(look.name, legend) for legend in legends)
        ]

    def _target(self, ref: str, query: Query) -> Dataquery:
        return Dataquery(
            query.expr, instant=self.INSTANT, range_val=not self.INSTANT, format_val=self.SHAPE, ref_id=ref,
            legend_format=query.legend, editor_mode=QueryEditorMode.CODE, datasource=SOURCE,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stat(Panel):
    """One big number, or a few, coloured by its steps; `trend` draws how it came to be beneath."""

    trend: bool = True

    def _drawn(self) -> dashboard.Panel:
        coloured = common.BigValueColorMode.BACKGROUND if len(self.steps) > 1 else common.BigValueColorMode.VALUE
        graph = common.BigValueGraphMode.AREA if self.trend else common.BigValueGraphMode.NONE
        panel = stat.Panel().color_mode(coloured).graph_mode(graph).reduce_options(_last())
        return panel.orientation(common.VizOrientation.AUTO).justify_mode(common.BigValueJustifyMode.CENTER).build()


@dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Series over time; steps that are not neutral are drawn as dashed lines. `stacked` where they add up."""

    stacked: bool = False

    def _drawn(self) -> dashboard.Panel:
        panel = (
            timeseries.Panel()
            .line_width(1)
            .fill_opacity(30 if self.stacked else 6)
            .show_points(common.VisibilityMode.NEVER)
            .color_scheme(_by_name())
            .legend(_legend())
            .tooltip(make.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
        )
        if self.stacked:
            panel.stacking(make.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        if len(self.steps) > 1:
            panel.thresholds_style(make.GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.DASHED))
        for look in self._looks():
            panel.override_by_regexp(f"/{look.name}/", _looking(look))
        return panel.build()


@dataclass(frozen=True, kw_only=True)
class Bars(Panel):
    """One bar for each series, as it is now or was over the time shown, in the order of the queries."""

    INSTANT: ClassVar[bool] = True

    def _drawn(self) -> dashboard.Panel:
        panel = (
            bargauge.Panel()
            .orientation(common.VizOrientation.HORIZONTAL)
            .display_mode(common.BarGaugeDisplayMode.BASIC)
            .value_mode(common.BarGaugeValueMode.TEXT)
            .show_unfilled(True)
            .reduce_options(_last())
        )
        if len(self.steps) == 1:
            panel.color_scheme(_by_name())
            for look in self._looks():
                panel.override_by_regexp(f"/{look.name}/", _looking(look)[:1])
        return panel.build()


@dataclass(frozen=True, kw_only=True)
class Heat(Panel):
    """How the observations of a histogram are spread, over time; the query gives its buckets, by `le`."""

    SHAPE: ClassVar[PromQueryFormat] = PromQueryFormat.HEATMAP

    def _drawn(self) -> dashboard.Panel:
        colours = heatmaps.HeatmapColorOptions().mode(heatmap.HeatmapColorMode.SCHEME).scheme("Blues").fill("dark-blue")
        return (
            heatmaps.Panel()
            .calculate(False)
            .color(colours.steps(32).exponent(0.5).scale(heatmap.HeatmapColorScale.EXPONENTIAL))
            .y_axis(heatmaps.YAxisConfig().unit(self.unit))
            .rows_frame(heatmaps.RowsHeatmapOptions().layout(common.HeatmapCellLayout.AUTO))
            .show_legend()
            .show_tooltip()
            .cell_gap(1)
            .scale_distribution(make.ScaleDistributionConfig().type(common.ScaleDistribution.LINEAR))
            .build()
        )


@dataclass(frozen=True)
class Column:
    """A column of numbers: its name, its unit, and steps that colour its cells."""

    name: str
    unit: str
    expr: str
    steps: Steps = NEUTRAL


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """One row for each combination of the labels `by`, one column for each query; most of the first `columns` on top.

    The expressions must give series of exactly those labels. `hidden` are labels that are not shown, `named` says what
    the others are called.
    """

    columns: tuple[Column, ...]
    by: tuple[str, ...]
    queries: tuple[Query, ...] = ()
    unit: str = COUNT

    INSTANT: ClassVar[bool] = True
    SHAPE: ClassVar[PromQueryFormat] = PromQueryFormat.TABLE

    def model(self) -> dashboard.Panel:
        """As Grafana has it; the queries are those of the columns."""
        panel = super().model()
        panel.targets = [
            self._target(ref, Query(column.expr)) for ref, column in zip(ascii_uppercase, self.columns, strict=False)
        ]
        return panel

    def _drawn(self) -> dashboard.Panel:
        panel = table.Panel().cell_height(common.TableCellHeight.SM).show_header(True)
        panel.sort_by([make.TableSortByFieldState().display_name(self.columns[0].name).desc(True)])
        for one in (dashboard.DataTransformerConfig("merge", options={}), self._ordered()):
            panel.with_transformation(one)
        for column in self.columns:
            panel.override_by_name(column.name, _cell(column))
        return panel.build()

    def _ordered(self) -> dashboard.DataTransformerConfig:
        values = (
            ["Value"] if len(self.columns) == 1 else [f"Value #{ref}" for ref in ascii_uppercase[: len(self.columns)]]
        )
        names = [column.name for column in self.columns]
        order = {name: place for place, name in enumerate([*self.by, *values])}
        options = {
            "excludeByName": {"Time": True},
            "indexByName": order,
            "renameByName": dict(zip(values, names, strict=True)),
        }
        return dashboard.DataTransformerConfig("organize", options=options)


def _cell(column: Column) -> list[dashboard.DynamicConfigValue]:
    unit = dashboard.DynamicConfigValue("unit", column.unit)
    if len(column.steps) == 1:
        return [unit]
    steps = [{"value": value, "color": colour} for value, colour in column.steps]
    return [
        unit,
        dashboard.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
        dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def _looking(look: Look) -> list[dashboard.DynamicConfigValue]:
    colour = dashboard.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": look.colour})
    if not look.dashed:
        return [colour]
    return [
        colour,
        dashboard.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
        dashboard.DynamicConfigValue("custom.fillOpacity", 0),
        dashboard.DynamicConfigValue("custom.stacking", {"group": "A", "mode": "none"}),
    ]


def _by_name() -> FieldColor:
    return FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def _last() -> make.ReduceDataOptions:
    return make.ReduceDataOptions().calcs([LAST]).fields("").values(False)


def _legend() -> make.VizLegendOptions:
    shown = make.VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST)
    return shown.placement(common.LegendPlacement.BOTTOM).calcs([LAST])
