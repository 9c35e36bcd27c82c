"""What the card schemes and the law measure by: programmes with dated, regional levels, as a document.

The document that ships is `models/data/scheme_programmes.toml`, which names the source of each figure. Rules
change at the first of a month and differ by region, so a level is looked up for a month and a country:

>>> from models.meters.calendar_months import parsed_month
>>> europe = SHIPPED.levels("visa_vamp_merchant", "FR", parsed_month("2026-03"))
>>> europe[0].name, europe[0].rate_from_bp
('excessive', 220)
>>> SHIPPED.levels("visa_vamp_merchant", "FR", parsed_month("2026-04"))[0].rate_from_bp
150

A level is reached when *all* its conditions hold, each inclusive: `..._from` is "at least", `..._below` is
"less than", `..._to` is "at most".

Invariants
- For a programme, region and month at most one period is in force; periods begin and end with months.
- A country is in one region of a scheme; `*` takes the countries that no other region names.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from importlib.resources import files
from itertools import combinations
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from models.meters.calendar_months import month_of
from models.money import EXPONENTS
from models.units import BASIS_POINTS

REST_OF_THE_WORLD: Final = "*"
LAW: Final = "law"
"""Under which the regions of the law are kept, beside those of the schemes."""

Count = Annotated[int, Meta(ge=1)]
Rate = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
Code = Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class ProgrammesError(ValueError):
    """The document cannot be used; the message says which programme or region, and why."""


class MeterSubject(StrEnum):
    """Who is measured."""

    MERCHANT = "merchant"
    ACQUIRER = "acquirer"


class MeterCounts(StrEnum):
    """Which events a programme counts."""

    FRAUD_NOTICES_AND_DISPUTES = "fraud_notices_and_disputes"
    DISPUTES = "disputes"
    FRAUD_DISPUTES = "fraud_disputes"
    ENUMERATED = "enumerated"


class RateOver(StrEnum):
    """Whose payments the events are divided by."""

    REPORT_MONTH = "report_month"
    PREVIOUS_MONTH = "previous_month"


class ProgrammeLevel(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One level of a programme: reached when everything that is given here holds."""

    name: Name
    """Its name, such as `excessive`."""
    events_from: Count | None = None
    """Events of the month."""
    rate_from_bp: Rate | None = None
    """Events over payments, basis points."""
    settled_from: Count | None = None
    """Payments that the events are divided by."""
    amount_from: Count | None = None
    """Sum of the events' amounts, minor units of `currency`."""
    currency: Code | None = None
    """What `amount_from` is in."""
    authenticated_below_bp: Rate | None = None
    """Share of those payments that were authenticated by 3-D Secure, basis points."""


