"""From an engine's name and a day to its report or its meters: what is read, and from where.

Invariant: what judged and what it cost are those in effect when the report's day ended, so that a report made
again later is the same. Of a historical engine, whose log was written long after its payments, all of it is.

How far back: a payment is booked when it is old enough, and the exemption's quarter is compared with the one
before it, so a report of one day reads more than half a year of payments.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dashboards.report_rows.judges import ReportJudges, report_judges
from dashboards.report_rows.log_rows import rows_from_log
from dashboards.report_rows.rows import ActivityRead, ReportRowsRead
from dashboards.report_rows.warehouse_rows import (
    WarehouseWindow,
    activity_from_warehouse,
    remote_from_warehouse,
    rows_from_warehouse,
)
from models.fraud_figures import PERIOD_DAYS, FraudReport, ReportSettings, fraud_report
from models.messages import Change, TableChange
from models.meters import (
    MONTHS_OF_A_QUARTER,
    SHIPPED,
    MeterReading,
    MeterWindow,
    Programmes,
    ProgrammesError,
    RemoteCells,
    TraReading,
    date_of,
    meter_notes,
    month_of,
    scheme_readings,
    tra_readings,
)
from models.money import ReferenceRates
from models.reference import REFERENCE_TABLES
from models.seed import seed_tables
from models.units import DAY_MS
from models.verdict_value import MATURITY_DAYS
from streams.control_plane import artefacts_of, logged
from streams.errors import Misconfigured, Outage
from streams.kafka import HISTORY, Topics, input_log
from streams.settings import Settings, without_password
from streams.warehouse import connect

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SETTLED_DAYS: Final = 31
"""Within which a payment is captured, at the latest: an authorisation lasts a month at most."""
QUARTERS_DAYS: Final = 2 * 92
"""Of the exemption's quarter and the one before it."""
SAMPLE_RATES: Final = (
    "No table of exchange rates is live: amounts are converted by the sample that ships with Tollgate, which "
    "is no market data. Publish the European Central Bank's (docs/reference-data.md)."
)

ReadRows = Callable[[int, int, ReportJudges], ReportRowsRead]
"""Rows decided from one time until another (ms), as known at the latter, when those judges were in effect."""
ReadActivity = Callable[[int, int], ActivityRead]
"""What meters need of payments decided from one time until another (ms), as known at the latter."""
ReadRemote = Callable[[int, int], RemoteCells | None]
"""Remote card payments of the legal entity, decided from one time until another (ms), as known then."""
JudgesAt = Callable[[int], ReportJudges]
"""What was in effect at a time (ms)."""


@dataclass(frozen=True)
class ReportSource:
    """Where the rows of one engine's reports come from, and by what they are judged."""

    engine: str
    rows: ReadRows
    activity: ReadActivity
    judges: JudgesAt
    programmes: Programmes
    entity: str | None = None
    entity_country: str | None = None
    remote: ReadRemote | None = None

    def report(self, day: int, maturity_days: int = MATURITY_DAYS) -> FraudReport:
        """The report of a day (since 1970, UTC)."""
        as_of_ms = (day + 1) * DAY_MS
        back = max(maturity_days + PERIOD_DAYS, QUARTERS_DAYS) + 1
        judges = self.judges(as_of_ms)
        read = self.rows(as_of_ms - back * DAY_MS, as_of_ms, judges)
        settings = ReportSettings(
            self.engine, maturity_days, self.entity, self.entity_country, (*read.notes, *judges.notes)
        )
        costs = judges.costs(read.decided.merchants.tolist())
        return fraud_report(
            read.decided, read.activity, read.remote, day, settings, costs, judges.actions, self.programmes,
            judges.rates,
        )  # fmt: skip

    def meters(self, window: MeterWindow) -> tuple[list[MeterReading], tuple[str, ...]]:
        """Scheme meters of a month, and what must be known of them."""
        as_of_ms = window.as_of * DAY_MS
        judges = self.judges(as_of_ms)
        read = self.activity((window.start - SETTLED_DAYS) * DAY_MS, as_of_ms)
        readings = scheme_readings(read.activity, window, self.programmes, judges.rates)
        return readings, (*read.notes, *judges.rate_notes, *meter_notes(read.activity, readings))

    def exemption(self, day: int) -> list[TraReading]:
        """The risk analysis exemption's quarter of a day (since 1970, UTC), as known when the day ended;
        nothing where no legal entity is named.
        """
        if self.entity is None or self.entity_country is None or self.remote is None:
            return []
        as_of_ms = (day + 1) * DAY_MS
        cells = self.remote(as_of_ms - (QUARTERS_DAYS + 1) * DAY_MS, as_of_ms)
        if cells is None:
            return []
        quarter = month_of(date_of(day)) // MONTHS_OF_A_QUARTER
        countries = {self.entity: self.entity_country}
        return tra_readings(cells, quarter, day + 1, countries, self.programmes, self.judges(as_of_ms).rates)


