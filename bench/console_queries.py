"""Every query of the console on millions of decisions: its time and the rows that it reads.

    .venv/bin/python -m bench.console_queries --home /tmp/warehouse-10m --decisions 10000000

The home is filled as by `bench.warehouse_queries`, and besides with what its pages show: rulesets, entries of
lists, changes of models, batches and dead letters. Each query is asked as its route asks it, by a
`WarehouseReader` over HTTP. Aim: 200 ms in the middle. Rows are those of a first time: later ones may read less.
"""

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import click
from clickhouse_connect.driver.client import Client

from bench import warehouse_queries
from bench.console_questions import Facts, Question, questions
from dashboards.console.pages.explore.schema_browser import COLUMNS_MAX
from dashboards.console.pages.explore_link import sql_in_full
from dashboards.console.pages.payments import slices
from dashboards.console.warehouse import Rows, WarehouseReader, query_text
from streams.errors import Outage
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.gate import StatementWatch
from streams.warehouse.http.server import WarehouseServer

AIM_MS: Final = 200
RULESETS, ENTRIES, MODELS = 60, 20_000, 40
"""A ruleset a fortnight for two years, entries of lists, changes of models."""
CONTROLS: Final = """
    SELECT 'live' AS engine, toString(number) AS id, {kind} AS kind, now64(3) - toIntervalHour({count} - number) AS issued_at, 'operator' AS author,
           'because' AS reason, {version} AS version, {target} AS target, {value} AS value, {target} != '' AS present, {change} AS change,
           issued_at AS appended_at, 'controls' AS log_topic, 0 AS log_partition, {first} + number AS log_offset
    FROM numbers({count})"""
RULES: Final = """concat('{"kind":"ruleset","ruleset":{"name":"shop","version":1,"rules":[', arrayStringConcat(arrayMap(
    i -> concat('{"id":"rule_', toString(i), '","description":"a rule of the bench","owner":"fraud","when":"amount > ', toString(i), '","score":10}'),
    range(100)), ','), ']}}')"""
BATCHES: Final = """
    SELECT 'live' AS engine, number + 1 AS number, now64(3) - toIntervalMillisecond(toInt64(({count} - number) * (90 * 86400000 / {count}))) AS engine_time,
           50 AS payments, 50 AS decisions, 50 * (number + 1) AS sequence, engine_time AS appended_at, 'journal' AS log_topic, 0 AS log_partition,
           number AS log_offset FROM numbers({count})"""
LETTERS: Final = """
    SELECT 'live' AS engine, 'live.payments' AS topic, 0 AS partition, number * 7 AS offset,
           now64(3) - toIntervalMillisecond(toInt64(({count} - number) * (90 * 86400000 / {count}))) AS received_at, received_at AS decided_at,
           ['not_json', 'bad_field', 'card_number'][1 + number % 3] AS reason, 'what was wrong' AS detail, 500 AS payload_bytes, repeat('x', 500) AS payload,
           'dead-letters' AS log_topic, 0 AS log_partition, number AS log_offset FROM numbers({count})"""


