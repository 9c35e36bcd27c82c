"""Meters: how near a merchant, an acquirer or a legal entity is to what schemes and the law measure it by.

Programmes are a dated, regional document; what is measured are plain columns of card payments and reports;
what is read is a level with its conditions, now and at the end of its month or quarter.

Invariants: every comparison is of whole numbers; a figure of several currencies says which one it is in and
what could not be converted; nothing depends on the order of rows. Imports labels, messages and money.
"""

from models.meters.activity import (
    NEVER,
    AttemptCells,
    CardActivity,
    ReportKind,
    ReportRows,
    Resolution,
    SettledCells,
    factorised,
    texts,
)
from models.meters.calendar_months import (
    MONTHS_OF_A_QUARTER,
    date_of,
    first_day,
    month_name,
    month_of,
    parsed_month,
)
from models.meters.condition import MeterCondition
from models.meters.enumeration import CardAttempts, EnumerationEstimate
from models.meters.notes import meter_notes
from models.meters.programmes import (
    SHIPPED,
    MeterSubject,
    Programme,
    ProgrammeLevel,
    Programmes,
    ProgrammesError,
)
from models.meters.projection import MonthProjection
from models.meters.reading import MeterReading
from models.meters.reports import StageRow, reports
from models.meters.scheme_meters import scheme_readings
from models.meters.subject_days import MeterWindow
from models.meters.tra_quarters import RemoteCells, TraReading, tra_readings

__all__ = [
    "MONTHS_OF_A_QUARTER",
    "NEVER",
    "SHIPPED",
    "AttemptCells",
    "CardActivity",
    "CardAttempts",
    "EnumerationEstimate",
    "MeterCondition",
    "MeterReading",
    "MeterSubject",
    "MeterWindow",
    "MonthProjection",
    "Programme",
    "ProgrammeLevel",
    "Programmes",
    "ProgrammesError",
    "RemoteCells",
    "ReportKind",
    "ReportRows",
    "Resolution",
    "SettledCells",
    "StageRow",
    "TraReading",
    "date_of",
    "factorised",
    "first_day",
    "meter_notes",
    "month_name",
    "month_of",
    "parsed_month",
    "reports",
    "scheme_readings",
    "texts",
    "tra_readings",
]