class ProgrammePeriod(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Levels in force for some regions and months."""

    since: date
    """First day, the first of a month."""
    regions: tuple[Name, ...]
    """Regions of the programme's scheme."""
    levels: tuple[ProgrammeLevel, ...]
    """From the mildest to the sternest."""
    until: date | None = None
    """The day from which on it is over, the first of a month; none: still in force."""

    def covers(self, month: int) -> bool:
        """Whether it is in force in this month."""
        return month_of(self.since) <= month and (self.until is None or month < month_of(self.until))


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """One monitoring programme of a scheme."""

    id: Name
    """What commands and reports call it."""
    title: str
    """Its name for people."""
    scheme: Name
    """The card scheme, as payments and disputes name it."""
    subject: MeterSubject
    """Who is measured."""
    counts: MeterCounts
    """Which events."""
    over: RateOver
    """Divided by whose payments."""
    source: str
    """Where the figures come from."""
    periods: tuple[ProgrammePeriod, ...]
    """Levels by region and time."""
    estimate: bool = False
    """What we count stands for something that only the scheme can count."""

    @property
    def currencies(self) -> frozenset[str]:
        """What its levels' amounts are in."""
        levels = [level for period in self.periods for level in period.levels]
        return frozenset(level.currency for level in levels if level.currency is not None)


class TraBandRate(Struct, frozen=True, forbid_unknown_fields=True):
    """An exemption threshold value and the fraud rate that allows it."""

    threshold: Count
    """Amount up to which the exemption may be used, minor units."""
    rate_to_bp: Rate
    """Highest fraud rate by value, basis points."""


class TraTable(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """The reference fraud rates of a region for remote card payments."""

    since: date
    """First day."""
    region: Name
    """Region of the law."""
    currency: Code
    """What thresholds and values are in."""
    bands: tuple[TraBandRate, ...]
    """From the highest threshold, which wants the lowest rate, down."""
    source: str
    """The law."""
    until: date | None = None
    """The day from which on it is over; none: still in force."""


class Programmes(Struct, frozen=True, forbid_unknown_fields=True):
    """All programmes, with the regions that countries are in."""

    version: int
    """Of the format: 1."""
    regions: dict[Name, dict[Name, tuple[str, ...]]]
    """Scheme (or `law`) -> region -> ISO 3166-1 alpha-2 codes, or `*`."""
    programmes: tuple[Programme, ...]
    """In the order in which reports show them."""
    tra: tuple[TraTable, ...] = ()
    """Reference fraud rates of transaction risk analysis."""

    @classmethod
    def from_bytes(cls, blob: bytes) -> "Programmes":
        """Read a document (TOML). Raises `ProgrammesError`."""
        try:
            document = msgspec.toml.decode(blob, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
            raise ProgrammesError(f"programmes: {error}") from None
        for problem in problems(document):
            raise ProgrammesError(f"programmes: {problem}")
        return document

    def __getitem__(self, programme: str) -> Programme:
        for each in self.programmes:
            if each.id == programme:
                return each
        known = ", ".join(each.id for each in self.programmes)
        raise ProgrammesError(f"there is no programme {programme!r}: expected one of {known}")

    def region(self, scheme: str, country: str | None) -> str | None:
        """The region of a country; None where it is unknown, or in no region."""
        named = self.regions.get(scheme, {})
        for region, countries in named.items():
            if country in countries:
                return region
        return next((name for name, codes in named.items() if country and REST_OF_THE_WORLD in codes), None)

    def levels(self, programme: str, country: str | None, month: int) -> tuple[ProgrammeLevel, ...]:
        """The levels in force for a subject of this country in this month, mildest first; none where the
        programme does not apply.
        """
        chosen = self[programme]
        region = self.region(chosen.scheme, country)
        for period in chosen.periods:
            if region in period.regions and period.covers(month):
                return period.levels
        return ()

    def tra_table(self, country: str | None, day: date) -> TraTable | None:
        """The reference fraud rates for an entity of this country on a day; None where there are none."""
        region = self.region(LAW, country)
        for table in self.tra:
            if table.region == region and table.since <= day and (table.until is None or day < table.until):
                return table
        return None


def problems(document: Programmes) -> Iterator[str]:
    if document.version != 1:
        yield f"version {document.version} is not known, expected 1"
    yield from _region_problems(document.regions)
    ids = [programme.id for programme in document.programmes]
    yield from (f"programme {name!r} is there twice" for name in sorted({n for n in ids if ids.count(n) > 1}))
    for programme in document.programmes:
        yield from _programme_problems(programme, document.regions.get(programme.scheme, {}))
    for table in document.tra:
        yield from _table_problems(table, document.regions.get(LAW, {}))


def _region_problems(regions: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
    for scheme, named in regions.items():
        codes = [code for countries in named.values() for code in countries]
        for code in sorted(set(codes)):
            if code != REST_OF_THE_WORLD and not (len(code) == 2 and code.isascii() and code.isupper()):
                yield f"regions of {scheme}: {code!r} is not a country code such as FR"
            if codes.count(code) > 1:
                yield f"regions of {scheme}: {code} is in two regions"


def _programme_problems(programme: Programme, regions: Mapping[str, Any]) -> Iterator[str]:
    where = f"programme {programme.id!r}"
    for period in programme.periods:
        for region in period.regions:
            if region not in regions:
                yield f"{where}: {programme.scheme} has no region {region!r}"
        for day in filter(None, (period.since, period.until)):
            if day.day != 1:
                yield f"{where}: {day} is not the first of a month"
        if period.until is not None and period.until <= period.since:
            yield f"{where}: a period from {period.since} is over on {period.until}"
        for level in period.levels:
            yield from _level_problems(f"{where}, level {level.name!r}", level)
    for earlier, later in combinations(programme.periods, 2):
        if set(earlier.regions) & set(later.regions) and _overlap(earlier, later):
            both = ", ".join(sorted(set(earlier.regions) & set(later.regions)))
            yield f"{where}: two periods are in force at once for {both}, from {later.since}"


def _overlap(one_period: ProgrammePeriod, other: ProgrammePeriod) -> bool:
    ends = [period.until or date.max for period in (one_period, other)]
    return max(one_period.since, other.since) < min(ends)


def _level_problems(where: str, level: ProgrammeLevel) -> Iterator[str]:
    if (level.amount_from is None) != (level.currency is None):
        yield f"{where}: amount_from and currency go together"
    if level.currency is not None and level.currency not in EXPONENTS:
        yield f"{where}: {level.currency!r} is not a currency with minor units"
    if level.events_from is None and level.rate_from_bp is None and level.amount_from is None:
        yield f"{where}: expected at least one of events_from, rate_from_bp and amount_from"


def _table_problems(table: TraTable, regions: Mapping[str, Any]) -> Iterator[str]:
    where = f"tra of {table.region!r} from {table.since}"
    if table.region not in regions:
        yield f"{where}: {LAW} has no region {table.region!r}"
    if table.currency not in EXPONENTS:
        yield f"{where}: {table.currency!r} is not a currency with minor units"
    thresholds = [band.threshold for band in table.bands]
    rates = [band.rate_to_bp for band in table.bands]
    if not thresholds or thresholds != sorted(thresholds, reverse=True) or rates != sorted(rates):
        yield f"{where}: bands go from the highest threshold and lowest rate down"


SHIPPED: Final = Programmes.from_bytes(files("models").joinpath("data/scheme_programmes.toml").read_bytes())
"""What the package knows."""
