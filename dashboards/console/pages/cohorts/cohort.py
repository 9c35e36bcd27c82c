"""What is told of weeks: rates with their intervals, and whether one is surely above the week before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any, Final

from dashboards.console.warehouse import Rows
from models.fraud_figures import wilson

WEEK: Final = timedelta(days=7)
AGES: Final = (7, 14, 30, 60)
"""Days after a payment up to which what is known of it may be counted."""
ROSE, FELL, UNCLEAR, NOT_COMPARED = "rose", "fell", "no clear change", "not compared"


@dataclass(frozen=True)
class FraudRate:
    """Frauds of payments, by count."""

    fraud: int
    payments: int

    @property
    def share(self) -> float | None:
        """None where nothing was paid."""
        return self.fraud / self.payments if self.payments > 0 else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of 95 % (Wilson 1927)."""
        return wilson(min(self.fraud, self.payments), self.payments) if self.payments > 0 else None


@dataclass(frozen=True)
class Cohort:
    """The payments of one week.

    first       its Monday
    rate        frauds known within the age, of all payments
    lost        money of these frauds, in EUR cents
    paid        money of all payments, in EUR cents
    labelled    payments of which anything is known by now
    is_grown    whether each of its payments has had all the days
    """

    first: date
    rate: FraudRate
    lost: int
    paid: int
    labelled: int
    is_grown: bool

    @property
    def by_value(self) -> float | None:
        """Fraud rate by value."""
        return self.lost / self.paid if self.paid > 0 else None

    @property
    def coverage(self) -> float | None:
        """Share of payments of which anything is known."""
        return self.labelled / self.rate.payments if self.rate.payments > 0 else None

    @property
    def name(self) -> str:
        """As calendars count weeks (ISO 8601).

        >>> Cohort(date(2026, 1, 12), FraudRate(0, 0), 0, 0, 0, True).name
        'W03'
        """
        return f"W{self.first.isocalendar().week:02d}"


def cohorts_of(rows: Rows, age: int, today: date) -> list[Cohort]:
    """Weeks, oldest first."""
    return [
        Cohort(
            row["week"],
            FraudRate(int(row["fraud"]), int(row["payments"])),
            int(row["fraud_reference_amount"]),
            int(row["reference_amount"]),
            int(row["labelled"]),
            today >= row["week"] + WEEK + timedelta(days=age),
        )
        for row in rows
    ]


def age_of(week: date, age: int, today: date) -> int:
    """At how many days this week can be compared with the one before: all its payments have had as many."""
    return max(0, min(age, (today - week - WEEK).days))


def default_week(cohorts: Sequence[Cohort]) -> date | None:
    """The newest week that is old enough and has payments in the week before it; else the newest."""
    paid = {each.first for each in cohorts if each.rate.payments > 0}
    grown = [each.first for each in cohorts if each.is_grown and each.first - WEEK in paid]
    if grown:
        return grown[-1]
    return cohorts[-1].first if cohorts else None


def change(now: FraudRate, before: FraudRate) -> tuple[str, tuple[float, float] | None]:
    """Whether the rate moved, and the 95 % interval of the difference (Newcombe 1998, method 10).

    >>> change(FraudRate(200, 10_000), FraudRate(100, 10_000))[0]
    'rose'
    >>> change(FraudRate(11, 1_000), FraudRate(10, 1_000))[0]
    'no clear change'
    >>> change(FraudRate(11, 1_000), FraudRate(0, 0))
    ('not compared', None)
    """
    if now.interval is None or before.interval is None or now.share is None or before.share is None:
        return NOT_COMPARED, None
    (low, high), (low_before, high_before) = now.interval, before.interval
    difference = now.share - before.share
    least = difference - sqrt((now.share - low) ** 2 + (high_before - before.share) ** 2)
    most = difference + sqrt((high - now.share) ** 2 + (before.share - low_before) ** 2)
    word = ROSE if least > 0 else FELL if most < 0 else UNCLEAR
    return word, (least, most)


def why_not_compared(
    now: FraudRate,
    before: FraudRate,
    age: int,
    labelled: int | None = None,
    labelled_before: int | None = None,
) -> str:
    """Why a week cannot be compared with the one before, both at this age; empty where it can.

    `labelled`: payments of each of which anything is known by now; None where that was not asked.
    """
    if now.payments <= 0:
        return "There were no payments in this week."
    if before.payments <= 0:
        return "There were no payments in the week before."
    if age <= 0:
        return "Labels of this week are not complete: its last payments are not a day old yet."
    if labelled == 0:
        return "No payment of this week has a label yet."
    if labelled_before == 0:
        return "No payment of the week before has a label."
    return ""


def chart(cohorts: Sequence[Cohort]) -> dict[str, Any]:
    """Rates with their intervals, as the chart takes them."""
    shares = [each.rate.share for each in cohorts]
    ends = [each.rate.interval or (None, None) for each in cohorts]
    return {
        "x": [(each.first - date(1970, 1, 1)).days * 86_400 for each in cohorts],
        "series": [
            {"name": "fraud rate", "tone": "decline", "values": shares},
            {"name": "least", "tone": "muted", "dash": True, "values": [low for low, _ in ends]},
            {"name": "most", "tone": "muted", "dash": True, "values": [high for _, high in ends]},
            {"name": "by value", "tone": "accent", "values": [each.by_value for each in cohorts]},
        ],
        "unit": "%",
    }