def report_source(
    settings: Settings, engine: str, programmes: Programmes, *, from_log: bool = False
) -> ReportSource:
    """The source of an engine's reports: the warehouse, or the topics alone. Raises `Misconfigured`,
    `Outage`.
    """
    bootstrap = settings.kafka()
    logged_changes = [(entry.appended_at, entry.control.change) for entry in logged(bootstrap, engine)]
    is_historical = Topics(engine)[HISTORY] in input_log(bootstrap, engine).topics

    def judges(as_of_ms: int) -> ReportJudges:
        known = (change for appended_at, change in logged_changes if is_historical or appended_at < as_of_ms)
        changes = list(known)
        rates, notes = _rates(settings, engine, changes)
        return report_judges(changes, rates, notes)

    acquirer = settings.report_acquirer or None
    entity, country = _entity(settings.report_entity)
    url = "" if from_log else settings.clickhouse()

    def rows(since_ms: int, as_of_ms: int, effective: ReportJudges) -> ReportRowsRead:
        if from_log:
            return rows_from_log(bootstrap, engine, since_ms, as_of_ms, acquirer, entity)
        with _client(url) as client:
            window = WarehouseWindow(client, engine, since_ms, as_of_ms, acquirer, entity)
            return rows_from_warehouse(window, effective.approved_below)

    def activity(since_ms: int, as_of_ms: int) -> ActivityRead:
        if from_log:
            read = rows_from_log(bootstrap, engine, since_ms, as_of_ms, acquirer)
            return ActivityRead(read.activity, read.notes)
        with _client(url) as client:
            return activity_from_warehouse(WarehouseWindow(client, engine, since_ms, as_of_ms, acquirer))

    def remote(since_ms: int, as_of_ms: int) -> RemoteCells | None:
        if from_log:
            return rows_from_log(bootstrap, engine, since_ms, as_of_ms, acquirer, entity).remote
        with _client(url) as client:
            window = WarehouseWindow(client, engine, since_ms, as_of_ms, acquirer, entity)
            return remote_from_warehouse(window)

    return ReportSource(engine, rows, activity, judges, programmes, entity, country, remote)


@contextmanager
def _client(url: str) -> Iterator["Client"]:
    """A client of the warehouse; what it raises is an outage, with what to do."""
    from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

    try:
        client = connect(url)
        try:
            yield client
        finally:
            client.close()
    except (ClickHouseError, OSError) as failure:
        raise Outage(
            f"the warehouse at {without_password(url)} does not answer ({str(failure)[:300]}): start it, or "
            "read the topics alone with --from-log"
        ) from failure


def read_programmes(file: str) -> Programmes:
    """The programmes of a file, or those that ship. Raises `Misconfigured`."""
    if not file:
        return SHIPPED
    try:
        return Programmes.from_bytes(Path(file).read_bytes())
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from None
    except ProgrammesError as error:
        raise Misconfigured(f"{file}: {error}") from None


def _rates(
    settings: Settings, engine: str, changes: Sequence[Change]
) -> tuple[ReferenceRates, tuple[str, ...]]:
    """The exchange rates in effect."""
    tables = [each for each in changes if isinstance(each, TableChange) and each.table == "fx"]
    newest = tables[-1] if tables else None
    sample = seed_tables()["fx"]
    content = sample if newest is None else artefacts_of(settings, engine).load(newest.sha256)
    rates: ReferenceRates = REFERENCE_TABLES["fx"].load(content)
    return rates, (SAMPLE_RATES,) if content == sample else ()


def _entity(words: str) -> tuple[str | None, str | None]:
    name, _, country = words.rpartition(":")
    if not words:
        return None, None
    if not name or len(country) != 2 or not country.isupper():
        raise Misconfigured(
            f"TOLLGATE_REPORT_ENTITY is {words!r}: give the legal entity and the country of its seat, such "
            "as `Acme Payments:IE`"
        )
    return name, country
