"""Every query of the documentation runs; docs/warehouse.md has each table and view with its columns."""

import re
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.database import Database
from streams.warehouse.schema import structure_faults
from streams.warehouse.schema.migrate import load_views
from streams.warehouse.schema.templates import template_of
from tests.docs.warehouse_columns import PAGE, TABLES, render, replaced

RUN = PAGE.with_name("run-warehouse.md")
TEXT = PAGE.read_text(encoding="utf-8")
QUERIES = [
    query
    for page in (PAGE, PAGE.with_name("fraud-team.md"), PAGE.with_name("canary.md"))
    for query in re.findall(r"^```sql\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]


@pytest.fixture(scope="module")
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.partition("FROM")[2].split()[0])
def test_a_query_of_the_page_runs(client: Client, query: str) -> None:
    client.query(query)


def test_the_program_of_the_page_runs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the engine itself: that unmodified clients speak HTTP to it is tested in tests/warehouse."""
    (program,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("CLICKHOUSE_URL", "http://localhost:8123")
    monkeypatch.setattr("clickhouse_connect.get_client", lambda **_: client)
    exec(program, {})


def test_the_users_of_a_server_are_valid_sql(client: Client) -> None:
    (script,) = re.findall(r"^```sql\n(.*?)^```", RUN.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for statement in filter(str.strip, script.split(";")):
        client.query("SELECT formatQuerySingleLine({text:String})", {"text": statement})


def test_the_structure_that_status_expects_is_that_of_clickhouse(client: Client) -> None:
    assert structure_faults(client) == {}, "run `make pages`"


def test_every_view_has_an_example() -> None:
    """Of views that are made from one text, one of them has."""
    missing = {
        template_of(name) or name
        for name in (view.name.removesuffix(".sql") for view in load_views())
        if not any(re.search(rf"(FROM|JOIN) {like}\b", TEXT) for like in _alike(name))
    }
    assert not missing


def _alike(name: str) -> list[str]:
    template = template_of(name)
    if template is None:
        return [name]
    names = [view.name.removesuffix(".sql") for view in load_views()]
    return [other for other in names if template_of(other) == template]


def test_the_columns_are_those_of_clickhouse(client: Client) -> None:
    assert replaced(TEXT, render(client)) == TEXT, "run `make pages`"
    views = [view.name.removesuffix(".sql") for view in load_views()]
    assert all(
        f"### `{name}`" in TEXT for name in (*TABLES, *(view for view in views if not template_of(view)))
    )
    assert all(f"`{view}`" in TEXT for view in views)
