"""The fraud rate of payments by their age, with the share of frauds that is known at it.

A young cohort looks clean because nobody has complained yet. So each row says three things: what is known,
which share of frauds is known at that age (`models.labels.maturity`), and what the first comes to once all
are known: each day's frauds divided by the share known at its age. A cohort of which too little is known
(`KNOWN_LEAST`) has no such estimate.

Frauds and payments are counted whether or not the money came back: who refunds after a fraud notice had the
fraud all the same. Amounts are of what was not wholly paid back: that money is gone.
"""

from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Bools
from models.decided_payments import NEVER, DecidedPayments
from models.labels import Maturity, TooFewFrauds
from models.units import BASIS_POINTS, DAY_MS
from models.verdict_value import LabelCode, exact_sums

AGES: Final = (0, 7, 30, 60, 90, 120)
"""Cohorts begin at these ages (days); the last one has no end."""
KNOWN_LEAST: Final = 0.2
"""Share of frauds that must be known before the rest is worked out from them."""
LEARNED_FROM: Final = 30
"""Frauds that a delay curve is learned from, at least."""


class AgeCohort(Struct, frozen=True):
    """Payments of some ages that were executed."""

    from_days: int
    """The youngest age, days."""
    to_days: int | None
    """Exclusive; None: all older ones."""
    payments: int
    """That were executed, paid back or not."""
    reference_amount: int
    """Sum of those that were not wholly paid back, EUR cents."""
    frauds: int
    """Known by now among the payments."""
    fraud_amount: int
    """Sum of those that were not wholly paid back, EUR cents."""
    known_share: float | None
    """Share of their frauds that is known by now, by the delay curve; the mean over payments."""
    frauds_in_the_end: int | None
    """What the frauds will come to; None where too little is known."""

    @property
    def rate_bp(self) -> float | None:
        """Known frauds over payments, basis points by count."""
        return self.frauds * BASIS_POINTS / self.payments if self.payments else None

    @property
    def value_rate_bp(self) -> float | None:
        """The same by amount."""
        return self.fraud_amount * BASIS_POINTS / self.reference_amount if self.reference_amount else None

    @property
    def rate_in_the_end_bp(self) -> float | None:
        """What the rate will come to."""
        if self.frauds_in_the_end is None or not self.payments:
            return None
        return self.frauds_in_the_end * BASIS_POINTS / self.payments


def delay_curve(decided: DecidedPayments, as_of_ms: int) -> Maturity | None:
    """How late frauds become known, from those among the payments; None where they are too few."""
    fraud = (decided.labels == LabelCode.FRAUD) & (decided.fraud_known_at != NEVER) & decided.executed
    if int(fraud.sum()) < LEARNED_FROM:
        return None
    occurred = decided.occurred_at[fraud]
    known = np.maximum(decided.fraud_known_at[fraud], occurred)
    try:
        return Maturity.of_times(occurred.tolist(), known.tolist(), as_of_ms)
    except TooFewFrauds:
        return None


def fraud_by_age(decided: DecidedPayments, as_of_ms: int, curve: Maturity | None) -> tuple[AgeCohort, ...]:
    """The cohorts, youngest first."""
    age = (as_of_ms - decided.occurred_at) // DAY_MS
    ends: list[int | None] = [*AGES[1:], None]
    return tuple(_cohort(decided, age, start, end, curve) for start, end in zip(AGES, ends, strict=True))


def _cohort(
    decided: DecidedPayments, age: np.ndarray, start: int, end: int | None, curve: Maturity | None
) -> AgeCohort:
    chosen = decided.executed & (age >= start)
    if end is not None:
        chosen &= age < end
    fraud = chosen & (decided.labels == LabelCode.FRAUD)
    kept = decided.let_through
    weights = decided.payments[chosen]
    payments = int(weights.sum())
    known = None
    if curve is not None and payments:
        known = float((curve.shares_at(age[chosen].astype(float)) * weights).sum()) / payments
    return AgeCohort(
        from_days=start, to_days=end, payments=payments, reference_amount=_sum(decided, chosen & kept),
        frauds=int(decided.payments[fraud].sum()), fraud_amount=_sum(decided, fraud & kept),
        known_share=known,
        frauds_in_the_end=None if known is None or known < KNOWN_LEAST else _in_the_end(age[fraud], curve),
    )  # fmt: skip


def _in_the_end(ages: np.ndarray, curve: Maturity | None) -> int:
    """Known frauds over the share known at their age; one that was known earlier than the curve has seen any
    counts as itself.
    """
    assert curve is not None
    shares = [Fraction(curve.share(age)).limit_denominator(1_000_000) for age in ages.tolist()]
    return ceil(sum((1 / share if share else Fraction(1) for share in shares), Fraction(0)))


def _sum(decided: DecidedPayments, chosen: Bools) -> int:
    amounts = decided.reference_amounts[chosen]
    return exact_sums(amounts, np.zeros(len(amounts), np.int64), 1)[0]
