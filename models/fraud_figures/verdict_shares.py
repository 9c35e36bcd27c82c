"""How the payments of a day were decided, beside the days before it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Bools, Int64s
from models.decided_payments import DecidedPayments
from models.policy import VERDICTS, DecidedBy
from models.units import BASIS_POINTS
from models.verdict_value import exact_sums

BEFORE_DAYS: Final = 28
"""What a day is compared with."""


class VerdictShare(Struct, frozen=True):
    """One verdict, or one thing that decides."""

    name: str
    """The verdict, or what decided."""
    payments: int
    """Of the day."""
    reference_amount: int
    """Their sum, EUR cents."""
    share_bp: int
    """Of the day's payments, basis points, rounded down."""
    before_bp: int | None
    """The same of the days before together; None where there were none."""


class DayVerdicts(Struct, frozen=True):
    """The payments of one day."""

    payments: int
    """How many were decided."""
    reference_amount: int
    """Their sum, EUR cents."""
    payments_before: int
    """Of the days before, in all."""
    days_before: int
    """How many of those days had payments."""
    by_verdict: tuple[VerdictShare, ...]
    """In order of sternness."""
    by_cause: tuple[VerdictShare, ...]
    """What brought the verdicts about; what decided none is left out."""
    daily: tuple[tuple[int, ...], ...]
    """Payments of each verdict on each of the days before and the day itself, oldest first."""


def day_verdicts(decided: DecidedPayments, day: int) -> DayVerdicts:
    """The payments of a day (since 1970, UTC, by engine time) and of `BEFORE_DAYS` before it."""
    days = decided.decided_at // 86_400_000
    today, before = days == day, (days >= day - BEFORE_DAYS) & (days < day)
    causes = [by.name.lower() for by in DecidedBy]
    by_cause = _shares(decided, decided.decided_by, causes, today, before)
    codes = range(len(VERDICTS))
    return DayVerdicts(
        payments=_count(decided, today), reference_amount=_sum(decided, today),
        payments_before=_count(decided, before),
        days_before=len(np.unique(days[before])),
        by_verdict=_shares(decided, decided.verdicts, [verdict.value for verdict in VERDICTS], today, before),
        by_cause=tuple(share for share in by_cause if share.payments or share.before_bp),
        daily=tuple(
            tuple(_count(decided, (days == each) & (decided.verdicts == code)) for code in codes)
            for each in range(day - BEFORE_DAYS, day + 1)
        ),
    )  # fmt: skip


def _shares(
    decided: DecidedPayments, column: Int64s | np.ndarray, names: Sequence[str], today: Bools, before: Bools
) -> tuple[VerdictShare, ...]:
    shares = []
    for code, name in enumerate(names):
        mine = column == code
        count, earlier = _count(decided, mine & today), _count(decided, mine & before)
        of_today, of_before = _count(decided, today), _count(decided, before)
        shares.append(VerdictShare(
            name, count, _sum(decided, np.asarray(mine & today, np.bool_)),
            count * BASIS_POINTS // of_today if of_today else 0,
            earlier * BASIS_POINTS // of_before if of_before else None,
        ))  # fmt: skip
    return tuple(shares)


def _count(decided: DecidedPayments, chosen: Bools) -> int:
    return int(decided.payments[chosen].sum())


def _sum(decided: DecidedPayments, chosen: Bools) -> int:
    amounts = decided.reference_amounts[chosen]
    return exact_sums(amounts, np.zeros(len(amounts), np.int64), 1)[0]
