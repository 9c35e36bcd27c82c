"""The daily fraud report as data: all its figures, and what they must be read with.

Invariants
- The report of a day is a function of what was known when the next day began: made again later, of the same
  messages, it is the same.
- What could not be counted is said (`notes`), never left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from models.decided_payments import (
    DecidedPayments,
    RuleActions,
    value_rows,
)
from models.fraud_figures.fraud_by_age import AgeCohort, delay_curve, fraud_by_age
from models.fraud_figures.model_health import ModelHealth, model_health
from models.fraud_figures.rule_figures import RuleFigures, rule_figures
from models.fraud_figures.verdict_shares import DayVerdicts, day_verdicts
from models.labels import Maturity
from models.meters import (
    MONTHS_OF_A_QUARTER,
    CardActivity,
    MeterReading,
    MeterWindow,
    Programmes,
    RemoteCells,
    TraReading,
    date_of,
    meter_notes,
    month_of,
    scheme_readings,
    tra_readings,
)
from models.money import ReferenceRates
from models.units import DAY_MS
from models.verdict_value import MATURITY_DAYS, Costs, ValueStatement, statement

PERIOD_DAYS: Final = 28
"""Labels that matured within so many days up to the report's are what rules and money are judged by."""


class ReportSettings(Struct, frozen=True):
    """How a report is computed."""

    engine: str
    """The engine whose payments these are."""
    maturity_days: int = MATURITY_DAYS
    """The age at which a payment is booked."""
    entity: str | None = None
    """Legal entity of the risk analysis exemption; None: no reading of it."""
    entity_country: str | None = None
    """Where the entity has its seat."""
    notes: tuple[str, ...] = ()
    """What is known of the rows, such as what could not be read."""


class FraudReport(Struct, frozen=True):
    """All of one day's report."""

    engine: str
    """The engine."""
    day: str
    """The day, UTC, such as `2026-06-30`."""
    verdicts: DayVerdicts
    """How the day's payments were decided."""
    cohorts: tuple[AgeCohort, ...]
    """Fraud rate by age."""
    rules: tuple[RuleFigures, ...]
    """Rules by precision and money."""
    value: ValueStatement
    """What verdicts earned or cost."""
    model: ModelHealth
    """Health of the model."""
    meters: tuple[MeterReading, ...]
    """Scheme meters of the day's month."""
    exemption: tuple[TraReading, ...]
    """The risk analysis exemption's quarter."""
    notes: tuple[str, ...]
    """What must be known to read the figures."""


def fraud_report(
    decided: DecidedPayments,
    activity: CardActivity,
    remote: RemoteCells | None,
    day: int,
    settings: ReportSettings,
    costs: Costs,
    actions: RuleActions,
    programmes: Programmes,
    rates: ReferenceRates,
) -> FraudReport:
    """The report of a day (since 1970, UTC). All rows are as known when it ended. `remote`: remote card
    payments of the settings' legal entity; None where there is none.
    """
    as_of_ms = (day + 1) * DAY_MS
    maturity_ms = settings.maturity_days * DAY_MS
    booked = statement(
        value_rows(decided, costs, actions), as_of_ms - PERIOD_DAYS * DAY_MS, as_of_ms, maturity_ms
    )
    curve = delay_curve(decided, as_of_ms)
    window = MeterWindow(month_of(date_of(day)), day + 1)
    meters = scheme_readings(activity, window, programmes, rates)
    exemption = _exemption(remote, day, settings, programmes, rates, curve)
    return FraudReport(
        engine=settings.engine, day=date_of(day).isoformat(), verdicts=day_verdicts(decided, day),
        cohorts=fraud_by_age(decided, as_of_ms, curve), rules=rule_figures(decided, day, booked),
        value=booked,
        model=model_health(decided, day, settings.maturity_days, PERIOD_DAYS),
        meters=tuple(meters), exemption=tuple(exemption),
        notes=(
            *_notes(decided, booked, curve, settings), *meter_notes(activity, meters),
            *_exemption_notes(exemption, settings),
        ),
    )  # fmt: skip


def _exemption(
    remote: RemoteCells | None,
    day: int,
    settings: ReportSettings,
    programmes: Programmes,
    rates: ReferenceRates,
    curve: Maturity | None,
) -> list[TraReading]:
    if remote is None or settings.entity is None or settings.entity_country is None:
        return []
    quarter = month_of(date_of(day)) // MONTHS_OF_A_QUARTER
    countries: Mapping[str, str] = {settings.entity: settings.entity_country}
    return tra_readings(remote, quarter, day + 1, countries, programmes, rates, curve)


def _notes(
    decided: DecidedPayments,
    booked: ValueStatement,
    curve: Maturity | None,
    settings: ReportSettings,
) -> Sequence[str]:
    notes = list(settings.notes)
    if not decided.has_outcomes:
        notes.append(
            "No outcomes are on the log: payments that were approved count as gone through, and none as "
            "settled."
        )
    if curve is None:
        notes.append(
            "Too few frauds are known to say how late they become known: no rate is worked out in the end."
        )
    if booked.not_valued.payments:
        notes.append(
            f"{booked.not_valued.payments:,} payments of the period are not valued: stopped, without a label "
            "or probability to go by, or their label is `unknown`."
        )
    return notes


def _exemption_notes(exemption: Sequence[TraReading], settings: ReportSettings) -> Iterator[str]:
    if settings.entity is None:
        yield "No legal entity is named: the exemption for transaction risk is not measured."
    if missing := sum(each.unconverted for each in exemption):
        yield (
            f"Of {missing:,} days and currencies the remote card payments have no exchange rate: they are on "
            "neither side of the exemption's fraud rate. Publish a table of exchange rates that has them."
        )
