"""Money: currencies with their minor units, accepted amounts, and amounts in the reference currency (EUR).

Invariant: amounts are integers in minor units; a conversion gives the same cents on every machine. Imports
messages and file formats.
"""

from models.money import currencies
from models.money.currencies import (
    AMOUNT_MAX,
    EXPONENTS,
    LIMITS,
    REFERENCE_CURRENCY,
    SHIPPED,
    Currencies,
    check_amount,
)
from models.money.exchange_rates import ReferenceRates

__all__ = [
    "AMOUNT_MAX",
    "EXPONENTS",
    "LIMITS",
    "REFERENCE_CURRENCY",
    "SHIPPED",
    "Currencies",
    "ReferenceRates",
    "check_amount",
    "currencies",
]