def fill_pages(client: Client, total: int) -> None:
    """What pages show besides payments, where it is not there."""
    made = {
        "journal": [BATCHES.format(count=total // 50)],
        "dead_letters": [LETTERS.format(count=total // 1_000)],
        "controls": [
            _controls("'ruleset'", RULESETS, 0, version="concat('rules-', toString(number % 12))", change=RULES),
            _controls("'list'", ENTRIES, 1_000, target="['blocked_cards', 'trusted', 'watched'][1 + number % 3]",
                      value="concat('value-', toString(number))"),
            _controls("['model', 'challenger'][1 + number % 2]", MODELS, 500_000, version="'0123456789abcdef'"),
        ],
    }  # fmt: skip
    for table, texts in made.items():
        if not client.command(f"SELECT count() FROM {table}"):
            for text in texts:
                names = client.query(f"SELECT * FROM ({text}) LIMIT 0").column_names
                client.command(f"INSERT INTO {table} ({', '.join(f'`{name}`' for name in names)}) {text}")


def _controls(kind: str, count: int, first: int, **columns: str) -> str:
    given = {name: columns.get(name, "''") for name in ("version", "target", "value", "change")}
    text = CONTROLS.replace("{change}", given.pop("change"))
    for name, value in {**given, "kind": kind, "count": str(count), "first": str(first)}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def filled(home: Path, decisions: int) -> AbstractContextManager[Database]:
    """The warehouse of a home with everything that pages show; filled where it is empty."""
    return warehouse_queries.filled(home, decisions, fill_pages)


@contextmanager
def reading(database: Database, watch: StatementWatch = lambda *_: None) -> Iterator[WarehouseReader]:
    """A reader as the console has it: over HTTP, as the analyst. `watch`: is told of each statement."""
    with tempfile.TemporaryDirectory() as run:
        server = WarehouseServer(database, Path(run) / "warehouse.json", watch=watch)
        server.start()
        reader = WarehouseReader(url_as(server.url, server.home, WarehouseUser.ANALYST))
        try:
            yield reader
        finally:
            reader.close()
            server.stop()


def measured(database: Database, reader: WarehouseReader, question: Question, runs: int) -> dict[str, Any]:
    """The quickest and the middle of several runs in ms, and what is read from the tables. `cpu_ms` is the
    least work of all threads, which is the same on a machine that is busy with something else.
    """
    rows = None
    times, work = [], []
    for _ in range(runs):
        began, worked = time.perf_counter(), time.process_time()
        try:
            rows = asked(reader, question)
        except Outage as failure:
            return {"failed": str(failure)[:300]}
        times.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - worked) * 1000)
    times.sort()
    counted = StatementsRead(database)
    asked(cast(WarehouseReader, counted), question)
    return {
        "ms_min": round(times[0], 1),
        "ms_median": round(times[len(times) // 2], 1),
        "cpu_ms": round(min(work), 1),
        "rows_read": counted.rows_read,
        "rows": len(rows or ()),
    }


def asked(reader: WarehouseReader, question: Question) -> Rows:
    """As its route asks it: a selection of payments in slices of time until there are enough."""
    rows_max = max(COLUMNS_MAX, question.parameters.get("rows", 0))
    if question.query == slices.QUERY:
        return slices.selected_rows(reader, question.parameters, question.scope, question.parameters["rows"])
    return reader.rows(question.query, question.parameters, question.scope, rows_max)


class StatementsRead:
    """Asks in the place of the console's reader, and counts the rows that are read. ClickHouse tells that in
    its own process, and not by HTTP.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows_read = 0

    def rows(self, query_name: str, parameters: Mapping[str, Any], scope: Any, rows_max: int) -> Rows:
        """Rows without their values, which nobody looks at."""
        question = Question(query_name, parameters, scope=scope)
        read, count = rows_read(self._database, question)
        self.rows_read += read
        return Rows((), [()] * min(count, rows_max))


def rows_read(database: Database, question: Question) -> tuple[int, int]:
    """Of the tables, and of the answer; as if it were asked for the first time: ClickHouse remembers in which
    granules a condition found nothing.
    """
    parameters = {
        name: str(value).removesuffix("+00:00") if isinstance(value, datetime) else value
        for name, value in question.parameters.items()
    }
    text = sql_in_full(query_text(question.query), parameters, question.scope)
    with database.connection({"use_query_condition_cache": "0"}) as connection:
        answer = connection.query(text, "TabSeparated")
        return int(answer.storage_rows_read()), (answer.bytes() or b"").count(b"\n")


@click.command()
@click.option("--decisions", default=10_000_000, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Filled where it is empty.")
@click.option("--runs", default=5, show_default=True)
@click.option("--only", default="", help="Queries whose name matches this regular expression.")
@click.option("--table", is_flag=True, help="A table for people instead of a line of JSON each.")
def main(decisions: int, home: Path, runs: int, only: str, table: bool) -> None:
    """Time and rows read of every query of the console."""
    with filled(home, decisions) as database, reading(database) as reader:
        for question in questions(Facts(reader)):
            if re.search(only, question.query):
                found = measured(database, reader, question, runs)
                click.echo(line(question, found) if table else json.dumps(_named(question) | found))


def _named(question: Question) -> dict[str, str]:
    return {"query": question.query, "how": question.how}


def line(question: Question, found: dict[str, Any]) -> str:
    """One row of the table; `!` where the aim is missed."""
    name = f"{question.query}  {question.how}".strip()
    if "failed" in found:
        return f"{name:60} {found['failed']}"
    missed = "!" if found["ms_median"] > AIM_MS else " "
    times = f"{found['ms_min']:>8.1f} {found['ms_median']:>8.1f}{missed} {found['cpu_ms']:>8.1f}"
    return f"{name:60} {times} {found['rows_read']:>12,} {found['rows']:>6,}"


if __name__ == "__main__":
    main()
