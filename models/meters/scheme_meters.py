"""Scheme meters: every level of every programme, for each subject that the events of a month belong to.

    rate = events of the report month / payments settled in the same month, or in the month before

An event counts in the month in which it was reported, whenever the payment was made. For Visa's programme it
does not count where it was resolved within that same month, before the scheme takes its extract: a dispute
that was prevented before it became one (Rapid Dispute Resolution), and fraud that qualified for Compelling
Evidence 3.0. A later resolution changes nothing.

A payment with a fraud notice and a dispute is two events there: the sum is (TC40 + TC15). Visa's programme,
enumeration and Mastercard's fraud programme look at payments at a distance only; Mastercard's chargeback
programme at all channels.

Invariant: readings are a function of the sums in `subject_days`, and of the programmes' document.
"""

from collections.abc import Iterator

from models.arrays import Exacts, Int64s
from models.meters.activity import CardActivity
from models.meters.calendar_months import first_day, month_name
from models.meters.programmes import Programme, Programmes, RateOver
from models.meters.projection import MonthProjection, project
from models.meters.reading import MeterReading, MonthTotals, conditions_of, events_left
from models.meters.subject_days import MeterWindow, SubjectDays, subject_days
from models.money import ReferenceRates


def scheme_readings(
    activity: CardActivity, window: MeterWindow, programmes: Programmes, rates: ReferenceRates
) -> list[MeterReading]:
    """Readings of all programmes in their order, within one by subject, then level. Subjects without an event
    in the month have none.
    """
    readings: list[MeterReading] = []
    for programme in programmes.programmes:
        for days in subject_days(activity, window, programme, rates):
            readings += _levels(programme, programmes, days, window)
    return readings


def _levels(
    programme: Programme, programmes: Programmes, days: SubjectDays, window: MeterWindow
) -> Iterator[MeterReading]:
    events = _projected(days.events, window, window.month)
    base = window.month if programme.over is RateOver.REPORT_MONTH else window.month - 1
    settled = _projected(days.settled, window, base)
    authenticated = _projected(days.authenticated, window, base)
    amounts = {code: _projected(daily, window, window.month) for code, daily in days.amounts.items()}
    now = MonthTotals(
        events.so_far, settled.so_far, authenticated.so_far, {c: p.so_far for c, p in amounts.items()}
    )
    later = settled.expected, authenticated.expected
    expected = MonthTotals(events.expected, *later, {c: p.expected for c, p in amounts.items()})
    most = MonthTotals(events.high, *later, {c: _raised(p, events) for c, p in amounts.items()})
    for level in programmes.levels(programme.id, days.country, window.month):
        yield MeterReading(
            programme=programme.id, title=programme.title, level=level.name, subject_kind=programme.subject,
            subject=days.name, country=days.country, region=programmes.region(programme.scheme, days.country),
            month=month_name(window.month), estimate=programme.estimate, events=events, settled=settled,
            conditions=conditions_of(level, now), projected=conditions_of(level, expected),
            projected_high=conditions_of(level, most), events_left=events_left(level, now),
            unconverted=days.unconverted[level.currency or ""],
        )  # fmt: skip


def _projected(daily: Int64s | Exacts, window: MeterWindow, month: int) -> MonthProjection:
    return project(daily, window.start, first_day(month), first_day(month + 1))


def _raised(amount: MonthProjection, events: MonthProjection) -> int:
    """The amount with the most events that chance makes: as much an event as expected, rounded up."""
    return -(-amount.expected * events.high // events.expected) if events.expected else amount.expected
