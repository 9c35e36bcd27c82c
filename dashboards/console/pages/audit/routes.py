"""Routes of the audit trail."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import render
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import view_bar
from desk.accounts import Action, Person
from desk.audit import AuditEntry, AuditFilter, AuditTrail

router = APIRouter()

Reader = Annotated[Person, Depends(allowed(Action.SEE_AUDIT))]
Words = Annotated[str, Query(max_length=512)]
Day = Annotated[str, Query(max_length=10)]
Before = Annotated[int, Query(ge=0, le=2**63 - 1)]
PAGE_ENTRIES: Final = 100
EXPORTED_AT_ONCE: Final = 500
EXPORTED_MAX: Final = 20_000
COLUMNS: Final = ("entry", "at", "name", "action", "subject", "merchant_account", "detail")


@router.get("/audit")
def audit(
    request: Request,
    person: Reader,
    parts: Parts,
    action: Words = "",
    subject: Words = "",
    since: Day = "",
    until: Day = "",
    before: Before = 0,
) -> Response:
    """Entries, the newest first, or those of a named view."""
    bar = view_bar(request, parts, person, "audit", {"before"})
    if bar.leads_to:
        return redirect(bar.leads_to)
    typed = {"action": action, "subject": subject, "since": since, "until": until}
    asked = replace(_filter(person, typed), before=before or None, limit=PAGE_ENTRIES + 1)
    found = _entries(parts, asked)
    more = found[PAGE_ENTRIES - 1].entry_id if len(found) > PAGE_ENTRIES else None
    known: dict[str, Any] = {
        "bar": bar, "entries": found[:PAGE_ENTRIES], "typed": typed, "more": more, "before": before,
        "query": urlencode({name: value for name, value in typed.items() if value}),
    }  # fmt: skip
    return render(request, "audit/page.html.j2", known)


@router.get("/audit/entries.csv")
def audit_csv(
    person: Reader,
    parts: Parts,
    action: Words = "",
    subject: Words = "",
    since: Day = "",
    until: Day = "",
) -> Response:
    """The same entries, from the newest on."""
    typed = {"action": action, "subject": subject, "since": since, "until": until}
    rows = (_row(entry) for entry in _all(parts, _filter(person, typed)))
    return csv_response("audit", COLUMNS, rows, rows_max=EXPORTED_MAX)


def _filter(person: Person, typed: dict[str, str]) -> AuditFilter:
    return AuditFilter(
        action=typed["action"].strip() or None,
        subject=typed["subject"].strip() or None,
        since=_day(typed["since"]),
        until=_after(_day(typed["until"])),
        accounts=person.accounts,
        reader=person.user_id,
    )


def _all(parts: ConsoleParts, asked: AuditFilter) -> Iterator[AuditEntry]:
    """A piece at a time, so that no transaction waits for who downloads."""
    before = None
    while found := _entries(parts, replace(asked, before=before, limit=EXPORTED_AT_ONCE)):
        yield from found
        before = found[-1].entry_id


def _entries(parts: ConsoleParts, asked: AuditFilter) -> list[AuditEntry]:
    with parts.database.transaction() as connection:
        return AuditTrail(parts.now).entries(connection, asked)


def _row(entry: AuditEntry) -> tuple[Any, ...]:
    return (
        entry.entry_id, entry.noted_at, entry.name, entry.action, entry.subject, entry.merchant_account,
        dict(entry.detail),
    )  # fmt: skip


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise HTTPException(422, f"{text[:10]} is not a day such as 2026-11-30") from None


def _after(day: datetime | None) -> datetime | None:
    """The end of a day: the day itself is meant."""
    return None if day is None else day + timedelta(days=1)
