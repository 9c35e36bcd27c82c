"""Routes of Explore: the page, a run, its cancelling, the CSV, saved queries."""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import is_fragment, render
from dashboards.console.pages.explore.examples import EXAMPLES
from dashboards.console.pages.explore.links import statement_address
from dashboards.console.pages.explore.plain_words import StatementProblem
from dashboards.console.pages.explore.results import result_table
from dashboards.console.pages.explore.schema_browser import schema_of
from dashboards.console.pages.explore.statements import DOWNLOAD_MAX_S, StatementRefused, StatementRunner
from dashboards.console.pages.explore.turns import DOWNLOAD, StatementCancelled
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import Forbidden, allowed, redirect
from desk.audit import AuditTrail
from desk.people import Action, Person
from desk.views import Chart, NotYoursError, SavedQueries, SavedQuery, ViewRefusedError
from streams.errors import Outage

router = APIRouter()

NOTED_CHARACTERS: Final = 3_000
"""Of a statement, in the audit trail; its hash is of the whole."""
ONLY_ALL: Final = (
    "Explore reads whole tables, so it is for people who see every merchant account. You see some of them: "
    "Payments, Live and the other pages show theirs, and an administrator can give you all."
)

Explorer = Annotated[Person, Depends(allowed(Action.EXPLORE))]
Saver = Annotated[Person, Depends(allowed(Action.SAVE_QUERY))]
Sharer = Annotated[Person, Depends(allowed(Action.SHARE_VIEW))]
Exporter = Annotated[Person, Depends(allowed(Action.EXPORT))]
Statement = Annotated[str, Form(max_length=200_000)]
Words = Annotated[str, Form(max_length=200)]
Version = Annotated[int, Form(ge=0, le=2**31 - 1)]


