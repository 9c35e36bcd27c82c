"""Money: how many decimals a currency has, and which amounts are accepted.

An amount is an integer in minor units of its currency (cents, yen, millimes); how many minor units make
one unit is ISO 4217's exponent (0, 2, 3 or 4). Currencies that ISO lists without a minor unit (gold, SDR,
testing codes) cannot be paid with and are refused like unknown ones. The list that ships holds until another
one goes live as the reference table `currencies`.

Limits, inclusive: USD, EUR, GBP 0.50 .. 999,999.99; JPY 1 .. 9,999,999; TND 0.010 .. 99,999.999. Every other
currency takes 1 .. 999,999,999,999 minor units: the twelve digits of ISO 8583's field 4, the most a card
network can carry. An amount waiver (historical data hold zero and tiny amounts) lifts the limits of a
currency, but neither the sign nor the twelve digits.

Bound: no accepted amount exceeds `AMOUNT_MAX` = 10**12 - 1, so an int64 sum holds more than nine million of
the largest amounts (2**63 / 10**12 = 9.2 million).
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Self

from models.file_formats import ReferenceTableError, records
from models.messages import DeadLetterReason

AMOUNT_MAX: Final = 10**12 - 1
DEFAULT_LIMITS: Final = (1, AMOUNT_MAX)
LIMITS: Final = {
    "USD": (50, 99_999_999),
    "EUR": (50, 99_999_999),
    "GBP": (50, 99_999_999),
    "JPY": (1, 9_999_999),
    "TND": (10, 99_999_999),
}

DIGITS_MAX: Final = 4
REFERENCE_CURRENCY: Final = "EUR"
NO_MINOR_UNIT: Final = ("", "-", "N.A.")
COLUMNS: Final = ("AlphabeticCode", "MinorUnit")

Refusal = tuple[DeadLetterReason, str]
Limits = tuple[int, int]


class UnknownCurrency(ValueError):  # noqa: N818 - what it is, in the field's words
    """The code is not an ISO 4217 currency with a minor unit."""


class Currencies:
    """The currencies that can be paid with.

    >>> table = Currencies.from_bytes(b"AlphabeticCode,MinorUnit\\nEUR,2\\nXAU,-\\n")
    >>> table.exponents, table.limits
    ({'EUR': 2}, {'EUR': (50, 99999999)})
    """

    def __init__(self, exponents: Mapping[str, int]) -> None:
        """`exponents`: number of decimals by ISO 4217 code."""
        self.exponents = dict(exponents)
        self.limits: Mapping[str, Limits] = {code: LIMITS.get(code, DEFAULT_LIMITS) for code in exponents}

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read CSV with the columns `AlphabeticCode` and `MinorUnit`, as github `datasets/currency-codes` has
        them; rows with a `WithdrawalDate` are left out. Raises `ReferenceTableError` naming the line.
        """
        exponents: dict[str, int] = {}
        for number, (code, digits, withdrawn) in records(blob, COLUMNS, ("WithdrawalDate",)):
            if withdrawn or digits in NO_MINOR_UNIT:
                continue
            _check(code, digits, exponents, number)
            exponents[code] = int(digits)
        if exponents.get(REFERENCE_CURRENCY) != 2:
            raise ReferenceTableError(
                f"line 1: {REFERENCE_CURRENCY} with 2 decimals is not among the currencies"
            )
        return cls(exponents)


def _check(code: str, digits: str, exponents: Mapping[str, int], number: int) -> None:
    """A currency may come once for every country that uses it, always with the same decimals."""
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise ReferenceTableError(
            f"line {number}: {code[:20]!r} is not a currency code: three capital letters"
        )
    if not (len(digits) == 1 and digits.isascii() and digits.isdigit() and int(digits) <= DIGITS_MAX):
        raise ReferenceTableError(
            f"line {number}: minor unit {digits[:20]!r} of {code} is not 0 to {DIGITS_MAX}"
        )
    if exponents.get(code, int(digits)) != int(digits):
        raise ReferenceTableError(f"line {number}: {code} has {exponents[code]} decimals in an earlier line")


SHIPPED: Final = Currencies.from_bytes(files("models").joinpath("data/iso4217.csv").read_bytes())
"""What holds until another table goes live."""
EXPONENTS: Final = SHIPPED.exponents
"""ISO 4217 code -> number of decimals, for the currencies that have a minor unit."""


def exponent(currency: str) -> int:
    """Decimals of the currency by ISO 4217.

    >>> exponent("EUR"), exponent("JPY"), exponent("TND"), exponent("CLF")
    (2, 0, 3, 4)
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(_unknown(currency)) from None


def check_amount(
    amount: int, currency: str, waived: bool = False, currencies: Currencies = SHIPPED
) -> Refusal | None:
    """None when the amount may be decided, otherwise the dead letter's reason and words.

    >>> check_amount(50, "EUR") is None
    True
    >>> check_amount(49, "EUR")[1]
    'amount 49 is below the limit of 50 minor units of EUR'
    """
    limits = currencies.limits.get(currency)
    if limits is not None and limits[0] <= amount <= limits[1]:
        return None
    return _refusal(amount, currency, limits, waived, currencies)


def _refusal(
    amount: int, currency: str, limits: Limits | None, waived: bool, currencies: Currencies
) -> Refusal | None:
    if limits is None:
        return DeadLetterReason.UNKNOWN_CURRENCY, _unknown(currency, currencies)
    if waived and 0 <= amount <= AMOUNT_MAX:
        return None
    low, high = (0, AMOUNT_MAX) if waived else limits
    if amount < 0 or (amount == 0 and not waived):
        return DeadLetterReason.AMOUNT_NOT_POSITIVE, f"amount {amount} of {currency} is not positive"
    if amount < low:
        return (
            DeadLetterReason.AMOUNT_BELOW_LIMIT,
            f"amount {amount} is below the limit of {low} minor units of {currency}",
        )
    return DeadLetterReason.AMOUNT_ABOVE_LIMIT, (
        f"amount {amount} is above the limit of {high} minor units of {currency} "
        f"(exponent {currencies.exponents[currency]}: check that the amount is in minor units)"
    )


def _unknown(currency: str, currencies: Currencies = SHIPPED) -> str:
    code = currency[:8]
    if code.upper() in currencies.exponents:
        return f"currency {code!r} must be written {code.upper()!r}"
    return f"currency {code!r} is not an ISO 4217 currency with a minor unit"
