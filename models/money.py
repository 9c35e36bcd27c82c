"""Money: how many decimals a currency has, and which amounts are accepted.

An amount is an integer in minor units of its currency (cents, yen, millimes); how many minor units make
one unit is ISO 4217's exponent (0, 2, 3 or 4). Currencies that ISO lists without a minor unit (gold, SDR,
testing codes) cannot be paid with and are refused like unknown ones.

Limits, inclusive: USD, EUR, GBP 0.50 .. 999,999.99; JPY 1 .. 9,999,999; TND 0.010 .. 99,999.999. Every other
currency takes 1 .. 999,999,999,999 minor units: the twelve digits of ISO 8583's field 4, the most a card
network can carry. An amount waiver (historical data hold zero and tiny amounts) lifts the limits of a
currency, but neither the sign nor the twelve digits.

Bound: no accepted amount exceeds `AMOUNT_MAX` = 10**12 - 1, so an int64 sum holds more than nine million of
the largest amounts (2**63 / 10**12 = 9.2 million).
"""

import csv
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from models.dead_letter import Reason

AMOUNT_MAX: Final = 10**12 - 1
DEFAULT_LIMITS: Final = (1, AMOUNT_MAX)
LIMITS: Final = {
    "USD": (50, 99_999_999),
    "EUR": (50, 99_999_999),
    "GBP": (50, 99_999_999),
    "JPY": (1, 9_999_999),
    "TND": (10, 99_999_999),
}

Refusal = tuple[Reason, str]


class UnknownCurrency(ValueError):  # noqa: N818 - reads as the field says it
    """The code is not an ISO 4217 currency with a minor unit."""


def _exponents(lines: Iterable[str]) -> dict[str, int]:
    rows = csv.DictReader(lines)
    return {row["AlphabeticCode"]: int(row["MinorUnit"]) for row in rows if row["MinorUnit"].isdigit()}


_ISO_4217 = files("models").joinpath("data/iso4217.csv").read_text(encoding="utf-8")

EXPONENTS: Final = _exponents(_ISO_4217.splitlines())
"""ISO 4217 code -> number of decimals, for the currencies that have a minor unit."""

_ACCEPTED = {code: LIMITS.get(code, DEFAULT_LIMITS) for code in EXPONENTS}


def exponent(currency: str) -> int:
    """Decimals of the currency by ISO 4217.

    >>> exponent("EUR"), exponent("JPY"), exponent("TND"), exponent("CLF")
    (2, 0, 3, 4)
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(_unknown(currency)) from None


def check_amount(amount: int, currency: str, waived: bool = False) -> Refusal | None:
    """None when the amount may be decided, otherwise the dead letter's reason and words.

    >>> check_amount(50, "EUR") is None
    True
    >>> check_amount(49, "EUR")[1]
    'amount 49 is below the limit of 50 minor units of EUR'
    """
    limits = _ACCEPTED.get(currency)
    if limits is not None and limits[0] <= amount <= limits[1]:
        return None
    return _refusal(amount, currency, limits, waived)


def _refusal(amount: int, currency: str, limits: tuple[int, int] | None, waived: bool) -> Refusal | None:
    if limits is None:
        return Reason.UNKNOWN_CURRENCY, _unknown(currency)
    if waived and 0 <= amount <= AMOUNT_MAX:
        return None
    low, high = (0, AMOUNT_MAX) if waived else limits
    if amount < 0 or (amount == 0 and not waived):
        return Reason.AMOUNT_NOT_POSITIVE, f"amount {amount} of {currency} is not positive"
    if amount < low:
        return (
            Reason.AMOUNT_BELOW_LIMIT,
            f"amount {amount} is below the limit of {low} minor units of {currency}",
        )
    return Reason.AMOUNT_ABOVE_LIMIT, (
        f"amount {amount} is above the limit of {high} minor units of {currency} "
        f"(exponent {EXPONENTS[currency]}: check that the amount is in minor units)"
    )


def _unknown(currency: str) -> str:
    code = currency[:8]
    if code.upper() in EXPONENTS:
        return f"currency {code!r} must be written {code.upper()!r}"
    return f"currency {code!r} is not an ISO 4217 currency with a minor unit"
