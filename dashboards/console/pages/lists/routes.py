"""Routes of the Lists page."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import render
from dashboards.console.pages.engine_wide import engine_wide
from dashboards.console.pages.lists.list_desk import Desk
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import ViewBar, view_bar
from desk.accounts import Action, Person
from desk.changes import ProposalRefused

router = APIRouter(dependencies=[Depends(engine_wide)])

Reader = Annotated[Person, Depends(allowed(Action.SEE_TOKENS))]
Author = Annotated[Person, Depends(allowed(Action.CHANGE_LISTS))]
Exporter = Annotated[Person, Depends(allowed(Action.EXPORT))]
Name = Annotated[str, Query(max_length=64)]
Value = Annotated[str, Query(max_length=128)]
Page = Annotated[int, Query(ge=1, le=10_000)]
PAGE_ROWS: Final = 50
EXPORTED_MAX: Final = 100_000
EVER: Final = "ever"
"""Not empty: an empty field of a form counts as not given, and its default would hold."""
LASTS: Final = {
    "1": "a day",
    "7": "a week",
    "30": "30 days",
    "90": "90 days",
    EVER: "for good",
    "date": "until a day",
}
LISTS_MAX: Final = 500


@router.get("/lists")
def lists(
    request: Request, person: Reader, parts: Parts, name: Name = "", value: Value = "", page: Page = 1
) -> Response:
    """All lists, and the entries of one or with one value, or those of a named view."""
    bar = _bar(request, parts, person)
    if bar.leads_to:
        return redirect(bar.leads_to)
    return _shown(request, parts, bar, {"name": name, "value": value.strip()}, page)


@router.get("/lists/history")
def history(request: Request, _: Reader, parts: Parts, name: Name = "", value: Value = "") -> Response:
    """Who put what on which list, when and why."""
    asked = {"engine": parts.engine, "list": name, "value": value.strip()}
    rows = parts.warehouse.rows("lists/history", asked, None)
    known = {"rows": rows, "name": name, "value": value.strip()}
    return render(request, "lists/history.html.j2", known)


@router.get("/lists/entries.csv", dependencies=[Depends(allowed(Action.EXPORT))])
def entries_csv(parts: Parts, name: Name = "", value: Value = "") -> Response:
    """The entries that are shown, all of them."""
    asked = {
        "engine": parts.engine, "list": name, "value": value.strip(), "most": EXPORTED_MAX, "skip": 0,
    }  # fmt: skip
    rows = parts.warehouse.rows("lists/entries", asked, None, rows_max=EXPORTED_MAX)
    return csv_response(f"lists-{name or 'all'}", rows.columns, rows.values)


@router.post("/lists/add")
def add(
    request: Request,
    person: Author,
    parts: Parts,
    desk: Desk,
    name: Annotated[str, Form(max_length=64)] = "",
    value: Annotated[str, Form(max_length=256)] = "",
    lasts: Annotated[str, Form(max_length=8)] = "30",
    until: Annotated[str, Form(max_length=32)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Puts a value on a list."""
    typed = {"name": name.strip(), "value": value.strip(), "lasts": lasts, "until": until, "reason": reason}
    now = parts.now()
    try:
        end = _end(lasts, until, now)
        done = desk.add(person, typed["name"], typed["value"], end, reason, _ms(now))
    except ProposalRefused as refused:
        more = {"typed": typed, "refused": str(refused)}
        bar = _bar(request, parts, person)
        return _shown(request, parts, bar, {"name": typed["name"], "value": ""}, 1, more, 422)
    return redirect(_address(typed["name"], "asked" if done is None else "added"))


@router.post("/lists/remove")
def remove(
    request: Request,
    person: Author,
    parts: Parts,
    desk: Desk,
    name: Annotated[str, Form(max_length=64)],
    value: Annotated[str, Form(max_length=128)],
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Takes a value off a list."""
    there = parts.warehouse.rows("lists/entry", {"engine": parts.engine, "list": name, "value": value}, None)
    if not len(there):
        raise HTTPException(409, "That value is not on this list any more: load the page again")
    try:
        done = desk.remove(person, name, value, reason)
    except ProposalRefused as refused:
        bar, more = _bar(request, parts, person), {"refused": str(refused)}
        return _shown(request, parts, bar, {"name": name, "value": ""}, 1, more, 422)
    return redirect(_address(name, "asked" if done is None else "removed"))


@router.get("/lists/asked")
def asked(request: Request, person: Reader, desk: Desk) -> Response:
    """What waits for a second person; a part of the page."""
    waiting = desk.second.waiting() if desk.second else []
    known = {"waiting": waiting, "me": person.user_id, "place": "/lists", "may_confirm": "change_lists"}
    return render(request, "lists/asked.html.j2", known)


@router.post("/lists/confirm")
def confirm(
    request: Request, person: Author, parts: Parts, desk: Desk, asked_id: Annotated[UUID, Form()]
) -> Response:
    """Does what another person asked for."""
    try:
        desk.confirm(person, asked_id, _ms(parts.now()))
    except ProposalRefused as refused:
        bar, more = _bar(request, parts, person), {"refused": str(refused)}
        return _shown(request, parts, bar, {"name": "", "value": ""}, 1, more, 409)
    return redirect(_address("", "confirmed"))


def _bar(request: Request, parts: ConsoleParts, person: Person) -> ViewBar:
    """The named views; of the page also where a form of it was refused."""
    return replace(view_bar(request, parts, person, "lists", {"done"}), path="/lists")


def _shown(
    request: Request,
    parts: ConsoleParts,
    bar: ViewBar,
    asked: dict[str, str],
    page: int,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    engine = {"engine": parts.engine}
    names = parts.warehouse.rows("lists/lists", engine, None, rows_max=LISTS_MAX)
    entries = parts.warehouse.rows(
        "lists/entries",
        {**engine, "list": asked["name"], "value": asked["value"], "most": PAGE_ROWS + 1,
         "skip": (page - 1) * PAGE_ROWS},
        None,
    )  # fmt: skip
    shown = list(entries)[:PAGE_ROWS]
    known = {
        "bar": bar, "lists": names, "entries": shown,
        "has_more": len(entries) > PAGE_ROWS, "page": page, **asked,
        "lasts": LASTS, "typed": {}, "refused": "", "done": request.query_params.get("done", ""),
    }  # fmt: skip
    return render(request, "lists/page.html.j2", known | (more or {}), status)


def _end(lasts: str, until: str, now: datetime) -> int | None:
    """When an entry ends (ms); None for good. Raises `ProposalRefused`."""
    if lasts == EVER:
        return None
    if lasts != "date":
        if lasts not in LASTS:
            raise ProposalRefused("choose how long the entry lasts")
        return _ms(now + timedelta(days=int(lasts)))
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise ProposalRefused("give the day on which the entry ends, such as 2026-12-31") from None
    return _ms(datetime.combine(day, time(), UTC))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _address(name: str, done: str) -> str:
    return f"/lists?{urlencode({'name': name, 'done': done})}"
