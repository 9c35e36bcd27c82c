"""Boards as Grafana reads them, made by `grafana-foundation-sdk`: JSON in the form that every Grafana from 10
on reads.

The same board gives the same bytes: ids, places and colours follow from the declaration.
"""

import warnings
from pathlib import Path
from typing import Any, Final

from dashboards.panels import MEANT_COLOURS, Board, BoardPanel, BoardQuery, Source

with warnings.catch_warnings():
    # The SDK would rather make Grafana 13's own form, which older ones do not read.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import common, dashboard, stat, table, timeseries
    from grafana_foundation_sdk.builders import prometheus as prometheus_queries
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.variants import Dataquery
    from grafana_foundation_sdk.models import common as common_models
    from grafana_foundation_sdk.models import dashboard as models

FOLDER: Final = Path(__file__).parent / "generated"
DATASOURCES: Final[dict[Source, str]] = {
    "prometheus": "prometheus",
    "clickhouse": "grafana-clickhouse-datasource",
}
"""Grafana's type of each source; the second is a plugin of ClickHouse."""
INTERVAL: Final = {"prometheus": "$__rate_interval", "clickhouse": "$__interval_s"}
GOOD, BAD = "green", "red"
VERDICTS: Final = ("approve", "challenge", "review", "decline")
LABELS: Final = ("fraud", "legitimate")
MEANINGS: Final = ("caught", "challenged", "missed", "insult")


class ClickHouseQuery(Dataquery):
    """A query of ClickHouse's plugin for Grafana, which the SDK does not know."""

    def __init__(self, sql: str, ref_id: str, is_table: bool) -> None:
        self.sql, self.ref_id, self.is_table = sql, ref_id, is_table

    def to_json(self) -> dict[str, object]:
        """As the plugin keeps it."""
        kind = (
            {"queryType": "table", "format": 1} if self.is_table else {"queryType": "timeseries", "format": 0}
        )
        return {"refId": self.ref_id, "editorType": "sql", "rawSql": self.sql, **kind}

    def build(self) -> "ClickHouseQuery":
        """Itself: the SDK takes whatever builds a query."""
        return self


def documents(boards: tuple[Board, ...]) -> dict[Path, str]:
    """Every board's file with its text; those on the warehouse are in a folder of their own."""
    return {file_of(board): document(board) for board in boards}


def file_of(board: Board) -> Path:
    """Where a board is written."""
    return FOLDER / ("warehouse" if board.asks("clickhouse") else "metrics") / f"{board.uid}.json"


def document(board: Board) -> str:
    """One board as JSON."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.meaning)
        .tags(["tollgate"])
        .editable()
        .refresh("30s" if board.asks("prometheus") else "5m")
        .time("now-3h" if board.asks("prometheus") else "now-90d", "now")
        .timezone("utc")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
    )
    for variable in _variables(board):
        built = built.with_variable(variable)
    for title, panels in board.rows.items():
        built = built.with_row(dashboard.Row(title))
        for panel in panels:
            built = built.with_panel(_panel(panel))
    return JSONEncoder(sort_keys=True, indent=1).encode(built.build()) + "\n"


def _to_the_others() -> Any:
    return (
        dashboard.DashboardLink("Tollgate")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["tollgate"])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
    )


def _variables(board: Board) -> list[Any]:
    """The sources that the board asks, and the engine that is looked at."""
    sources = sorted({panel.source for panel in board.panels})
    chosen = [
        dashboard.DatasourceVariable(source).label(source).type(DATASOURCES[source]) for source in sources
    ]
    engine = dashboard.QueryVariable("engine").label("Engine").sort(models.VariableSort.ALPHABETICAL_ASC)
    if "prometheus" in sources:
        query: Any = {"query": "label_values(tollgate_journal_entry, engine)", "refId": "engine"}
        engine = engine.datasource(_source("prometheus")).query(query)
    else:
        engine = engine.datasource(_source("clickhouse")).query(
            "SELECT DISTINCT engine FROM v_day_by_verdict"
        )
    return [*chosen, engine.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)]


def _source(source: Source) -> Any:
    return common_models.DataSourceRef(type_val=DATASOURCES[source], uid=f"${{{source}}}")


def _panel(panel: BoardPanel) -> Any:
    built = _drawn(panel)
    built = (
        built.title(panel.title)
        .description(panel.meaning)
        .datasource(_source(panel.source))
        .unit(panel.unit)
        .span(panel.width)
        .height(panel.height)
    )
    for number, query in enumerate(panel.queries):
        built = built.with_target(_target(panel, query, chr(ord("A") + number)))
    return built if panel.limit is None else built.thresholds(_thresholds(panel))


def _drawn(panel: BoardPanel) -> Any:
    if panel.kind == "number":
        newest = common.ReduceDataOptions().calcs(["lastNotNull"])
        return stat.Panel().graph_mode(common_models.BigValueGraphMode.AREA).reduce_options(newest)
    if panel.kind == "table":
        return table.Panel()
    built = timeseries.Panel().min(0).fill_opacity(10).line_width(1)
    built = built.legend(
        common.VizLegendOptions().placement(common_models.LegendPlacement.BOTTOM).show_legend(True)
    )
    for name in _meant(panel):
        colour = {"mode": "fixed", "fixedColor": MEANT_COLOURS[name]}
        built = built.override_by_name(name, [models.DynamicConfigValue(id_val="color", value=colour)])
    if panel.kind == "stack":
        stacking = common.StackingConfig().mode(common_models.StackingMode.NORMAL)
        return built.stacking(stacking).fill_opacity(40)
    if panel.limit is not None:
        style = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        return built.thresholds_style(style)
    return built


def _meant(panel: BoardPanel) -> list[str]:
    """The names of series whose colours have a meaning."""
    meant = {"verdict": VERDICTS, "label": LABELS, "meaning": MEANINGS}
    columns = {column for query in panel.queries for column in query.columns}
    return [name for column in sorted(columns & meant.keys()) for name in meant[column]]


def _target(panel: BoardPanel, query: BoardQuery, ref_id: str) -> Any:
    text = query.text.replace("$interval", INTERVAL[panel.source])
    if panel.source == "clickhouse":
        return ClickHouseQuery(text, ref_id, panel.kind == "table")
    target = prometheus_queries.Dataquery().expr(text).legend_format(query.legend).ref_id(ref_id)
    return target.instant() if panel.kind == "table" else target.range()


def _thresholds(panel: BoardPanel) -> Any:
    below, above = (BAD, GOOD) if panel.is_bad_below else (GOOD, BAD)
    steps = [models.Threshold(color=below, value=None), models.Threshold(color=above, value=panel.limit)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
