"""Tables and views of the warehouse with what their columns hold.

ClickHouse keeps comments of tables and of their columns, and none of views: what a view is for is said by the
header of its file, and its columns mean what they mean in the table of the same column.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from dashboards.console.warehouse import Rows, WarehouseReader
from streams.warehouse.schema import load_views

COLUMNS_MAX: Final = 5_000


@dataclass(frozen=True)
class SchemaColumn:
    """One column."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class SchemaTable:
    """One table or view. Views are for reading; tables hold copies and what was replaced as well."""

    name: str
    comment: str
    is_view: bool
    columns: list[SchemaColumn] = field(default_factory=list)


def schema_of(warehouse: WarehouseReader) -> list[SchemaTable]:
    """All of them, views first. Raises what the warehouse raises."""
    return tables_of(warehouse.rows("explore/schema", {}, None, COLUMNS_MAX))


def tables_of(rows: Rows) -> list[SchemaTable]:
    """The rows of the query, a table each."""
    meanings = {str(row["name"]): str(row["comment"]) for row in rows if row["comment"]}
    tables: dict[str, SchemaTable] = {}
    for row in rows:
        name, column = str(row["table"]), str(row["name"])
        if name not in tables:
            comment = str(row["table_comment"]) or view_headers().get(name, "")
            tables[name] = SchemaTable(name, comment, bool(row["is_view"]))
        comment = str(row["comment"]) or meanings.get(column, "")
        tables[name].columns.append(SchemaColumn(column, str(row["type"]), comment))
    return list(tables.values())


@cache
def view_headers() -> dict[str, str]:
    """What the file of each view says of it: its grain, who reads it, what it costs."""
    return {
        view.name.removesuffix(".sql"): " ".join(
            line.removeprefix("-- ") for line in view.statement.splitlines() if line.startswith("-- ")
        )
        for view in load_views()
    }
