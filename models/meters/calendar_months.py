"""Calendar months and days (UTC) as whole numbers, so that columns of them can be compared and counted.

A month is the number of months since January 1970, a day the number of days since 1 January 1970. Schemes
count by calendar month; where one cuts its months by another clock than UTC, a few events near midnight fall
on the other side.
"""

from datetime import date
from typing import Final

import numpy as np

from models.arrays import Int64s
from models.units import DAY_MS

_EPOCH: Final = date(1970, 1, 1).toordinal()
MONTHS_OF_A_QUARTER: Final = 3


def months(times_ms: Int64s) -> Int64s:
    """The month of each time (UTC epoch ms).

    >>> months(np.array([0, 2_678_399_999, 2_678_400_000])).tolist()
    [0, 0, 1]
    """
    return times_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)


def month_of(day: date) -> int:
    """The month a date is in.

    >>> month_of(date(2026, 4, 30))
    675
    """
    return (day.year - 1970) * 12 + day.month - 1


def month_name(month: int) -> str:
    """Year and month.

    >>> month_name(675)
    '2026-04'
    """
    return f"{1970 + month // 12}-{month % 12 + 1:02}"


def parsed_month(text: str) -> int:
    """The month of `2026-04`. Raises ValueError.

    >>> parsed_month("2026-04")
    675
    """
    return month_of(date.fromisoformat(f"{text}-01"))


def first_day(month: int) -> int:
    """The first day of a month; the end of the month before, exclusive.

    >>> first_day(0), first_day(1), first_day(675)
    (0, 31, 20544)
    """
    return date(1970 + month // 12, month % 12 + 1, 1).toordinal() - _EPOCH


def start_ms(month: int) -> int:
    """When a month begins (UTC epoch ms)."""
    return first_day(month) * DAY_MS


def date_of(day: int) -> date:
    """The date of a day."""
    return date.fromordinal(day + _EPOCH)
