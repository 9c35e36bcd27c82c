"""Routes of Meters: the page, and its readings, which come when they are read."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import render
from dashboards.console.pages.meters import words
from dashboards.console.pages.meters.meter_desk import MeterDesk, MonthRead, day_number
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed
from dashboards.fraud_report import condition
from dashboards.report_rows import read_programmes, report_source
from desk.people import Action, Person
from models.meters import MeterReading, date_of, first_day, month_name, month_of, parsed_month
from streams.errors import Misconfigured

router = APIRouter()

MONTHS_BACK: Final = 6
SHOWN_MAX: Final = 60
MERCHANTS_KEPT_S: Final = 600.0
CSV_COLUMNS: Final = (
    "programme", "level", "subject", "country", "month", "status", "events_left", "events", "events_expected",
    "events_low", "events_high", "payments", "now", "at_the_months_end", "estimate",
)  # fmt: skip

Viewer = Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
Exporter = Annotated[Person, Depends(allowed(Action.EXPORT))]
Month = Annotated[str, Query(max_length=7)]


@router.get("/meters")
def meters(request: Request, parts: Parts, person: Viewer, month: Month = "") -> Response:
    """The page; its readings are a part that comes by itself."""
    return render(request, "meters/page.html.j2", _shown(request, parts, person, month))


@router.get("/meters/readings")
def readings(request: Request, parts: Parts, person: Viewer, month: Month = "") -> Response:
    """The readings, or that they are being read, which asks again."""
    return render(request, "meters/readings.html.j2", _shown(request, parts, person, month))


@router.get("/meters.csv")
def readings_csv(request: Request, parts: Parts, person: Exporter, month: Month = "") -> Response:
    """All readings that the person may see."""
    shown = _shown(request, parts, person, month)
    rows = (_csv_row(each) for each in shown["all_readings"])
    return csv_response(f"meters-{shown['month']}", CSV_COLUMNS, rows)


def _shown(request: Request, parts: ConsoleParts, person: Person, month: str) -> dict[str, Any]:
    yesterday = parts.now().date() - timedelta(days=1)
    number = _month(month) if month else month_of(yesterday)
    number = min(number, month_of(yesterday))
    read = _desk(request, parts).of(number)
    theirs = _theirs(parts, person, number, read) if read else []
    days_left = max(0, first_day(number + 1) - day_number(parts.now().date()))
    return {
        "month": month_name(number),
        "months": [month_name(month_of(yesterday) - back) for back in range(MONTHS_BACK)],
        "read": read,
        "all_readings": theirs,
        "readings": theirs[:SHOWN_MAX],
        "exemption": read.exemption if read and person.accounts is None else (),
        "sees_some": person.accounts is not None,
        "days_left": days_left,
        "quarter_days_left": _quarter_days_left(number, parts.now().date()),
        "until": date_of(min(first_day(number + 1), day_number(parts.now().date())) - 1),
        "words": words,
    }


def _theirs(parts: ConsoleParts, person: Person, number: int, read: MonthRead) -> list[MeterReading]:
    """Readings that show nothing but payments of the person's merchant accounts."""
    nearest = words.nearest_first(read.readings)
    if person.accounts is None:
        return nearest
    since = date_of(first_day(number - 1))
    own = parts.warehouse.shared(
        "meters/own_merchants", {"engine": parts.engine, "since": since}, person.accounts, MERCHANTS_KEPT_S
    )
    merchants = set(own.column("merchant_id")) if len(own) else set()
    return [each for each in nearest if each.subject_kind == "merchant" and each.subject in merchants]


def _desk(request: Request, parts: ConsoleParts) -> MeterDesk:
    """The application's own: what was read is shown to everybody who may see it."""
    state = request.app.state
    if not hasattr(state, "meters"):
        state.meters = MeterDesk(lambda: _source(parts), parts.now)
    desk: MeterDesk = state.meters
    return desk


def _source(parts: ConsoleParts) -> Any:
    if parts.settings is None:
        raise Misconfigured("Meters read the engine's log: start the console by `tollgate console`")
    programmes = read_programmes(parts.settings.report_programmes)
    return report_source(parts.settings, parts.engine, programmes)


def _month(text: str) -> int:
    try:
        return parsed_month(text)
    except ValueError:
        raise HTTPException(400) from None


def _quarter_days_left(month: int, today: date) -> int:
    return max(0, first_day((month // 3 + 1) * 3) - day_number(today))


def _csv_row(each: MeterReading) -> tuple[object, ...]:
    return (
        each.title, each.level, each.subject, each.country, each.month, each.status, each.events_left,
        each.events.so_far, each.events.expected, each.events.low, each.events.high, each.settled.so_far,
        "; ".join(map(condition, each.conditions)), "; ".join(map(condition, each.projected)),
        each.estimate,
    )  # fmt: skip
