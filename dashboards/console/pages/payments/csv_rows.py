"""A selection of payments as CSV, page by page, so that memory holds one page however long the file is.

A cell that a spreadsheet would take for a formula gets an apostrophe before it (`csv_download`).
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dashboards.console.csv_download import harmless
from dashboards.console.pages.payments.filters import PaymentFilters
from dashboards.console.warehouse import Rows
from models.money import EXPONENTS

COLUMNS: Final = (
    "engine_time",
    "merchant_account",
    "payment_id",
    "attempt",
    "phase",
    "verdict",
    "decided_by",
    "deciding_rule",
    "probability",
    "score",
    "hits",
    "amount",
    "currency",
    "reference_amount",
    "method",
    "channel",
    "merchant_id",
    "merchant_country",
    "issuer_country",
    "bin",
    "degraded",
    "late",
)
ROWS_MAX: Final = 100_000
PAGE_ROWS: Final = 5_000


def csv_text(pages: Iterator[Rows]) -> Iterator[str]:
    """The lines of the file: a head, then a piece of text for each page."""
    yield _lines([COLUMNS])
    for rows in pages:
        yield _lines([cell(name, row) for name in COLUMNS] for row in rows)


def selected_pages(
    ask: Callable[[PaymentFilters, int], Rows], filters: PaymentFilters, rows_max: int = ROWS_MAX
) -> Iterator[Rows]:
    """Page after page of a selection, newest first, `rows_max` rows at most."""
    left = rows_max
    while left > 0:
        rows = ask(filters, min(PAGE_ROWS, left))
        if rows.values:
            yield rows
        if len(rows) < min(PAGE_ROWS, left):
            return
        left -= len(rows)
        filters = filters.after(dict(zip(rows.columns, rows.values[-1], strict=True)))


def cell(name: str, row: dict[str, Any]) -> str:
    """One value of a payment. Amounts in whole units of their currency, times in UTC.

    >>> cell("amount", {"amount": 1234, "currency": "EUR"}), cell("merchant_id", {"merchant_id": "=1+1"})
    ('12.34', "'=1+1")
    """
    value = row[name]
    if name in ("amount", "reference_amount"):
        return _decimal(value, row["currency"] if name == "amount" else "EUR")
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return harmless(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _decimal(amount: int, currency: str) -> str:
    digits = EXPONENTS.get(currency, 0)
    whole, part = divmod(abs(int(amount)), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{part:0{digits}}" if digits else f"{sign}{whole}"


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
