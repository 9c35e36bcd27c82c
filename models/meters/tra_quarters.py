"""The fraud rate of a legal entity by value and calendar quarter, and the exemption threshold it allows.

    rate = value of fraudulent remote card payments / value of all remote card payments

Delegated Regulation (EU) 2018/389: a payment service provider may use the risk analysis exemption up to the
threshold whose reference fraud rate its overall rate does not exceed (Article 18 with the Annex). The rate is
by value, of the whole legal entity, of all remote card payments, authenticated or exempt, whether or not the
money came back (Article 19), once a calendar quarter (EBA Q&A 2018_4045). Who exceeds the reference rate of a
threshold for two quarters running must stop using the exemption up to it (Article 20(2)). The United Kingdom
has its own thresholds in pounds.

A payment counts in the quarter in which it was made, a fraud in that of its payment. Frauds are known late,
so a young quarter looks better than it is: `fraud_when_known` says what to expect by the delay curve.

Invariant: thresholds are judged exactly, by products of whole numbers. Values of several currencies are
converted by cell at the rate of its day; what has no rate is stated as unconverted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

import numpy as np
from msgspec import Struct

from models.arrays import Exacts, Int64s
from models.labels import Maturity
from models.meters.activity import Texts
from models.meters.calendar_months import MONTHS_OF_A_QUARTER, date_of, first_day
from models.meters.programmes import Programmes, TraTable
from models.meters.projection import DAYS_OF_A_WEEK, WEEKS, MonthProjection, project
from models.money import ReferenceRates
from models.units import BASIS_POINTS, DAY_MS


@dataclass(frozen=True)
class RemoteCells:
    """Remote card payments that were executed, n cells; every array has shape (n,)."""

    entities: Texts
    """Legal entities."""
    days: Int64s
    """Days on which they were made."""
    currencies: Texts
    """What the values are in."""
    paid: Exacts
    """Their value, minor units."""
    fraud: Exacts
    """The value of those among them that are known to be fraud."""


class TraReading(Struct, frozen=True):
    """One quarter of one legal entity."""

    entity: str
    """The legal entity."""
    region: str
    """Region of the law."""
    quarter: str
    """Such as `2026-Q2`."""
    currency: str
    """What values and thresholds are in."""
    paid: MonthProjection
    """Value of payments, minor units, until now and at the quarter's end."""
    fraud: MonthProjection
    """Value of frauds known by now, and with what such days bring."""
    fraud_when_known: int | None
    """Of the payments until now: what their frauds will come to once all are known; None without a curve."""
    threshold: int
    """The highest threshold that the quarter's rate allows, minor units; 0: none."""
    projected_threshold: int
    """The same at the quarter's end."""
    must_cease: tuple[int, ...]
    """Thresholds whose rate was exceeded in this quarter and the one before."""
    unconverted: int
    """Cells of the quarter without an exchange rate."""

    @property
    def rate_bp(self) -> float | None:
        """The rate until now in basis points, for people; None where nothing was paid."""
        return None if not self.paid.so_far else self.fraud.so_far * BASIS_POINTS / self.paid.so_far


def tra_readings(
    cells: RemoteCells,
    quarter: int,
    as_of: int,
    countries: Mapping[str, str],
    programmes: Programmes,
    rates: ReferenceRates,
    curve: Maturity | None = None,
) -> list[TraReading]:
    """Readings of a quarter (quarters since 1970-Q1) as known when day `as_of` begins, by entity. `countries`
    says where an entity has its seat; one of a region without reference rates has no reading.
    """
    readings = []
    for entity in sorted(set(cells.entities.tolist())):
        table = programmes.tra_table(countries.get(entity), date_of(first_day(quarter * MONTHS_OF_A_QUARTER)))
        if table is not None:
            readings.append(_reading(entity, cells, quarter, as_of, table, rates, curve))
    return readings


def allowed(table: TraTable, paid: int, fraud: int) -> int:
    """The highest threshold that a rate allows; 0 where none does, and where nothing was paid."""
    return max(
        (band.threshold for band in table.bands if paid and not _exceeds(band.rate_to_bp, paid, fraud)),
        default=0,
    )


def _exceeds(rate_bp: int, paid: int, fraud: int) -> bool:
    return fraud * BASIS_POINTS > rate_bp * paid


def _reading(
    entity: str,
    cells: RemoteCells,
    quarter: int,
    as_of: int,
    table: TraTable,
    rates: ReferenceRates,
    curve: Maturity | None,
) -> TraReading:
    before, start, end = (first_day((quarter + n) * MONTHS_OF_A_QUARTER) for n in (-1, 0, 1))
    origin = min(before, start - WEEKS * DAYS_OF_A_WEEK)
    rows = np.flatnonzero(
        (cells.entities == entity) & (cells.days >= origin) & (cells.days < min(end, as_of))
    )
    paid, fraud, unconverted = _daily(cells, rows, origin, min(end, as_of), start, table.currency, rates)
    paid_then, fraud_then = int(paid[: start - origin].sum()), int(fraud[: start - origin].sum())
    now, frauds = project(paid, origin, start, end), project(fraud, origin, start, end)
    return TraReading(
        entity=entity, region=table.region, quarter=_name(quarter), currency=table.currency,
        paid=now, fraud=frauds, fraud_when_known=_when_known(fraud, origin, start, as_of, curve),
        threshold=allowed(table, now.so_far, frauds.so_far),
        projected_threshold=allowed(table, now.expected, frauds.expected),
        must_cease=tuple(
            band.threshold for band in table.bands
            if _exceeds(band.rate_to_bp, now.so_far, frauds.so_far)
            and _exceeds(band.rate_to_bp, paid_then, fraud_then)
        ),
        unconverted=unconverted,
    )  # fmt: skip


def _daily(
    cells: RemoteCells, rows: Int64s, origin: int, end: int, start: int, currency: str, rates: ReferenceRates
) -> tuple[Exacts, Exacts, int]:
    """Value paid and defrauded by day from `origin`, and how many cells from `start` on had no rate."""
    paid, fraud = np.zeros(end - origin, np.object_), np.zeros(end - origin, np.object_)
    unconverted = 0
    for row in rows.tolist():
        day, code = int(cells.days[row]), cells.currencies[row]
        values = [
            rates.convert_into(int(column[row]), code, currency, day * DAY_MS)
            for column in (cells.paid, cells.fraud)
        ]
        if values[0] is None or values[1] is None:
            unconverted += day >= start
        else:
            paid[day - origin] += values[0]
            fraud[day - origin] += values[1]
    return paid, fraud, unconverted


def _when_known(fraud: Exacts, origin: int, start: int, as_of: int, curve: Maturity | None) -> int | None:
    """Each day's frauds over the share that is known at its age. A day of which nothing is known yet counts
    as the mean of the others.
    """
    if curve is None:
        return None
    total, blind, seen = Fraction(0), 0, 0
    for day in range(start, origin + len(fraud)):
        share = Fraction(curve.share(as_of - 1 - day)).limit_denominator(1_000_000)
        if share:
            total, seen = total + int(fraud[day - origin]) / share, seen + 1
        else:
            blind += 1
    return ceil(total + (total / seen * blind if seen else 0))


def _name(quarter: int) -> str:
    first: date = date_of(first_day(quarter * MONTHS_OF_A_QUARTER))
    return f"{first.year}-Q{(first.month - 1) // MONTHS_OF_A_QUARTER + 1}"
