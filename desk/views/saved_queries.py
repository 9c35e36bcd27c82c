"""Statements of the page Explore that people keep, with the chart they drew of them.

Who may open that page sees every merchant account, so a shared statement is for all of them. The statement is
text: it is checked when it runs, not when it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, LiteralString
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta, Struct

from desk.views.keeping import Refusals, changed, deleted, kept
from desk.views.refusals import (
    NotYoursError,
    ViewRefusedError,
    clean_name,
)

if TYPE_CHECKING:
    from desk.database import DeskDatabase
    from desk.people import Person

QUERIES_MAX: Final = 200
"""Of one person."""
SHOWN_MAX: Final = 500
STATEMENT_BYTES_MAX: Final = 64 << 10
SERIES_MAX: Final = 8
ColumnName = Annotated[str, Meta(max_length=200)]


class Chart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a result is drawn."""

    kind: Literal["none", "line", "bar"] = "none"
    across: ColumnName = ""
    """The column of the horizontal axis; empty: the first."""
    up: Annotated[tuple[ColumnName, ...], Meta(max_length=SERIES_MAX)] = ()
    """Columns that are drawn; none: all numbers."""
    by: ColumnName = ""
    """The column whose values tell lines apart; empty: none."""


@dataclass(frozen=True)
class SavedQuery:
    """One statement, as a person sees it."""

    query_id: UUID
    name: str
    statement: str
    chart: Chart
    owner_name: str
    is_own: bool
    is_shared: bool
    version: int
    changed_at: datetime


class SavedQueries:
    """The statements of everybody."""

    def __init__(self, database: "DeskDatabase", now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def of(self, person: "Person") -> list[SavedQuery]:
        """A person's own, then what others share, each by name."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                SELECT
                + "ORDER BY owner_id <> %(user_id)s, lower(saved_queries.name), query_id LIMIT %(most)s",
                {"user_id": person.user_id, "most": SHOWN_MAX},
            ).fetchall()
        return [_query(row, person) for row in rows]

    def find(self, person: "Person", query_id: UUID) -> SavedQuery:
        """Raises NotYoursError."""
        with self._database.transaction() as connection:
            row = connection.execute(
                SELECT + "AND query_id = %(query_id)s", {"user_id": person.user_id, "query_id": query_id}
            ).fetchone()
        if row is None:
            raise NotYoursError("this query is gone, or not shared with you")
        return _query(row, person)

    def save(
        self, person: "Person", name: str, statement: str, chart: Chart, *, is_shared: bool = False
    ) -> UUID:
        """Keeps a new one. Raises ViewRefusedError; NameTakenError where they have one of that name."""
        query_id = uuid4()
        row = {
            **_kept_form(statement, chart), "query_id": query_id, "owner_id": person.user_id,
            "name": clean_name(name), "is_shared": is_shared, "most": QUERIES_MAX, "now": self._now(),
        }  # fmt: skip
        kept(self._database, INSERT, row, "saved_queries", QUERIES_MAX)
        return query_id

    def overwrite(self, person: "Person", query_id: UUID, version: int, statement: str, chart: Chart) -> None:
        """Another statement under the same name. Raises KeptElsewhereError, NotYoursError."""
        self._change(person, query_id, version, OVERWRITE, _kept_form(statement, chart))

    def rename(self, person: "Person", query_id: UUID, version: int, name: str) -> None:
        """Raises NameTakenError, KeptElsewhereError, NotYoursError."""
        self._change(person, query_id, version, RENAME, {"name": clean_name(name)})

    def share(self, person: "Person", query_id: UUID, version: int, *, is_shared: bool) -> None:
        """Shows it to others or no more. Whether the person may share at all is asked before."""
        self._change(person, query_id, version, SHARE, {"is_shared": is_shared})

    def delete(self, person: "Person", query_id: UUID) -> None:
        """Raises NotYoursError."""
        values = {"query_id": query_id, "owner_id": person.user_id}
        deleted(self._database, "DELETE FROM saved_queries" + OWN, values, REFUSALS.gone)

    def _change(
        self, person: "Person", query_id: UUID, version: int, statement: LiteralString, values: dict[str, Any]
    ) -> None:
        values = {
            **values, "query_id": query_id, "owner_id": person.user_id, "version": version, "now": self._now()
        }  # fmt: skip
        changed(self._database, statement + CHANGED, "SELECT 1 FROM saved_queries" + OWN, values, REFUSALS)


def _query(row: dict[str, Any], person: "Person") -> SavedQuery:
    try:
        chart = msgspec.convert(row["chart"], Chart)
    except msgspec.ValidationError:  # of another version: the statement is what matters
        chart = Chart()
    return SavedQuery(
        row["query_id"], row["name"], row["statement"], chart, row["owner_name"],
        row["owner_id"] == person.user_id, row["is_shared"], row["version"], row["changed_at"],
    )  # fmt: skip


def _kept_form(statement: str, chart: Chart) -> dict[str, str]:
    size = len(statement.encode("utf-8", "replace"))
    if not statement.strip() or size > STATEMENT_BYTES_MAX or "\0" in statement:
        raise ViewRefusedError(f"a statement that is kept is text of 1 to {STATEMENT_BYTES_MAX:,} bytes")
    try:
        document = msgspec.json.encode(msgspec.convert(msgspec.to_builtins(chart), Chart)).decode()
    except msgspec.ValidationError as failure:
        raise ViewRefusedError(f"this chart cannot be kept: {failure}") from None
    if "\\u0000" in document:
        raise ViewRefusedError("this chart names a column with a character that cannot be kept")
    return {"statement": statement, "chart": document}


SELECT: Final[LiteralString] = """
    SELECT query_id, owner_id, users.name AS owner_name, saved_queries.name, statement, chart, is_shared,
        version, changed_at
    FROM saved_queries JOIN users ON users.user_id = owner_id
    WHERE (owner_id = %(user_id)s OR is_shared)
"""
INSERT: Final[LiteralString] = """
    INSERT INTO saved_queries (query_id, owner_id, slot, name, statement, chart, is_shared, changed_at)
    SELECT %(query_id)s, %(owner_id)s, slot, %(name)s, %(statement)s, %(chart)s::jsonb, %(is_shared)s, %(now)s
    FROM generate_series(1, %(most)s) AS slot
    WHERE slot NOT IN (SELECT slot FROM saved_queries WHERE owner_id = %(owner_id)s)
    ORDER BY slot LIMIT 1
"""
OVERWRITE: Final[LiteralString] = (
    "UPDATE saved_queries SET statement = %(statement)s, chart = %(chart)s::jsonb"
)
RENAME: Final[LiteralString] = "UPDATE saved_queries SET name = %(name)s"
SHARE: Final[LiteralString] = "UPDATE saved_queries SET is_shared = %(is_shared)s"
OWN: Final[LiteralString] = " WHERE query_id = %(query_id)s AND owner_id = %(owner_id)s"
CHANGED: Final[LiteralString] = (
    ", version = version + 1, changed_at = %(now)s" + OWN + " AND version = %(version)s"
)
REFUSALS: Final = Refusals(
    "you have a query of this name: take another name",
    "this query was changed meanwhile, perhaps in another tab: open it again",
    "this query is gone, or another person's",
)
