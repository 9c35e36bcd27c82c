"""A result as a page shows it: cells as text, bounded in size."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from dashboards.console.design import time_text
from dashboards.console.pages.explore.statements import Result, ResultColumn

COLUMNS_MAX: Final = 100
CELL_MAX: Final = 300
"""Characters of a cell; the whole value is in the CSV."""
PAGE_BYTES_MAX: Final = 1 << 20
"""Of all cells: what is longer is cut, and says so."""
WRAPPED: Final = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)\Z")
NUMBER: Final = re.compile(r"(U?Int\d+|B?Float\d+|Decimal\b.*)\Z")
TIME: Final = re.compile(r"Date(Time)?(32|64)?\b")
Kind = Literal["number", "time", "text"]


@dataclass(frozen=True)
class Heading:
    """A column: its name, ClickHouse's type, and how it is set."""

    name: str
    type: str
    kind: Kind


@dataclass(frozen=True)
class Cell:
    """One value. `moment` is for a time, as machines read it; `text` is None for null."""

    text: str | None
    kind: Kind
    moment: datetime | date | None = None


@dataclass(frozen=True)
class ResultTable:
    """What is shown of a result, and what of it is not."""

    headings: tuple[Heading, ...]
    rows: list[list[Cell]]
    seconds: float
    has_more_rows: bool
    columns_left_out: int

    @property
    def numbers(self) -> list[str]:
        """Columns that can be drawn upwards."""
        return [each.name for each in self.headings if each.kind == "number"]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.headings]


def result_table(result: Result) -> ResultTable:
    """The part of a result that fits into a page."""
    headings = tuple(Heading(each.name, each.type, kind_of(each)) for each in result.columns[:COLUMNS_MAX])
    rows: list[list[Cell]] = []
    size = 0
    for row in result.rows:
        cells = list(_cells(headings, row))
        size += sum(40 + len(cell.text or "") for cell in cells)
        if size > PAGE_BYTES_MAX and rows:
            break
        rows.append(cells)
    return ResultTable(
        headings, rows, result.seconds, result.is_cut or len(rows) < len(result.rows),
        max(0, len(result.columns) - COLUMNS_MAX),
    )  # fmt: skip


def kind_of(column: ResultColumn) -> Kind:
    """How a column is set.

    >>> kinds = "LowCardinality(Nullable(String))", "Nullable(UInt8)", "DateTime64(3)"
    >>> [kind_of(ResultColumn("", each)) for each in kinds]
    ['text', 'number', 'time']
    """
    kind = column.type
    while wrapped := WRAPPED.match(kind):
        kind = wrapped[1]
    if NUMBER.match(kind):
        return "number"
    return "time" if TIME.match(kind) else "text"


def _cells(headings: Sequence[Heading], row: Sequence[Any]) -> Iterable[Cell]:
    for heading, value in zip(headings, row, strict=False):
        if value is None:
            yield Cell(None, heading.kind)
        elif isinstance(value, date):  # a datetime is one too
            until = "second" if isinstance(value, datetime) else "day"
            yield Cell(time_text(value, until), "time", value)
        else:
            yield Cell(_text(value)[:CELL_MAX], heading.kind)


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.12g}"
        case str():
            return value if len(value) <= CELL_MAX else f"{value[: CELL_MAX - 1]}…"
        case list() | tuple() | dict():
            text = json.dumps(value, default=str, ensure_ascii=False)
            return text if len(text) <= CELL_MAX else f"{text[: CELL_MAX - 1]}…"
        case bytes():
            return value.hex()[:CELL_MAX]
        case _:
            return str(value)
