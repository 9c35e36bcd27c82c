"""Boards as pictures, drawn by matplotlib: for reports, and where no Grafana is to be had. What is asked is
what Grafana would ask.

A panel that gives nothing says so in its picture: an empty one would look as if all were well. Names come
from elsewhere and are drawn as they are, never read as formulas (`parse_math`).
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from dashboards.panels import MEANT_COLOURS, WIDTH, Board, BoardPanel
from dashboards.prometheus import Line


@dataclass(frozen=True)
class PanelData:
    """What the queries of a panel gave: series with their names, or a table."""

    lines: list[tuple[str, Line]] = field(default_factory=list)
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()


Ask = Callable[[BoardPanel], PanelData]

INCHES_A_COLUMN: Final = 0.75
INCHES_A_ROW: Final = 0.36
HEAD_ROWS: Final = 2
"""For the board's title."""
SERIES_MAX: Final = 20
"""Drawn in one panel; more cannot be told apart."""
COLOURS: Final = (
    "#3b6fb6", "#e07b39", "#4a9d5b", "#c0504d", "#8064a2", "#7f7f7f", "#d4a017", "#17a2b8", "#b05f93",
    "#5b7f95",
)  # fmt: skip
GOOD, BAD, QUIET = "#2e7d32", "#c62828", "#888888"
NOTHING: Final = "no data"
BAR_DAYS: Final = 0.4
"""Width of what stands for a single day, where there is no second one to draw an area to."""
CELL_MAX: Final = 28
"""Characters of a cell."""


def draw(board: Board, ask: Ask, file: Path) -> list[str]:
    """Draws a board into a PNG file; returns the titles of its panels that had no data."""
    titles, places, height = _laid_out(board)
    scale = height + HEAD_ROWS
    figure = Figure(figsize=(WIDTH * INCHES_A_COLUMN, scale * INCHES_A_ROW), dpi=90)
    FigureCanvasAgg(figure)
    figure.suptitle(board.title, x=0.01, y=1 - 0.8 / scale, ha="left", fontsize=15, fontweight="bold")
    for title, top in titles:
        figure.text(0.01, 1 - (top + HEAD_ROWS + 0.7) / scale, title, fontsize=12, color=QUIET)
    empty = []
    for panel, left, top in places:
        data = ask(panel)
        lines = [(name, line) for name, line in data.lines if _has_values(line)]
        _draw_panel(figure.add_axes(_axes(panel, left, top + HEAD_ROWS, scale)), panel, lines, data)
        empty += [] if lines or data.rows else [panel.title]
    figure.savefig(file)
    return empty


def named(legend: str, line: Line) -> str:
    """The name of a series by its legend, as Grafana makes it.

    >>> named("{{verdict}} of {{engine}}", Line({"verdict": "approve"}, [], []))
    'approve of '
    """
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda label: line.labels.get(label[1], ""), legend)


