"""Cohort logs: of each UTC day within the last 180, how many payments made on it were authorised, and how
many of the day's payments are known by now to be fraud.

A late label changes an old day, so these are cells and not running totals: 256 in a ring by day, each
holding authorised payments in its lower and frauds in its upper 32 bits. The day of the last event is the
newest whose cell is valid; cells of days skipped over are emptied when a later one is written.
"""

from features.catalogue import COHORT_DAYS_MAX
from features.kernel.layout import COHORT_DAYS, EVENTS, LAST, TOTALS
from models.arrays import Floats, Int64s
from models.kernels import inlined, signed
from models.units import DAY_MS

FRAUD_SHIFT = 32


@inlined
def add_to_cohort(arena: Int64s, base: int, now: int, occurred_at: int, is_fraud: bool) -> None:
    """Count one authorised payment, or one fraud, on the day its payment was made."""
    today = now // DAY_MS
    newest = arena[base + LAST] // DAY_MS
    if arena[base + EVENTS] == 0:
        newest = today - 1
        for cell in range(base + TOTALS, base + TOTALS + COHORT_DAYS):
            arena[cell] = 0
    for day in range(max(newest + 1, today - COHORT_DAYS + 1), today + 1):
        arena[base + TOTALS + (day & (COHORT_DAYS - 1))] = 0
    day = min(occurred_at, now) // DAY_MS
    arena[base + TOTALS + (day & (COHORT_DAYS - 1))] += (1 << FRAUD_SHIFT) if is_fraud else 1
    arena[base + EVENTS] += 1
    arena[base + LAST] = now


@inlined
def in_reach(now: int, occurred_at: int) -> bool:
    """Whether a payment's day is young enough to be counted."""
    return signed(now // DAY_MS - min(occurred_at, now) // DAY_MS) <= COHORT_DAYS_MAX


@inlined
def cohort_rate(
    arena: Int64s, base: int, now: int, days: int, maturity: int, defaults: Floats, column: int
) -> float:
    """Known frauds over authorised payments of the days from `days` to `maturity` days ago."""
    today = now // DAY_MS
    newest = arena[base + LAST] // DAY_MS
    frauds, authorised = 0, 0
    for day in range(max(today - days, newest - COHORT_DAYS + 1), min(today - maturity, newest) + 1):
        cell = arena[base + TOTALS + (day & (COHORT_DAYS - 1))]
        frauds += cell >> FRAUD_SHIFT
        authorised += cell & ((1 << FRAUD_SHIFT) - 1)
    return frauds / authorised if authorised > 0 else defaults[column]
