"""Counts of merchants and acquirers by day: from cells and reports to what one programme counts.

Invariants
- Counts are sums over cells: how payments were gathered into cells does not matter, nor does their order.
- Money in several currencies is converted row by row at the rate of the day of the report; a row without a
  rate is counted as unconverted, and its amount is in no sum. Sums of amounts are exact, however large.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.arrays import Bools, Exacts, Int64s
from models.meters.activity import (
    NEVER,
    AttemptCells,
    CardActivity,
    ReportKind,
    ReportRows,
    Resolution,
    SettledCells,
    Texts,
    factorised,
)
from models.meters.calendar_months import first_day, months
from models.meters.programmes import MeterCounts, MeterSubject, Programme
from models.meters.projection import DAYS_OF_A_WEEK, WEEKS
from models.money import ReferenceRates
from models.units import DAY_MS

HISTORY_DAYS: Final = WEEKS * DAYS_OF_A_WEEK
"""Before the month: what projections are learned from."""
CARD_ABSENT_ONLY: Final = frozenset({MeterCounts.FRAUD_NOTICES_AND_DISPUTES, MeterCounts.FRAUD_DISPUTES})

SubjectKey = tuple[str, str | None]
"""Name and country."""


@dataclass(frozen=True)
class MeterWindow:
    """A month as it is known when a day begins, UTC: nothing of that day or later is looked at."""

    month: int
    """Months since January 1970."""
    as_of: int
    """Day since 1970."""

    @property
    def start(self) -> int:
        """The first day that is read: of the month before, or earlier for projections."""
        return min(first_day(self.month - 1), first_day(self.month) - HISTORY_DAYS)

    @property
    def end(self) -> int:
        """The first day that is not read."""
        return max(self.start, min(first_day(self.month + 1), self.as_of))

    def covers(self, days: Int64s) -> Bools:
        """Which days are read."""
        return (days >= self.start) & (days < self.end)


@dataclass
class SubjectDays:
    """Counts of one subject by day, from the window's start, each of shape (days,)."""

    name: str
    country: str | None
    settled: Int64s
    authenticated: Int64s
    events: Int64s
    amounts: dict[str, Exacts] = field(default_factory=dict)
    """By currency that a level of the programme asks for."""
    unconverted: Counter[str] = field(default_factory=Counter)
    """Events of the month without a rate for such a currency, by currency."""


def subject_days(
    activity: CardActivity,
    window: MeterWindow,
    programme: Programme,
    rates: ReferenceRates,
) -> list[SubjectDays]:
    """Subjects of a programme with at least one event in the month, by name and country."""
    if programme.counts is MeterCounts.ENUMERATED:
        subjects = _of_attempts(activity.attempts, window, programme)
    else:
        subjects = _of_reports(activity, window, programme, rates)
    month = max(0, first_day(window.month) - window.start)
    chosen = [days for days in subjects.values() if days.events[month:].any()]
    return sorted(chosen, key=lambda days: (days.name, days.country or ""))


class _Subjects(dict[SubjectKey, SubjectDays]):
    """Subjects by name and country, made when asked for."""

    def __init__(self, window: MeterWindow) -> None:
        self._length = window.end - window.start

    def __missing__(self, key: SubjectKey) -> SubjectDays:
        settled, authenticated, events = (np.zeros(self._length, np.int64) for _ in range(3))
        self[key] = SubjectDays(*key, settled, authenticated, events)
        return self[key]


def _of_reports(
    activity: CardActivity, window: MeterWindow, programme: Programme, rates: ReferenceRates
) -> _Subjects:
    subjects = _Subjects(window)
    settled, reports = activity.settled, activity.reports
    countries = _acquirer_countries(settled, reports) if programme.subject is MeterSubject.ACQUIRER else None
    for key, rows in _groups(reports, countries, _counted_reports(reports, window, programme)):
        _add_reports(subjects[key], reports, rows, window, programme, rates)
    wanted = window.covers(settled.days) & (settled.schemes == programme.scheme)
    if programme.counts in CARD_ABSENT_ONLY:
        wanted &= settled.card_absent
    for key, rows in _groups(settled, countries, wanted):
        if key in subjects:
            places, payments = settled.days[rows] - window.start, settled.payments[rows]
            np.add.at(subjects[key].settled, places, payments)
            np.add.at(subjects[key].authenticated, places, payments * settled.authenticated[rows])
    return subjects


