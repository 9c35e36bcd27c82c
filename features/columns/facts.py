"""Facts of payments as columns: what the attributes are computed from.

A row depends on its own payment, its engine time and the tables alone, so it does not matter how a log is cut
into batches. NaN is "unknown", which is never the same as 0.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.columns.hints import hint_numbers
from features.columns.parties import PartyHashes
from features.columns.reference import KNOWN, ReferenceLookups
from models.arrays import Bools, Floats, Int64s, UInt64s
from models.messages import Payment


class PaymentFacts(NamedTuple):
    """Columns of p payments."""

    payments: Sequence[Payment]
    at: Int64s
    """Engine times, ms."""
    amount: Int64s
    """EUR cents."""
    unrated: Bools
    """Where there is no exchange rate."""
    tokens: UInt64s
    """Hashes as in `Events`, shape (tokens, p)."""
    version: NDArray[np.uint8]
    """Of the IP address: 4, 6, or 0 without one."""
    card: Floats
    """Known, prepaid, debit, credit, as in `ReferenceLookups`; shape (p, 4)."""
    group: Floats
    """The merchant's group."""
    homes: UInt64s
    """Hashes of the currencies of the merchant's country, shape (2, p)."""
    hints: Floats
    """What is said of authentication, as `features.columns.hints` numbers it; shape (p, 8)."""
    round_steps: Mapping[str, int]
    """Minor units of a round amount, by currency."""


def payment_facts(
    payments: Sequence[Payment],
    times: Int64s,
    amount: Int64s,
    unrated: Bools,
    identities: PartyHashes,
    reference: ReferenceLookups,
) -> PaymentFacts:
    """The columns of payments and of those who take part in them."""
    groups = reference.groups
    return PaymentFacts(
        payments,
        times,
        amount,
        unrated,
        identities.tokens,
        identities.versions,
        _card(payments, identities.card_kinds, reference),
        np.array([groups.get(p.merchant.mcc, nan) for p in payments], np.float64),
        reference.homes[:, identities.country_rows],
        hint_numbers([p.authentication for p in payments]),
        reference.round_steps,
    )


def _card(payments: Sequence[Payment], kinds: NDArray[np.uint16], reference: ReferenceLookups) -> Floats:
    """A payment without a BIN is neither known nor unknown to the table."""
    card = reference.card_kinds[kinds]
    card[[p.method.bin is None for p in payments], KNOWN] = nan
    return card


def codes(values: Sequence[str | None], numbers: Mapping[str | None, float]) -> Floats:
    """Number of each value; NaN for values without one."""
    get = numbers.get
    return np.array([get(value, nan) for value in values], np.float64)
