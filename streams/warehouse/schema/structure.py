"""Whether the tables and views are still what the migrations made them.

`structure.json` says what ClickHouse says of them after all migrations; `make pages` writes it. The texts of
views are compared only with a ClickHouse of the version that wrote it: each version words them differently.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

FILE: Final = Path(__file__).parent / "structure.json"
MISSING: Final = "is missing"
TABLES: Final = (
    "SELECT name, engine, sorting_key, replaceAll(as_select, concat(database, '.'), '') FROM system.tables"
    " WHERE database = currentDatabase()"
)
COLUMNS: Final = (
    "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position"
)


def structure(client: "Client") -> dict[str, Any]:
    """The version of ClickHouse, and of each table and view its engine, order, columns and text."""
    tables: dict[str, dict[str, Any]] = {
        str(name): {"engine": str(engine), "order": str(order), "text": str(text), "columns": {}}
        for name, engine, order, text in client.query(TABLES).result_rows
    }
    for table, name, kind in client.query(COLUMNS).result_rows:
        tables[str(table)]["columns"][str(name)] = str(kind)
    version = str(client.command("SELECT version()"))
    return {"version": ".".join(version.split(".")[:2]), "tables": dict(sorted(tables.items()))}


def structure_faults(client: "Client", expected: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What is wrong with a table or view, by its name; empty when nothing is. Others' tables do not count."""
    wanted, there = expected or expected_structure(), structure(client)
    same_version = wanted["version"] == there["version"]
    found = {
        name: _fault(table, there["tables"].get(name), same_version)
        for name, table in wanted["tables"].items()
    }
    return {name: fault for name, fault in found.items() if fault}


def expected_structure() -> dict[str, Any]:
    """The structure that this version of Tollgate needs."""
    known: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


def _fault(wanted: Mapping[str, Any], there: Mapping[str, Any] | None, same_version: bool) -> str:
    if there is None:
        return MISSING
    columns, held = wanted["columns"], there["columns"]
    if missing := sorted(columns.keys() - held.keys()):
        return f"has no column {', '.join(missing)}"
    if more := sorted(held.keys() - columns.keys()):
        return f"has another column, {', '.join(more)}"
    if changed := [name for name, kind in columns.items() if held[name] != kind]:
        return f"has another type in column {', '.join(changed)}"
    if (there["engine"], there["order"]) != (wanted["engine"], wanted["order"]):
        return f"has another engine or order, {there['engine']} by {there['order']}"
    return "has another text" if same_version and there["text"] != wanted["text"] else ""
