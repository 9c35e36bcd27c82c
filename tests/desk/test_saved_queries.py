"""Saved statements: kept as text, one's own or shared, bounded."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from desk.database import DeskDatabase
from desk.views import (
    Chart,
    KeptElsewhereError,
    NameTakenError,
    NotYoursError,
    SavedQueries,
    TooManyKeptError,
    ViewRefusedError,
)
from desk.views.saved_queries import QUERIES_MAX, STATEMENT_BYTES_MAX
from tests.desk.view_people import some_person

STATEMENT = "SELECT '<script>' AS x -- ; DROP TABLE users"
BARS = Chart("bar", "day", ("declined",))


@pytest.fixture
def queries(desk_database: DeskDatabase) -> SavedQueries:
    return SavedQueries(desk_database, lambda: datetime(2026, 6, 1, tzinfo=UTC))


def test_a_query_is_found_as_it_was_kept(queries: SavedQueries, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    found = queries.find(ada, queries.save(ada, "declines", STATEMENT, BARS))
    assert (found.name, found.statement, found.chart, found.is_own) == ("declines", STATEMENT, BARS, True)


def test_another_persons_query_is_seen_only_when_shared(
    queries: SavedQueries, desk_database: DeskDatabase
) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo")
    query_id = queries.save(ada, "declines", STATEMENT, BARS)
    assert queries.of(bo) == []
    with pytest.raises(NotYoursError):
        queries.find(bo, query_id)
    queries.share(ada, query_id, 1, is_shared=True)
    assert [(found.name, found.is_own) for found in queries.of(bo)] == [("declines", False)]
    for attempt in (
        lambda: queries.overwrite(bo, query_id, 2, "SELECT 1", Chart()),
        lambda: queries.rename(bo, query_id, 2, "x"),
        lambda: queries.share(bo, query_id, 2, is_shared=False),
        lambda: queries.delete(bo, query_id),
    ):
        with pytest.raises(NotYoursError):
            attempt()


def test_a_query_is_overwritten_by_who_saw_it_last(
    queries: SavedQueries, desk_database: DeskDatabase
) -> None:
    ada = some_person(desk_database, "ada")
    query_id = queries.save(ada, "declines", STATEMENT, BARS)
    queries.overwrite(ada, query_id, 1, "SELECT 2", Chart())
    with pytest.raises(KeptElsewhereError):
        queries.overwrite(ada, query_id, 1, "SELECT 3", Chart())
    assert queries.find(ada, query_id).statement == "SELECT 2"
    with pytest.raises(NameTakenError):
        queries.save(ada, "declines", STATEMENT, BARS)
    queries.delete(ada, query_id)
    assert queries.of(ada) == []


@pytest.mark.parametrize("statement", ["", "  ", "x" * (STATEMENT_BYTES_MAX + 1), "SELECT '\0'"])
def test_a_statement_that_cannot_be_kept_is_refused(
    queries: SavedQueries, desk_database: DeskDatabase, statement: str
) -> None:
    with pytest.raises(ViewRefusedError):
        queries.save(some_person(desk_database, "ada"), "x", statement, Chart())


@pytest.mark.parametrize(
    "chart",
    [Chart("bar", "x" * 201), Chart("bar", "x", ("y",) * 9), Chart("pie"), Chart("bar", "a\0")],  # type: ignore[arg-type]
)
def test_a_chart_that_cannot_be_kept_is_refused(
    queries: SavedQueries, desk_database: DeskDatabase, chart: Chart
) -> None:
    with pytest.raises(ViewRefusedError):
        queries.save(some_person(desk_database, "ada"), "x", "SELECT 1", chart)


def test_a_person_keeps_so_many_and_no_more(queries: SavedQueries, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    made: list[UUID] = [queries.save(ada, f"q{n}", "SELECT 1", Chart()) for n in range(QUERIES_MAX)]
    with pytest.raises(TooManyKeptError):
        queries.save(ada, "one more", "SELECT 1", Chart())
    queries.delete(ada, made[0])
    queries.save(ada, "one more", "SELECT 1", Chart())


def test_a_chart_of_another_version_is_left_out(queries: SavedQueries, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    query_id = queries.save(ada, "q", "SELECT 1", BARS)
    with desk_database.transaction() as connection:
        connection.execute('UPDATE saved_queries SET chart = \'{"kind": "sunburst"}\'')
    assert queries.find(ada, query_id).chart == Chart()