def _counted_reports(reports: ReportRows, window: MeterWindow, programme: Programme) -> Bools:
    """Which reports the programme counts, as far as known at the window's moment."""
    chosen = window.covers(reports.reported_at // DAY_MS) & (reports.schemes == programme.scheme)
    if programme.counts is MeterCounts.FRAUD_NOTICES_AND_DISPUTES:
        chosen &= ~_resolved_in_time(reports, window)
    else:
        chosen &= (reports.kinds == ReportKind.DISPUTE) & (reports.resolutions != Resolution.PRE_DISPUTE)
    if programme.counts is MeterCounts.FRAUD_DISPUTES:
        chosen &= reports.fraud
    if programme.counts in CARD_ABSENT_ONLY:
        chosen &= reports.card_absent
    return np.asarray(chosen, np.bool_)


def _resolved_in_time(reports: ReportRows, window: MeterWindow) -> Bools:
    """Taken out of the count within the month of the report, as far as known."""
    known = (reports.resolutions != Resolution.NONE) & (reports.resolved_at != NEVER)
    known &= reports.resolved_at < window.as_of * DAY_MS
    return np.asarray(known & (months(reports.resolved_at) <= months(reports.reported_at)), np.bool_)


def _add_reports(
    days: SubjectDays,
    reports: ReportRows,
    rows: Int64s,
    window: MeterWindow,
    programme: Programme,
    rates: ReferenceRates,
) -> None:
    places = reports.reported_at[rows] // DAY_MS - window.start
    np.add.at(days.events, places, 1)
    month = first_day(window.month) - window.start
    for currency in sorted(programme.currencies):
        daily = days.amounts[currency] = np.zeros(window.end - window.start, np.object_)
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            paid, paid_in = int(reports.amounts[row]), reports.currencies[row]
            amount = rates.convert_into(paid, paid_in, currency, int(reports.reported_at[row]))
            if amount is not None:
                daily[place] += amount
            elif place >= month:
                days.unconverted[currency] += 1


def _of_attempts(attempts: AttemptCells, window: MeterWindow, programme: Programme) -> _Subjects:
    subjects = _Subjects(window)
    wanted = window.covers(attempts.days) & (attempts.schemes == programme.scheme)
    for key, rows in _groups(attempts, None, wanted):
        places = attempts.days[rows] - window.start
        np.add.at(subjects[key].events, places, attempts.enumerated[rows])
        np.add.at(subjects[key].settled, places, attempts.attempts[rows])
    return subjects


def _groups(
    cells: SettledCells | ReportRows | AttemptCells,
    acquirer_countries: Mapping[str, str | None] | None,
    chosen: Bools,
) -> Iterator[tuple[SubjectKey, Int64s]]:
    """Rows of each subject among the chosen ones: of merchants, or of acquirers whose countries are given."""
    rows = np.flatnonzero(chosen)
    if acquirer_countries is None:
        names, numbers = factorised(cells.merchants[rows], cells.countries[rows])
        keys: list[SubjectKey] = [(name, country) for name, country in names]
    else:
        acquirers, numbers = factorised(cells.acquirers[rows])
        keys = [(name, acquirer_countries.get(name)) for (name,) in acquirers]
    by_key = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=len(keys)))
    for key, mine in zip(keys, np.split(by_key, ends[:-1]), strict=False):
        yield key, rows[mine]


def _acquirer_countries(settled: SettledCells, reports: ReportRows) -> dict[str, str | None]:
    """The country of each acquirer: the one that most of its payments are made in, by its merchants; of one
    of which no settled payment with a country is known, the one that most of its reports are of.
    """
    reported = np.ones(len(reports.kinds), np.int64)
    return _most(reports.acquirers, reports.countries, reported) | _most(
        settled.acquirers, settled.countries, settled.payments
    )


def _most(acquirers: Texts, countries: Texts, weights: Int64s) -> dict[str, str | None]:
    """The country with the greatest weight of each acquirer that has one; of equal ones the first by name."""
    counts: dict[str, Counter[str]] = {}
    keys, numbers = factorised(acquirers, countries)
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, numbers, weights)
    for (acquirer, country), payments in zip(keys, sums.tolist(), strict=True):
        if country is not None:
            counts.setdefault(acquirer, Counter())[country] += payments
    return {name: min(by, key=lambda code: (-by[code], code)) for name, by in counts.items()}
