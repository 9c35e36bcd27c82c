"""What a list shows: filters, dates, columns, order, merchant accounts. It is kept as JSON of these structs.

In an address (`?verdict=decline&within=7d&columns=amount,verdict&order=-amount&account=shop-1`) the names
`account`, `within`, `since`, `until`, `columns` and `order` are the selection's own; every other name is a
filter of the page's. A page that is renamed or loses a filter ignores what it does not know.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct

FILTERS_MAX: Final = 20
VALUES_MAX: Final = 50
COLUMNS_MAX: Final = 60
ACCOUNTS_MAX: Final = 200
BYTES_MAX: Final = 16 << 10
"""Of a selection as JSON; the table states it as well."""

PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+\Z"
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Value = Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]
Account = Annotated[str, Meta(max_length=100, pattern=PRINTABLE)]
YEARS: Final = (1970, 2199)
"""What the warehouse's times reach."""
WITHIN: Final = re.compile(r"([1-9]\d{0,2})([hd])", re.ASCII)
MINUTE: Final = "%Y-%m-%dT%H:%M"
UNITS: Final[dict[str, Literal["hours", "days"]]] = {"h": "hours", "d": "days"}
OWN_NAMES: Final = frozenset({"account", "within", "since", "until", "columns", "order"})


class BadSelectionError(ValueError):
    """It cannot be kept; the message says why."""


class RelativeDates(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="relative"):
    """The last hours until now, or the last days (UTC) with today."""

    count: Annotated[int, Meta(ge=1, le=999)]
    unit: Literal["hours", "days"]

    def between(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when, of which the end is left out.

        >>> seven, now = RelativeDates(7, "days"), datetime(2026, 6, 10, 15, 30, tzinfo=UTC)
        >>> [str(moment) for moment in seven.between(now)]
        ['2026-06-04 00:00:00+00:00', '2026-06-10 15:30:00+00:00']
        """
        now = now.astimezone(UTC)
        if self.unit == "hours":
            return now - timedelta(hours=self.count), now
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=self.count - 1), now


class FixedDates(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed"):
    """From a time until another, of which the latter is left out; either may be open."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in filter(None, (self.start, self.end)):
            if moment.tzinfo is None or not YEARS[0] <= moment.year <= YEARS[1]:
                raise ValueError(f"times are in UTC, of the years {YEARS[0]} to {YEARS[1]}")
        if self.start and self.end and self.end <= self.start:
            raise ValueError("the end is not after the beginning")

    def between(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when, of which the end is left out; what is open ends now."""
        return self.start or datetime(YEARS[0], 1, 1, tzinfo=UTC), self.end or now.astimezone(UTC)


class Filter(Struct, frozen=True, forbid_unknown_fields=True):
    """One of a page's filters, with all of its values."""

    name: Name
    values: Annotated[tuple[Value, ...], Meta(min_length=1, max_length=VALUES_MAX)]


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """By which column."""

    column: Name
    descending: bool = False


class Selection(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of it; what is left out is as the page has it."""

    filters: Annotated[tuple[Filter, ...], Meta(max_length=FILTERS_MAX)] = ()
    dates: RelativeDates | FixedDates | None = None
    columns: Annotated[tuple[Name, ...], Meta(max_length=COLUMNS_MAX)] = ()
    order: Order | None = None
    accounts: Annotated[tuple[Account, ...], Meta(max_length=ACCOUNTS_MAX)] = ()
    """Merchant accounts it is narrowed to; none: all that its reader may see."""

    def query(self) -> str:
        """As the query of an address."""
        return urlencode(list(_pairs(self)))

    def accounts_for(self, accounts: frozenset[str] | None) -> frozenset[str] | None:
        """The merchant accounts that it shows to somebody who sees `accounts` (None: all)."""
        chosen = frozenset(self.accounts)
        if not chosen:
            return accounts
        return chosen if accounts is None else chosen & accounts


def selection_of(pairs: Iterable[tuple[str, str]]) -> Selection:
    """From the fields of an address, in their order; empty values are left out. Raises BadSelectionError.

    >>> selection_of([("verdict", "decline"), ("within", "7d"), ("verdict", "review")]).query()
    'verdict=decline&verdict=review&within=7d'
    """
    own: dict[str, list[str]] = {}
    filters: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            (own if name in OWN_NAMES else filters).setdefault(name, []).append(value.strip())
    return checked(
        {
            "filters": [{"name": name, "values": values} for name, values in filters.items()],
            "dates": _dates(own),
            "columns": [each for text in own.get("columns", []) for each in text.split(",") if each],
            "order": _order(own.get("order")),
            "accounts": own.get("account", []),
        }
    )


def checked(document: object) -> Selection:
    """A document as a selection. Raises BadSelectionError where it is not one, or is too large to keep."""
    try:
        selection = msgspec.convert(document, Selection)
    except (msgspec.ValidationError, ValueError) as failure:
        raise BadSelectionError(f"this selection cannot be kept: {failure}") from None
    if len(msgspec.json.encode(selection)) > BYTES_MAX:
        raise BadSelectionError(f"this selection is longer than {BYTES_MAX:,} bytes: use fewer values")
    return selection


def _dates(own: dict[str, list[str]]) -> dict[str, object] | None:
    fixed = {
        name: _moment(own[key][-1]) for key, name in (("since", "start"), ("until", "end")) if key in own
    }
    if fixed:
        return {"kind": "fixed", **fixed}
    if "within" not in own:
        return None
    found = WITHIN.fullmatch(own["within"][-1])
    if not found:
        raise BadSelectionError(f"{own['within'][-1][:20]!r} is no span of time such as 24h or 7d")
    return {"kind": "relative", "count": int(found[1]), "unit": UNITS[found[2]]}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadSelectionError(f"{text[:40]!r} is no time such as 2026-06-01 or 2026-06-01T12:30") from None


def _order(given: Sequence[str] | None) -> dict[str, object] | None:
    if not given:
        return None
    return {"column": given[-1].removeprefix("-"), "descending": given[-1].startswith("-")}


def _pairs(selection: Selection) -> Iterable[tuple[str, str]]:
    for each in selection.filters:
        yield from ((each.name, value) for value in each.values)
    match selection.dates:
        case RelativeDates(count, unit):
            yield "within", f"{count}{unit[0]}"
        case FixedDates(start, end):
            times = (("since", start), ("until", end))
            yield from ((name, moment.strftime(MINUTE)) for name, moment in times if moment)
    if selection.columns:
        yield "columns", ",".join(selection.columns)
    if selection.order:
        yield "order", ("-" if selection.order.descending else "") + selection.order.column
    yield from (("account", account) for account in selection.accounts)
