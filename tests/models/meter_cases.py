"""Months of card payments for tests of meters: cells and reports from a few figures."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from models.meters import (
    NEVER,
    AttemptCells,
    CardActivity,
    MeterReading,
    MeterWindow,
    Programmes,
    ReportKind,
    ReportRows,
    SettledCells,
    first_day,
    parsed_month,
    scheme_readings,
    texts,
)
from models.meters.programmes import SHIPPED
from models.money import ReferenceRates
from models.units import DAY_MS

RATES = ReferenceRates.from_bytes(b"Date,USD,GBP,JPY\n2025-01-02,1.10,0.80,160\n")
"""One euro is 1.10 USD, 0.80 GBP, 160 JPY, on every day."""


def day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def settled(
    month: str, payments: int, *, scheme: str = "visa", country: str = "FR", absent: bool = True,
    authenticated: int = 0, merchant: str = "shop",
) -> SettledCells:  # fmt: skip
    """Payments on the second day of a month, in two cells: authenticated or not."""
    day = first_day(parsed_month(month)) + 1
    parts = {True: authenticated, False: payments - authenticated}
    return settled_cells(
        [(merchant, "bank", country, scheme, day, absent, is_so, count) for is_so, count in parts.items()]
    )


def settled_cells(rows: Sequence[tuple[str, str, str | None, str, int, bool, bool, int]]) -> SettledCells:
    columns = list(zip(*rows, strict=True)) or [()] * 8
    merchants, acquirers, countries, schemes = (texts(list(column)) for column in columns[:4])
    days, absent, authenticated, payments = (np.array(column) for column in columns[4:])
    return SettledCells(
        merchants, acquirers, countries, schemes, days.astype(np.int64), absent.astype(np.bool_),
        authenticated.astype(np.bool_), payments.astype(np.int64),
    )  # fmt: skip


def joined(*parts: SettledCells) -> SettledCells:
    return SettledCells(
        *(np.concatenate(columns) for columns in zip(*(vars(p).values() for p in parts), strict=True))
    )


def reported(
    month: str,
    events: int,
    *,
    kind: ReportKind = ReportKind.DISPUTE,
    scheme: str = "visa",
    country: str = "FR",
    fraud: bool = True,
    absent: bool = True,
    amount: int = 1_000,
    currency: str = "EUR",
    merchant: str = "shop",
) -> ReportRows:
    """Equal reports on the third day of a month."""
    many = np.ones(events, np.int64)
    start = (first_day(parsed_month(month)) + 2) * DAY_MS
    return ReportRows(
        merchants=texts([merchant] * events), acquirers=texts(["bank"] * events),
        countries=texts([country] * events), schemes=texts([scheme] * events),
        kinds=np.full(events, kind, np.uint8), reported_at=many * start,
        fraud=np.full(events, fraud), card_absent=np.full(events, absent),
        resolutions=np.zeros(events, np.uint8), resolved_at=many * NEVER,
        amounts=many * amount, currencies=texts([currency] * events),
    )  # fmt: skip


def attempts(
    month: str, tried: int, honest: int, *, merchant: str = "shop", country: str = "FR", scheme: str = "visa"
) -> AttemptCells:
    """Card testing on one day of a month, and honest attempts on the next."""
    day = first_day(parsed_month(month)) + 3
    return AttemptCells(
        texts([merchant] * 2), texts(["bank"] * 2), texts([country] * 2), texts([scheme] * 2),
        np.array([day, day + 1]), np.array([tried, honest]), np.array([tried, 0]),
    )  # fmt: skip


def readings(
    month: str, cells: SettledCells, rows: ReportRows, tried: AttemptCells | None = None,
    as_of: str | None = None, programmes: Programmes = SHIPPED,
) -> dict[tuple[str, str], MeterReading]:  # fmt: skip
    """Readings by programme and level, of the one subject that there is; as of the month's end."""
    number = parsed_month(month)
    end = first_day(number + 1) if as_of is None else day_of(as_of)
    activity = CardActivity(cells, rows, tried or attempts(month, 0, 0))
    found = scheme_readings(activity, MeterWindow(number, end), programmes, RATES)
    by_level = {(each.programme, each.level): each for each in found}
    assert len(by_level) == len(found), "more subjects than one"
    return by_level


def reached(found: dict[tuple[str, str], MeterReading]) -> set[tuple[str, str]]:
    return {key for key, reading in found.items() if reading.reached}