@router.get("/explore")
def explore(
    request: Request,
    parts: Parts,
    person: Explorer,
    sql: Annotated[str, Query(max_length=20_000)] = "",
    query: UUID | None = None,
    chart: Annotated[str, Query(max_length=10)] = "none",
    across: Annotated[str, Query(max_length=200)] = "",
    up: Annotated[list[str] | None, Query(max_length=8)] = None,
    by: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The page, with a statement of an address or a saved one. It runs when the person says so."""
    if person.accounts is not None:
        return render(request, "explore/not_for_some.html.j2", {"text": ONLY_ALL})
    queries = SavedQueries(parts.database, parts.now)
    opened = _found(queries, person, query) if query else None
    drawn = opened.chart if opened else _chart(chart, across, up or [], by)
    context = {
        "sql": opened.statement if opened else sql,
        "chart": drawn,
        "opened": opened,
        "saved": queries.of(person),
        "examples": EXAMPLES,
        "table": None,
        "failure": None,
    }
    return render(request, "explore/page.html.j2", context)


@router.post("/explore/run")
def run(
    request: Request,
    parts: Parts,
    person: Explorer,
    sql: Statement = "",
    chart: Words = "none",
    across: Words = "",
    up: Annotated[list[str] | None, Form(max_length=8)] = None,
    by: Words = "",
) -> Response:
    """The result of a statement, or what is wrong with it."""
    _check_sees_all(person)
    _note(parts, person, "explore_ran", sql)
    drawn = _chart(chart, across, up or [], by)
    context: dict[str, Any] = {"table": None, "failure": None, "chart": drawn, "sql": sql}
    try:
        context["table"] = result_table(_runner(request, parts).run(person.user_id, sql))
        context["link"] = statement_address(sql, drawn)
    except StatementRefused as refused:
        context["failure"] = refused.problem
    except StatementCancelled as cancelled:
        context["failure"] = StatementProblem("Stopped", f"{cancelled}.")
    except Outage as outage:
        context["failure"] = StatementProblem("The warehouse does not answer now", f"{outage}.")
    if is_fragment(request):
        return render(request, "explore/result.html.j2", context)
    queries = SavedQueries(parts.database, parts.now)
    frame = {"opened": None, "saved": queries.of(person), "examples": EXAMPLES}
    return render(request, "explore/page.html.j2", {**frame, **context})


@router.get("/explore/schema")
def schema(request: Request, parts: Parts, person: Explorer) -> Response:
    """Tables and views with what their columns hold: a part of the page, which opens without it."""
    _check_sees_all(person)
    return render(request, "explore/schema.html.j2", {"tables": schema_of(parts.warehouse)})


@router.post("/explore/cancel")
def cancel(request: Request, parts: Parts, person: Explorer) -> Response:
    """Gives up the statement that this person waits for."""
    _runner(request, parts).cancel(person.user_id)
    return Response(status_code=204)


@router.post("/explore/csv")
def csv(request: Request, parts: Parts, person: Exporter, sql: Statement = "", name: Words = "") -> Response:
    """The whole result, up to the rows that a file may have."""
    if not person.may(Action.EXPLORE):
        raise Forbidden("Your roles do not include this (explore): ask an administrator")
    _check_sees_all(person)
    _note(parts, person, "explore_downloaded", sql)
    held = ExitStack()
    try:
        opened = _runner(request, parts).opened(person.user_id, sql, DOWNLOAD, DOWNLOAD_MAX_S)
        columns, rows = held.enter_context(opened)
    except StatementRefused as refused:
        held.close()
        link = statement_address(sql)
        context = {"failure": refused.problem, "table": None, "sql": sql, "link": link}
        return render(request, "explore/refused.html.j2", context, 422)
    except BaseException:
        held.close()
        raise
    return csv_response(
        name or "explore", [column.name for column in columns], _until_closed(rows, held), closing=held.close
    )


@router.post("/explore/queries")
def save_query(
    parts: Parts,
    person: Saver,
    sql: Statement = "",
    name: Words = "",
    chart: Words = "none",
    across: Words = "",
    up: Annotated[list[str] | None, Form(max_length=8)] = None,
    by: Words = "",
    query: Annotated[UUID | None, Form()] = None,
    version: Version = 0,
) -> Response:
    """Keeps a statement under a name, or overwrites the one that is open."""
    _check_sees_all(person)
    queries, drawn = SavedQueries(parts.database, parts.now), _chart(chart, across, up or [], by)
    try:
        if query:
            queries.overwrite(person, query, version, sql, drawn)
        else:
            query = queries.save(person, name, sql, drawn)
    except ViewRefusedError as refused:
        raise Forbidden(_sentence(refused)) from None
    return redirect(f"/explore?query={query}")


@router.post("/explore/queries/{query}/rename")
def rename_query(
    parts: Parts, person: Saver, query: UUID, name: Words = "", version: Version = 0
) -> Response:
    """Gives a saved statement another name."""
    _check_sees_all(person)
    try:
        SavedQueries(parts.database, parts.now).rename(person, query, version, name)
    except ViewRefusedError as refused:
        raise Forbidden(_sentence(refused)) from None
    return redirect(f"/explore?query={query}")


@router.post("/explore/queries/{query}/share")
def share_query(
    parts: Parts,
    person: Sharer,
    query: UUID,
    shared: Annotated[bool, Form()] = False,
    version: Version = 0,
) -> Response:
    """Shows a saved statement to others, or no more."""
    _check_sees_all(person)
    try:
        SavedQueries(parts.database, parts.now).share(person, query, version, is_shared=shared)
    except ViewRefusedError as refused:
        raise Forbidden(_sentence(refused)) from None
    return redirect(f"/explore?query={query}")


@router.post("/explore/queries/{query}/delete")
def delete_query(parts: Parts, person: Saver, query: UUID) -> Response:
    """Forgets a saved statement."""
    _check_sees_all(person)
    try:
        SavedQueries(parts.database, parts.now).delete(person, query)
    except ViewRefusedError as refused:
        raise Forbidden(_sentence(refused)) from None
    return redirect("/explore")


def _check_sees_all(person: Person) -> None:
    if person.accounts is not None:
        raise Forbidden(ONLY_ALL)


def _runner(request: Request, parts: ConsoleParts) -> StatementRunner:
    """The application's own: its places are shared by everybody."""
    state = request.app.state
    if not hasattr(state, "statements"):
        state.statements = StatementRunner(lambda: parts.warehouse.url)
    runner: StatementRunner = state.statements
    return runner


def _note(parts: ConsoleParts, person: Person, action: str, sql: str) -> None:
    """Before it runs: who looked at what is known also of what then failed."""
    subject = f"statement:{sha256(sql.encode('utf-8', 'replace')).hexdigest()[:16]}"
    with parts.database.transaction() as connection:
        AuditTrail(parts.now).note(connection, person, action, subject, {"sql": sql[:NOTED_CHARACTERS]})


def _chart(kind: str, across: str, up: list[str], by: str) -> Chart:
    known = {"line": "line", "bar": "bar"}.get(kind, "none")
    return Chart(known, across, tuple(name for name in up if name), by)  # type: ignore[arg-type]


def _found(queries: SavedQueries, person: Person, query: UUID) -> SavedQuery:
    try:
        return queries.find(person, query)
    except NotYoursError as refused:
        raise Forbidden(_sentence(refused)) from None


def _until_closed(rows: Iterator[Any], held: ExitStack) -> Iterator[Any]:
    """The rows; what they hold open is released with the last one."""
    with held:
        yield from rows


def _sentence(refused: ViewRefusedError) -> str:
    text = str(refused)
    return f"{text[:1].upper()}{text[1:]}."
