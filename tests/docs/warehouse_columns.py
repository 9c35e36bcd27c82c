"""The columns of the warehouse's tables and views as Markdown, for docs/query-warehouse.md; `make pages`
writes them.
"""

import json
import tempfile
from collections import ChainMap
from collections.abc import Sequence
from pathlib import Path

from clickhouse_connect.driver.client import Client

from streams.warehouse.schema.migrate import VIEWS
from streams.warehouse.schema.structure import FILE, structure

PAGE = Path(__file__).parents[2] / "docs/query-warehouse.md"
BEGIN, END = "<!-- columns: begin -->\n", "<!-- columns: end -->\n"
TABLES = ("decisions", "dead_letters", "decisions_minute", "decisions_hour")
DERIVED = {
    "hour": "start of the hour",
    "approved": "decisions with the verdict approve",
    "challenged": "decisions with the verdict challenge",
    "reviewed": "decisions with the verdict review",
    "declined": "decisions with the verdict decline",
    "approval_rate": "approved / decisions; null where there are none",
    "approved_reference_amount": "EUR cents of what was approved",
    "dead_letters": "refused messages",
    "refusals": "those that were answered with a refusal",
    "payload_start": "the first 1,000 bytes of the message as text",
    "cumulated": "latency histogram added up from its lowest bucket",
    "p50_bucket_ms": "lower bound of the bucket that half of the decisions reach",
    "p99_bucket_ms": "lower bound of the bucket that 99 % of the decisions reach",
    "canary": "the challenger decided",
    "disagreed": "decisions of which the other model says otherwise",
    "without_probability": "decisions to which the challenger gave no probability",
}
"""Columns that a view computes; the others mean what they mean in their table."""
OF_THE_VIEW = {
    ("v_trials", "decisions"): "decisions made during the trial",
    ("v_trials", "challenger_probability"): "mean probability by the challenger",
    ("v_trials", "champion_probability"): "mean probability by the champion",
    ("v_trials", "reference_amount"): "EUR cents",
    ("v_dead_letter_reasons", "payload_bytes"): "bytes of the refused messages",
}


def render(client: Client) -> str:
    """A section for each table and view, by what ClickHouse says of them."""
    rows = client.query(
        "SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase()"
        " ORDER BY table, position"
    ).result_rows
    meanings = {table: _meanings(table, rows) for table in TABLES}
    views = sorted(VIEWS.glob("*.sql"))
    sections = [_section(table, _comment(client, table), rows, meanings[table]) for table in TABLES]
    sections += [_section(view.stem, _header(view), rows, _of_view(view.stem, meanings)) for view in views]
    return "\n".join(sections)


def _meanings(table: str, rows: Sequence[tuple[str, ...]]) -> dict[str, str]:
    return {name: comment for owner, name, _, comment in rows if owner == table}


def _of_view(view: str, meanings: dict[str, dict[str, str]]) -> dict[str, str]:
    """What the first table says that has a column; views of dead letters ask their own table first."""
    tables = ["dead_letters"] if view.startswith(("v_dead_letter", "v_refusals")) else []
    return dict(ChainMap(*(meanings[table] for table in (*tables, *TABLES))))


def _comment(client: Client, table: str) -> str:
    found = client.query(
        f"SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = '{table}'"
    )
    return f"{found.result_rows[0][0]}."


def _header(view: Path) -> str:
    """The view's own header: grain, reader, cost."""
    return "\n".join(line[3:] for line in view.read_text().splitlines() if line.startswith("-- "))


def _section(name: str, text: str, rows: Sequence[tuple[str, ...]], meaning: dict[str, str]) -> str:
    lines = [f"### `{name}`", "", text, "", "| column | type | what it is |", "|---|---|---|"]
    for table, column, kind, comment in rows:
        if table == name:
            words = comment or OF_THE_VIEW.get((name, column)) or _of(column, name, meaning)
            lines.append(f"| `{column}` | `{kind}` | {_cell(words)} |")
    return "\n".join([*lines, ""])


def _of(column: str, view: str, meaning: dict[str, str]) -> str:
    if column in DERIVED:
        return DERIVED[column]
    if column not in meaning:
        raise LookupError(f"say in {Path(__file__).name} what {view}.{column} is")
    return meaning[column]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def replaced(text: str, columns: str) -> str:
    """The text of the page with these columns between its two marks."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + columns + END + rest.partition(END)[2]


def pages() -> dict[Path, str]:
    """The page and the expected structure: what an empty ClickHouse says after all migrations."""
    from streams.warehouse.database import Database
    from streams.warehouse.schema.migrate import migrate

    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "warehouse")
        client = database.client()
        migrate(client)
        columns, expected = render(client), structure(client)
        client.close()
        database.close()
    text = json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
    return {PAGE: replaced(PAGE.read_text(encoding="utf-8"), columns), FILE: text}
