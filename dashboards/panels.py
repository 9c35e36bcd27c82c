"""What a board is made of, whoever draws it: Grafana (`dashboards.grafana`) or we ourselves
(`dashboards.pictures`).

Invariant: a panel names the columns that its queries give (labels of a series, or columns of a row), and a
test runs every query and compares. `$engine` in a query is the engine that is looked at, `$interval` the
window of a rate; `$__dateFilter(day)` and `$__timeFilter(minute)`, of ClickHouse's plugin for Grafana, the
stretch of time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

QUERIES: Final = Path(__file__).parent / "queries"
PanelKind = Literal["lines", "stack", "number", "table"]
Source = Literal["prometheus", "clickhouse"]
MEANT_COLOURS: Final = {
    "approve": "#4a9d5b",
    "challenge": "#3b6fb6",
    "review": "#d4a017",
    "decline": "#c0504d",
    "fraud": "#c0504d",
    "legitimate": "#4a9d5b",
    "caught": "#4a9d5b",
    "challenged": "#3b6fb6",
    "missed": "#c0504d",
    "insult": "#d4a017",
}
"""Of series by their names: the same on every board."""
WIDTH: Final = 24
"""Of a board, in Grafana's columns."""


@dataclass(frozen=True)
class BoardQuery:
    """One query of a panel."""

    text: str
    """PromQL or SQL."""
    legend: str = ""
    """What a series is called: `{{verdict}}`."""
    columns: tuple[str, ...] = ()
    """Labels that each series has, or columns of each row, in order."""


@dataclass(frozen=True)
class BoardPanel:
    """One panel."""

    title: str
    meaning: str
    """What it shows, and what is good; shown behind the panel's i."""
    queries: tuple[BoardQuery, ...]
    unit: str = "short"
    """A unit of Grafana's: s, bytes, percentunit, reqps ..."""
    kind: PanelKind = "lines"
    source: Source = "prometheus"
    width: int = 8
    height: int = 7
    limit: float | None = None
    """From here on it is red."""
    is_bad_below: bool = False
    """Red is below the limit instead."""


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    meaning: str
    rows: dict[str, tuple[BoardPanel, ...]]
    """Panels by the title of their row."""

    @property
    def panels(self) -> tuple[BoardPanel, ...]:
        return tuple(panel for row in self.rows.values() for panel in row)

    def asks(self, source: Source) -> bool:
        """Whether any panel asks this source."""
        return any(panel.source == source for panel in self.panels)


def series(text: str, legend: str = "", *columns: str) -> BoardQuery:
    """A query in PromQL."""
    return BoardQuery(text, legend, columns)


def sql(name: str, *columns: str) -> BoardQuery:
    """The query in `dashboards/queries/NAME.sql`. Of lines the first column is `time`, texts tell series
    apart, numbers are their values.
    """
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    return BoardQuery(text, columns=columns)


def quantiles(metric: str, by: str = "", *, where: str = "") -> tuple[BoardQuery, ...]:
    """p50, p95 and p99 of a histogram, by one label more if given."""
    labels = f"{by}, le" if by else "le"
    matched = f'engine="$engine"{"," if where else ""}{where}'
    shown = f" {{{{{by}}}}}" if by else ""
    return tuple(
        series(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{matched}}}[$interval])))",
            f"{name}{shown}",
            *((by,) if by else ()),
        )
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    )


def rate(metric: str, by: str, where: str = "") -> BoardQuery:
    """A counter's increase a second, by a label."""
    matched = f'engine="$engine"{"," if where else ""}{where}'
    return series(f"sum by ({by}) (rate({metric}{{{matched}}}[$interval]))", f"{{{{{by}}}}}", by)
