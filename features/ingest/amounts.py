"""Amounts of messages in the reference currency, EUR cents, at the exchange rate of their engine time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Int64s
from models.messages import Label, Outcome, Payment
from models.money import ReferenceRates


class ReferenceAmounts(NamedTuple):
    """Amounts of n messages."""

    eur_cents: Int64s
    """0 where there is no rate."""
    unrated: Bools
    """Where there is no exchange rate: the amount is unknown."""


def reference_amounts(
    rates: ReferenceRates | None, messages: Sequence[Payment | Outcome | Label], times: Int64s
) -> ReferenceAmounts:
    """The messages' amounts at their engine times, ms; without rates only amounts in EUR are known."""
    if rates is None:
        cents = [m.amount if m.currency == "EUR" else None for m in messages]
    else:
        convert = rates.convert
        cents = [convert(m.amount, m.currency, t) for m, t in zip(messages, times.tolist(), strict=True)]
    unrated = np.array([amount is None for amount in cents], np.bool_)
    return ReferenceAmounts(np.array([amount or 0 for amount in cents], np.int64), unrated)
