"""What payments say of themselves, as columns: the attributes are computed from these.

A row depends on its own payment, its engine time and the tables alone, so it does not matter how a log is cut
into batches. NaN is "unknown", which is never the same as 0.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.columns.parties import PartyHashes
from features.columns.reference import KNOWN, ReferenceLookups
from models.arrays import Bools, Floats, Int64s, UInt64s
from models.messages import Authentication, Payment


class PaymentFacts(NamedTuple):
    """Columns of p payments. `at`: engine time, ms. `amount`: EUR cents, `unrated` where there is no rate.
    `tokens[T, p]`: as in `Events`. `version`: 4 or 6, of the IP address, 0 without. `card[p, 4]`: known,
    prepaid, debit, credit, as in `ReferenceLookups`. `group`: of the merchant. `homes[2, p]`: hashes of
    currencies of the merchant's country. `hints[hint_rows]`: about authentication, where given.
    `round_steps`: minor units of a round amount.
    """

    payments: Sequence[Payment]
    at: Int64s
    amount: Int64s
    unrated: Bools
    tokens: UInt64s
    version: NDArray[np.uint8]
    card: Floats
    group: Floats
    homes: UInt64s
    hints: list[Authentication | None]
    hint_rows: Int64s
    round_steps: Mapping[str, int]


def payment_facts(
    payments: Sequence[Payment],
    at: Int64s,
    amount: Int64s,
    unrated: Bools,
    identities: PartyHashes,
    reference: ReferenceLookups,
) -> PaymentFacts:
    """The columns of payments and of those who take part in them."""
    groups = reference.groups
    given = [p.authentication for p in payments]
    # Payments share few different hints: each is read once a batch.
    numbers = {hint: number for number, hint in enumerate(dict.fromkeys(given))}
    return PaymentFacts(
        payments,
        at,
        amount,
        unrated,
        identities.tokens,
        identities.versions,
        _card(payments, identities.card_kinds, reference),
        np.array([groups.get(p.merchant.mcc, nan) for p in payments], np.float64),
        reference.homes[:, identities.country_rows],
        list(numbers),
        np.array([numbers[hint] for hint in given], np.int64),
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
