"""What a share of payments or of cards is drawn by: a stable hash of the payment attempt, or of its card.

Asked for cards only where a rule that runs draws by card. A payment without a card, or one whose card cannot
be read, stands for itself: a share stops no decision.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import xxhash

from models.arrays import UInt64s, plain
from models.rules.language import RuleRows, single

BY_PAYMENT, BY_CARD = 0, 1
"""Rows of the keys."""
CARD: Final = "card"
"""The column that a share of cards is drawn by."""


def share_keys(rows: RuleRows, *, by_card: bool) -> UInt64s:
    """Keys of n payments, shape (1, n), or (2, n) with those of their cards."""
    payments: UInt64s = plain(rows.sample_keys, np.uint64)
    return np.stack([payments, card_keys(rows)]) if by_card else payments[np.newaxis]


def card_keys(rows: RuleRows) -> UInt64s:
    """Hashes of the cards; where there is none, or it cannot be read, that of the payment."""
    keys = np.array(rows.sample_keys, np.uint64)
    for row, card in enumerate(_cards(rows)):
        if isinstance(card, str):
            keys[row] = xxhash.xxh3_64_intdigest(card.encode("utf-8", "surrogatepass"))
    return keys


def _cards(rows: RuleRows) -> Iterable[Any]:
    try:
        cards = rows.column(CARD)
        if len(cards) == rows.n:
            return cards  # type: ignore[no-any-return]
    except Exception:
        pass
    return (_card(rows, row) for row in range(rows.n))


def _card(rows: RuleRows, row: int) -> Any:
    try:
        return (rows.one(row) if rows.one is not None else single(rows, row)).column(CARD)[0]
    except Exception:  # whatever a source raises is never the decision's
        return None
