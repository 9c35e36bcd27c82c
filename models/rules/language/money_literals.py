"""Amounts of money in rules: `amount > 5000 EUR`, whatever currency the payment is in.

A literal is a whole number of minor units of its currency. What it is compared with is taken in that
currency:

    amount             as it is where the payment is in that currency, otherwise through its reference amount
    EUR cents          (reference_amount, sums and means of features) at the rate of the payment's day

Rates are euro rates of a day (`models.money.exchange_rates`). Without a rate the amount is missing, and the
test false.
"""

from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.money import EXPONENTS, REFERENCE_CURRENCY
from models.rules.language.columns import RuleRows
from models.rules.language.graph import Graph
from models.rules.language.operators import arithmetic, number_column, text_column
from models.units import DAY_MS

AMOUNT: Final = "amount"
REFERENCE_AMOUNT: Final = "reference_amount"
CURRENCY: Final = "currency"
PRECISION: Final = 10**12
"""Minor units that a rate is taken for: rates are rounded to whole cents of this many."""


def minor_units(written: str, currency: str) -> float | None:
    """A literal in minor units; None where it has more decimals than the currency.

    >>> minor_units("19.90", "EUR"), minor_units("500", "JPY"), minor_units("0.5", "JPY")
    (1990.0, 500.0, None)
    """
    units = Decimal(written).scaleb(EXPONENTS[currency])
    return float(units) if units == units.to_integral_value() else None


def amount_in(graph: Graph, currency: str) -> int:
    """The payment's amount in minor units of a currency."""
    own, code = number_column(graph, AMOUNT), text_column(graph, CURRENCY)
    through_euro = euros_in(graph, number_column(graph, REFERENCE_AMOUNT), currency)
    inputs = (own, code, through_euro)
    return graph.add(("amount in", currency, *inputs), inputs)


def euros_in(graph: Graph, euros: int, currency: str) -> int:
    """EUR cents in minor units of a currency."""
    if currency == REFERENCE_CURRENCY:
        return euros
    converted = arithmetic(graph, "Div", euros, graph.add_leaf(("rate", currency)))
    assert isinstance(converted, int)
    return converted


def cents_a_unit(currency: str, rows: RuleRows) -> NDArray[np.float64]:
    """EUR cents of one minor unit of the currency, on each row's day."""
    if rows.rates is None:
        return np.full(rows.n, np.nan)
    days = (rows.times // DAY_MS).tolist()
    cents = {day: rows.rates.convert(PRECISION, currency, day * DAY_MS) for day in set(days)}
    by_day = {day: np.nan if amount is None else amount / PRECISION for day, amount in cents.items()}
    return np.array([by_day[day] for day in days], np.float64)
