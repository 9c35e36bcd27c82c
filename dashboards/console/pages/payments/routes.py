"""Payments: a list of decisions, newest first, chosen by what stands in the address, and as CSV."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from dashboards.console.design import render
from dashboards.console.pages.explore_link import explore_link
from dashboards.console.pages.page import Page
from dashboards.console.pages.payment import payment_address
from dashboards.console.pages.payment.routes import router as payment_router
from dashboards.console.pages.payment.words import SHORT
from dashboards.console.pages.payments.csv_rows import ROWS_MAX, csv_text, selected_pages
from dashboards.console.pages.payments.filters import (
    COLUMNS,
    LISTS,
    RELATIVE,
    TRUTHS,
    VERDICTS,
    PaymentFilters,
    filters_of,
)
from dashboards.console.pages.payments.slices import QUERY, selected_rows
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import view_bar
from dashboards.console.warehouse import Rows
from desk.accounts import Action, Person

router = APIRouter()
SHOWN: Final = 50
Viewer = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Exporter = Annotated[Person, Depends(allowed(Action.EXPORT))]


@router.get("/payments")
def payments(request: Request, parts: Parts, person: Viewer) -> Response:
    """One page of a selection, or of a named view."""
    bar = view_bar(request, parts, person, "payments")
    if bar.leads_to:
        return redirect(bar.leads_to)
    filters, faults = filters_of(request.query_params.multi_items())
    now = parts.now()
    rows = selected(parts, person, filters, now, SHOWN + 1)
    found = list(rows)[:SHOWN]
    older = filters.after(found[-1]).query_string() if len(rows) > SHOWN else ""
    sql = explore_link(QUERY, filters.parameters(parts.engine, now, SHOWN), person.accounts)
    return render(
        request,
        "payments/page.html.j2",
        {
            "bar": bar,
            "filters": filters,
            "faults": faults,
            "columns": COLUMNS,
            "shown_columns": filters.columns or tuple(COLUMNS),
            "rows": found,
            "older": older,
            "sql": sql,
            "chips": chips(filters),
            "newest": filters.without("", "") if filters.place else "",
            "verdicts": VERDICTS,
            "truths": TRUTHS,
            "relative": RELATIVE,
            "deciders": SHORT,
            "csv_rows": ROWS_MAX,
            "address": payment_address,
            "lists": LISTS,
            "accounts": sorted(person.accounts or ()),
        },
    )


@router.get("/payments/selection.csv")
def selection_as_csv(request: Request, parts: Parts, person: Exporter) -> StreamingResponse:
    """The selection from its newest payment on, as a file; made while it is sent."""
    filters, _ = filters_of((n, v) for n, v in request.query_params.multi_items() if n != "place")
    now = parts.now()
    pages = selected_pages(lambda chosen, rows: selected(parts, person, chosen, now, rows), filters)
    first = next(pages, Rows((), []))  # fails here, with a page that says why, not in the middle of a file
    name = f"payments-{now:%Y%m%dT%H%M%S}Z.csv"
    return StreamingResponse(
        csv_text(each for part in ([first], pages) for each in part),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def selected(parts: ConsoleParts, person: Person, filters: PaymentFilters, now: datetime, rows: int) -> Rows:
    """Rows of a selection, within the person's accounts."""
    asked = filters.parameters(parts.engine, now, rows)
    return selected_rows(parts.warehouse, asked, person.accounts, rows)


def chips(filters: PaymentFilters) -> list[dict[str, Any]]:
    """What is chosen besides the time, each with the address of the selection without it."""
    chosen = [
        (name, value)
        for name, value in filters.pairs()
        if name not in ("within", "since", "until", "columns")
    ]
    return [
        {"name": name.replace("_", " "), "value": value, "href": f"/payments?{filters.without(name, value)}"}
        for name, value in chosen
    ]


router.include_router(payment_router)
PAGE = Page("/payments", "Payments", Action.SEE_PAYMENTS, "p", router)
