"""Amounts in the reference currency (EUR cents) by a dated table of exchange rates, in integers only.

A rate is read as a decimal fraction, never as a float, so the same table gives the same cents everywhere:
cents = amount x 100 / (10^exponent x rate), rounded half away from zero (half a cent is one cent). The rate
of a payment is the latest one not after its UTC day; before the table begins, the first one.

A table is one of the files that the European Central Bank publishes, as it is: `eurofxref-hist.csv` or
`eurofxref.csv` (a `Date` column, then one column a currency: units of that currency for one euro), or the
same as XML (`eurofxref-hist.xml`, `-hist-90d.xml`, `-daily.xml`); days in any order. An empty cell or `N/A`
is a day without a rate, lines of a CSV that start with `#` are comments, and currencies that can no longer
be paid with are left out.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final, Self
from xml.etree import ElementTree

from models.file_formats import ReferenceTableError, decoded, rows
from models.money.currencies import EXPONENTS, REFERENCE_CURRENCY
from models.units import DAY_MS

CACHED_RATES_MAX: Final = 1 << 16
"""(currency, day) pairs remembered; when full it starts again empty (it only saves time)."""

_EPOCH = date(1970, 1, 1).toordinal()
_NO_RATE = {"", "N/A"}
_CODE = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,20})?")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


Quote = tuple[str, int, str, str]
"""Place in the file, day since 1970, currency, rate as written."""


class ReferenceRates:
    """Converts minor units of a currency into EUR cents at a day's rate.

    >>> rates = ReferenceRates.from_bytes(b"Date,USD,JPY\\n2024-01-02,1.0956,155.73\\n")
    >>> rates.convert(10956, "USD", 1_704_240_000_000), rates.convert(15573, "JPY", 0)
    (10000, 10000)
    >>> rates.convert(100, "CLF", 0) is None
    True
    """

    def __init__(
        self, rates: Mapping[str, Mapping[int, Fraction]], exponents: Mapping[str, int] = EXPONENTS
    ) -> None:
        """`rates`: currency -> day since 1970 -> units of the currency for one euro (above zero).
        `exponents`: decimals of the currencies that can be paid with; the others are never converted.
        """
        self._rates = rates
        self._days = {currency: sorted(quoted) for currency, quoted in rates.items() if currency in exponents}
        self._factors = {
            currency: [_factor(exponents[currency], rates[currency][day]) for day in days]
            for currency, days in self._days.items()
        }
        self._cache: dict[tuple[str, int], tuple[int, int] | None] = {}

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a table. Raises `ReferenceTableError` naming line and currency."""
        rates: dict[str, dict[int, Fraction]] = {}
        for where, day, currency, text in _xml(blob) if blob.lstrip().startswith(b"<") else _csv(blob):
            if not _CODE.fullmatch(currency) or text in _NO_RATE:
                continue
            if day in rates.setdefault(currency, {}):
                raise ReferenceTableError(f"{where}: a second rate of {currency} on {_written(day)}")
            rates[currency][day] = _rate(text, currency, day, where)
        if not rates:
            raise ReferenceTableError("line 1: no rate: expected a header `Date,USD,...` and rows, or XML")
        return cls(rates | {REFERENCE_CURRENCY: {0: Fraction(1)}})

    def under(self, exponents: Mapping[str, int]) -> Self:
        """The same rates, counting minor units by other decimals."""
        return type(self)(self._rates, exponents)

    def convert(self, amount: int, currency: str, at_ms: int) -> int | None:
        """EUR cents of `amount` (not negative) at `at_ms`; None without a rate."""
        key = (currency, at_ms // DAY_MS)
        factor = self._cache.get(key)
        if factor is None:
            factor = self._remember(key)
            if factor is None:
                return None
        return (amount * factor[0] + factor[1]) // (2 * factor[1])

    def convert_into(self, amount: int, currency: str, target: str, at_ms: int) -> int | None:
        """Minor units of `target` for `amount` (not negative) of `currency`, by the rates of both at `at_ms`,
        rounded once, half away from zero; the same amount in the same currency, None without a rate.

        >>> rates = ReferenceRates.from_bytes(b"Date,USD,JPY\\n2024-01-02,1.10,165\\n")
        >>> rates.convert_into(1_650, "JPY", "USD", 1_704_240_000_000)
        1100
        """
        if currency == target:
            return amount
        day = at_ms // DAY_MS
        paid, wanted = self._cents(currency, day), self._cents(target, day)
        if paid is None or wanted is None:
            return None
        doubled = 2 * amount * paid / wanted
        return (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)

    def _cents(self, currency: str, day: int) -> Fraction | None:
        """EUR cents of one minor unit on a day."""
        days = self._days.get(currency)
        if days is None:
            return None
        doubled, denominator = self._factors[currency][max(0, bisect_right(days, day) - 1)]
        return Fraction(doubled, 2 * denominator)

    def _remember(self, key: tuple[str, int]) -> tuple[int, int] | None:
        currency, day = key
        days = self._days.get(currency)
        if days is None:
            return None
        if len(self._cache) >= CACHED_RATES_MAX:
            self._cache.clear()
        factor = self._factors[currency][max(0, bisect_right(days, day) - 1)]
        self._cache[key] = factor
        return factor


def _factor(exponent: int, rate: Fraction) -> tuple[int, int]:
    """(2 x numerator, denominator) of cents a minor unit: doubled, rounding adds the denominator."""
    cents = Fraction(100) / (10**exponent * rate)
    return 2 * cents.numerator, cents.denominator


def _csv(blob: bytes) -> Iterator[Quote]:
    table = rows(blob)
    number, header = next(table, (1, []))
    names = [name.strip() for name in header]
    if names[:1] != ["Date"] or len(set(names)) != len(names):
        raise ReferenceTableError(f"line {number}: the header must be `Date` and currencies, each once")
    for number, row in table:
        if len(row) != len(names):
            raise ReferenceTableError(f"line {number}: {len(row)} cells under a header of {len(names)}")
        day = _day(row[0].strip(), f"line {number}")
        for currency, text in zip(names[1:], row[1:], strict=True):
            yield f"line {number}", day, currency, text.strip()


def _xml(blob: bytes) -> Iterator[Quote]:
    """The bank's `Cube` elements: one a day, in it one a currency."""
    text = decoded(blob)
    if "<!" in text.replace("<!--", ""):
        raise ReferenceTableError("line 1: XML with a document type or entities is not read")
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        raise ReferenceTableError(f"line {error.position[0]}: not XML: {error}") from None
    for daily in root.iter():
        if daily.tag.endswith("Cube") and daily.get("time") is not None:
            where = f"the rates of {daily.get('time', '')[:20]}"
            day = _day(daily.get("time", ""), where)
            for quote in daily:
                yield where, day, quote.get("currency", ""), quote.get("rate", "")


def _day(text: str, where: str) -> int:
    """Days since 1970, of `2024-01-31` or, as in the bank's daily file, `31 January 2024`."""
    try:
        return date.fromisoformat(_iso(text)).toordinal() - _EPOCH
    except (ValueError, IndexError):
        raise ReferenceTableError(f"{where}: `Date` must be like 2024-01-31, found {text[:20]!r}") from None


def _iso(text: str) -> str:
    if " " not in text:
        return text
    day, month, year = text.split(" ")
    return f"{year}-{_MONTHS.index(month) + 1:02}-{day:0>2}"


def _written(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


def _rate(text: str, currency: str, day: int, where: str) -> Fraction:
    quoted = f"{where}: rate {text[:20]!r} of {currency} on {_written(day)}"
    if not _RATE.fullmatch(text):
        raise ReferenceTableError(f"{quoted} is not a number such as 1.0956")
    rate = Fraction(text)
    if not Fraction(1, 10**9) <= rate <= 10**9:
        raise ReferenceTableError(f"{quoted} is outside 1e-9 .. 1e9")
    return rate
