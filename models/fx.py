"""Amounts in the reference currency (EUR cents) by a dated table of exchange rates, in integers only.

A rate is read as a decimal fraction, never as a float, so the same table gives the same cents everywhere:
cents = amount x 100 / (10^exponent x rate), rounded half away from zero (half a cent is one cent). The rate
of a payment is the latest one not after its UTC day; before the table begins, the first one.

Table: the columns of the ECB's `eurofxref-hist.csv` (a `Date` column, then one column a currency: units of
that currency for one euro), in any order of days. An empty cell or `N/A` is a day without a rate, lines that
start with `#` are comments, and columns of currencies that ISO 4217 no longer lists are left out.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final, Self

from models.money import EXPONENTS

REFERENCE_CURRENCY: Final = "EUR"
DAY_MS: Final = 86_400_000
CACHED_RATES_MAX: Final = 1 << 16
"""(currency, day) pairs remembered; when full the memory starts afresh (it only saves time)."""

_EPOCH = date(1970, 1, 1).toordinal()
_NO_RATE = {"", "N/A"}


class FxTableError(ValueError):
    """The table of rates cannot be read; the message says which line and column."""


class ReferenceRates:
    """Converts minor units of a currency into EUR cents at a day's rate.

    >>> rates = ReferenceRates.from_bytes(b"Date,USD,JPY\\n2024-01-02,1.0956,155.73\\n")
    >>> rates.convert(10956, "USD", 1_704_240_000_000), rates.convert(15573, "JPY", 0)
    (10000, 10000)
    >>> rates.convert(100, "CLF", 0) is None
    True
    """

    def __init__(self, rates: dict[str, dict[int, Fraction]]) -> None:
        """`rates`: currency -> day since 1970 -> units of the currency for one euro (above zero)."""
        self._days = {currency: sorted(quoted) for currency, quoted in rates.items()}
        self._factors = {
            currency: [_factor(currency, quoted[day]) for day in self._days[currency]]
            for currency, quoted in rates.items()
        }
        self._cache: dict[tuple[str, int], tuple[int, int] | None] = {}

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a table. Raises `FxTableError`."""
        try:
            lines = blob.decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise FxTableError(f"the table of rates is not UTF-8: {error}") from None
        rates: dict[str, dict[int, Fraction]] = {}
        for row in csv.DictReader(line for line in lines if line.strip() and not line.startswith("#")):
            day = _day(row.get("Date"))
            for currency, rate in _quoted(row):
                rates.setdefault(currency, {})[day] = rate
        if not rates:
            raise FxTableError("the table of rates holds no rate: expected a header `Date,USD,...` and rows")
        return cls(rates | {REFERENCE_CURRENCY: {0: Fraction(1)}})

    def convert(self, amount: int, currency: str, at_ms: int) -> int | None:
        """EUR cents of `amount` (not negative) at `at_ms`; None without a rate."""
        key = (currency, at_ms // DAY_MS)
        factor = self._cache.get(key)
        if factor is None:
            factor = self._remember(key)
            if factor is None:
                return None
        return (amount * factor[0] + factor[1]) // (2 * factor[1])

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


def _factor(currency: str, rate: Fraction) -> tuple[int, int]:
    """(2 x numerator, denominator) of cents a minor unit: doubled, rounding adds the denominator."""
    cents = Fraction(100) / (10 ** EXPONENTS[currency] * rate)
    return 2 * cents.numerator, cents.denominator


def _day(text: str | None) -> int:
    try:
        return date.fromisoformat(text or "").toordinal() - _EPOCH
    except ValueError:
        raise FxTableError(
            f"the table of rates needs a column `Date` like 2024-01-31, found {text!r}"
        ) from None


def _quoted(row: dict[str, str | None]) -> Iterable[tuple[str, Fraction]]:
    for currency, text in row.items():
        if currency not in EXPONENTS or text is None or text.strip() in _NO_RATE:
            continue
        yield currency, _rate(text, currency, row["Date"])


def _rate(text: str, currency: str, day: str | None) -> Fraction:
    try:
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise FxTableError(f"rate {text!r} of {currency} on {day} is not a number") from None
    if not Fraction(1, 10**9) <= rate <= 10**9:
        raise FxTableError(f"rate {text!r} of {currency} on {day} is outside 1e-9 .. 1e9")
    return rate
