"""What a month will come to: what has been counted, and what the days that are left will bring.

Each day that is left is expected to bring the mean of the last `WEEKS` days of its weekday (shops and banks
keep weeks); a weekday of which none is known brings the mean of the last weeks' days. With no day known, what
was counted is all there is, and `days_known` says so.

`low` and `high` are two standard deviations of a Poisson count of that mean around it. Days of real events
vary more than that (attacks come in bursts), so the range is what chance alone does, not a promise.

Fractions of whole numbers, rounded up once at the end, as is the root of the deviations: every machine gets
the same figures. Four weeks of one event a day, but two on the first day of each week; a month that begins
with the fourth week has two weeks left:

>>> import numpy as np
>>> daily = np.array([2, 1, 1, 1, 1, 1, 1] * 4)
>>> project(daily, first_day=4, start=25, end=46)
MonthProjection(so_far=8, expected=24, low=16, high=32, days_known=28)
"""

from fractions import Fraction
from math import ceil, isqrt
from typing import Final

from msgspec import Struct

from models.arrays import Exacts, Int64s

WEEKS: Final = 4
DAYS_OF_A_WEEK: Final = 7
DEVIATIONS: Final = 2


class MonthProjection(Struct, frozen=True):
    """A count, or sum, at the end of its month."""

    so_far: int
    """Counted until now."""
    expected: int
    """At the month's end."""
    low: int
    """Two standard deviations of chance below; never below what was counted."""
    high: int
    """Two above."""
    days_known: int
    """Days that the expectation was learned from; 0 for a month that is over."""


def project(daily: Int64s | Exacts, first_day: int, start: int, end: int) -> MonthProjection:
    """The projection of the days `[start, end)`. `daily`: a count for each day from `first_day` on, up to the
    last day that is over.
    """
    so_far = int(daily[max(0, start - first_day) : max(0, end - first_day)].sum())
    today = first_day + len(daily)
    if today >= end or not len(daily):
        return MonthProjection(so_far, so_far, so_far, so_far, 0)
    days = range(max(start, today), end)
    more = ceil(sum((_of_weekday(daily, first_day, day) for day in days), Fraction(0)))
    spread = isqrt(DEVIATIONS**2 * more - 1) + 1 if more > 0 else 0
    return MonthProjection(
        so_far, so_far + more, so_far + max(0, more - spread), so_far + more + spread, len(daily)
    )


def _of_weekday(daily: Int64s | Exacts, first_day: int, day: int) -> Fraction:
    """The mean of the last days that share the weekday of `day`, which is not among them."""
    ahead = day - first_day - (len(daily) - 1)
    place = day - first_day - DAYS_OF_A_WEEK * -(-ahead // DAYS_OF_A_WEEK)
    same = daily[place::-DAYS_OF_A_WEEK][:WEEKS] if place >= 0 else daily[-WEEKS * DAYS_OF_A_WEEK :]
    return Fraction(int(same.sum()), len(same))