def shown(value: float, unit: str) -> str:
    """A value with its unit.

    >>> shown(0.0123, "s"), shown(172_800, "s"), shown(0.05, "percentunit"), shown(2e9, "bytes")
    ('12.3 ms', '2 d', '5 %', '1.86 GiB')
    """
    if not math.isfinite(value):
        return "-"
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        return _duration(value)
    steps = (
        [(2**40, " TiB"), (2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB")] if unit == "bytes" else _SHORT
    )
    for size, name in steps:
        if abs(value) >= size:
            return f"{value / size:.3g}{name}{_SUFFIX.get(unit, '')}"
    return f"{value:.3g}{_SUFFIX.get(unit, '')}"


_SHORT: Final = [(1e9, " bn"), (1e6, " m"), (1e3, " k")]
_SUFFIX: Final = {"cps": "/s", "currencyEUR": " EUR"}


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds * 1e6:.3g} µs" if seconds else "0 s"


def _has_values(line: Line) -> bool:
    return any(math.isfinite(value) for value in line.values)


def _laid_out(board: Board) -> tuple[list[tuple[str, int]], list[tuple[BoardPanel, int, int]], int]:
    """Titles of rows with their tops, panels with left and top, the height of all: as Grafana puts them."""
    titles, places, top = [], [], 0
    for title, row in board.rows.items():
        titles.append((title, top))
        left, top, line_height = 0, top + 1, 0
        for panel in row:
            if left + panel.width > WIDTH:
                left, top, line_height = 0, top + line_height, 0
            places.append((panel, left, top))
            left, line_height = left + panel.width, max(line_height, panel.height)
        top += line_height
    return titles, places, top


def _axes(panel: BoardPanel, left: int, top: int, scale: int) -> tuple[float, float, float, float]:
    """Of the axes within the figure, with room for title and labels."""
    bottom = 1 - (top + panel.height - 1.2) / scale
    return left / WIDTH + 0.035, bottom, panel.width / WIDTH - 0.05, (panel.height - 2.2) / scale


def _draw_panel(axes: Any, panel: BoardPanel, lines: list[tuple[str, Line]], data: PanelData) -> None:
    axes.set_title(panel.title, loc="left", fontsize=9.5, fontweight="bold")
    if data.rows:
        _draw_table(axes, panel, data)
    elif not lines:
        axes.text(0.5, 0.5, NOTHING, ha="center", va="center", color=QUIET, transform=axes.transAxes)
        axes.set_axis_off()
    elif panel.kind == "number":
        _draw_number(axes, panel, lines[0][1])
    else:
        _draw_lines(axes, panel, lines[:SERIES_MAX])


def _aligned(lines: list[tuple[str, Line]]) -> list[tuple[str, Line]]:
    """With a value at each time that any of them has; 0 where a series has none."""
    times = sorted({time for _, line in lines for time in line.times_s})
    aligned = []
    for name, line in lines:
        values = dict(zip(line.times_s, line.values, strict=True))
        filled = [value if math.isfinite(value := values.get(time, 0.0)) else 0.0 for time in times]
        aligned.append((name, Line(line.labels, times, filled)))
    return aligned


def _draw_table(axes: Any, panel: BoardPanel, data: PanelData) -> None:
    """As many rows as there is room for; more are said."""
    room = max(1, 2 * (panel.height - 3))
    shown_rows = [
        [_cell(name, value) for name, value in zip(data.columns, row, strict=True)] for row in data.rows
    ]
    if len(shown_rows) > room:
        rest = len(shown_rows) - room + 1
        shown_rows = [*shown_rows[: room - 1], [f"{rest} more", *[""] * (len(data.columns) - 1)]]
    drawn = axes.table(
        shown_rows,
        colLabels=list(data.columns),
        loc="upper left",
        cellLoc="left",
        colLoc="left",
        edges="horizontal",
    )
    for cell in drawn.get_celld().values():
        cell.get_text().set_parse_math(False)
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(7)
    axes.set_axis_off()


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        is_share = column.endswith(("_rate", "precision", "disagreed"))
        return shown(value, "percentunit") if is_share else f"{value:,.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple):
        text = ", ".join(map(str, value))
    else:
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if len(text) <= CELL_MAX else f"{text[: CELL_MAX - 1]}…"


def _draw_number(axes: Any, panel: BoardPanel, line: Line) -> None:
    value = next(value for value in reversed(line.values) if math.isfinite(value))
    colour = "black"
    if panel.limit is not None:
        is_bad = value < panel.limit if panel.is_bad_below else value >= panel.limit
        colour = BAD if is_bad else GOOD
    axes.text(
        0.5, 0.55, shown(value, panel.unit), ha="center", va="center", fontsize=22, color=colour,
        transform=axes.transAxes,
    )  # fmt: skip
    axes.set_axis_off()


def _draw_lines(axes: Any, panel: BoardPanel, lines: list[tuple[str, Line]]) -> None:
    if panel.kind == "stack":
        lines = _aligned(lines)
    below = [0.0] * len(lines[0][1].values)
    for number, (name, line) in enumerate(lines):
        times = [datetime.fromtimestamp(time, UTC) for time in line.times_s]
        colour = MEANT_COLOURS.get(name, COLOURS[number % len(COLOURS)])
        if panel.kind == "stack" and len(times) == 1:
            axes.bar(times, line.values, BAR_DAYS, below, color=colour, alpha=0.6, label=name)
            axes.set_xlim(times[0] - timedelta(days=1), times[0] + timedelta(days=1))
            below = [low + value for low, value in zip(below, line.values, strict=True)]
        elif panel.kind == "stack":
            above = [low + value for low, value in zip(below, line.values, strict=True)]
            axes.fill_between(times, below, above, color=colour, alpha=0.6, linewidth=0, label=name)
            below = above
        else:
            mark = "o" if len(times) == 1 else None
            axes.plot(times, line.values, color=colour, linewidth=1.3, label=name, marker=mark)
    if panel.limit is not None:
        axes.axhline(panel.limit, color=BAD, linewidth=0.9, linestyle="--")
    values = [value for _, line in lines for value in line.values if math.isfinite(value)]
    low, high = min(0.0, *values), max(axes.get_ylim()[1] if any(values) else 1.0, 0.0)
    axes.set_ylim(low, high + 0.3 * (high - low))  # room for the legend
    axes.yaxis.set_major_formatter(lambda value, _: shown(value, panel.unit))
    locator = AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.tick_params(labelsize=7)
    axes.xaxis.get_offset_text().set_fontsize(7)
    axes.grid(alpha=0.25)
    legend = axes.legend(fontsize=6.5, loc="upper left", ncols=4, framealpha=0.6)
    for text in legend.get_texts():
        text.set_parse_math(False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
