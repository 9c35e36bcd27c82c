"""Input of the feature state as columns: payment attempts, issuers' and schemes' outcomes, labels.

One row per message in log order. Tokens are hashes (`features.columns.hashing`), so that the kernel sees
numbers only; `features.ingest` makes these columns from messages.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Int64s, UInt64s
from models.messages import DeclineGroup, LabelValue, OutcomeKind


class Stream(IntEnum):
    """What kind of message a row is; entities keep a log of each kind."""

    ATTEMPT = 0
    OUTCOME = 1
    LABEL = 2


TOKENS = (
    "card",
    "customer",
    "device",
    "ip",
    "network",
    "email",
    "merchant",
    "bin",
    "address",
    "ip_country",
    "issuer_country",
    "merchant_country",
    "currency",
)
"""What a payment may be known by, in the order of the rows of `Events.tokens`."""

_DECLINES = list(DeclineGroup)
OUTCOME_CODES: dict[tuple[OutcomeKind, DeclineGroup | None], int] = {
    **{(kind, None): code for code, kind in enumerate(OutcomeKind)},
    **{(OutcomeKind.DECLINED, group): 16 + code for code, group in enumerate(_DECLINES)},
}
"""`Events.code` of an outcome. A declined payment has its reason group in the code, where it is known."""

LABEL_CODES: dict[LabelValue, int] = {value: code for code, value in enumerate(LabelValue)}
"""`Events.code` of a label."""


class Events(NamedTuple):
    """Rows in log order; all arrays C-contiguous and of one length n.

    `at`: engine time, ms, never going back. `stream`: `Stream`. `code`: outcome or label code, 0 for
    attempts. `adds`: False for an attempt's later phases, which read the windows without entering them; True
    otherwise. `amount`: EUR cents. `occurred_at`: when the payment happened, ms. `place`: where the payer
    was, packed by `features.columns.location.pack`, 0 unknown. `tokens[T, n]`: hashes in the order of
    `TOKENS`, 0 absent.
    """

    at: Int64s
    stream: Int64s
    code: Int64s
    adds: Bools
    amount: Int64s
    occurred_at: Int64s
    place: Int64s
    tokens: UInt64s

    @classmethod
    def empty(cls, rows: int) -> "Events":
        """All attempts that add, at time 0, without amount, place or token."""
        return cls(
            at=np.zeros(rows, np.int64),
            stream=np.zeros(rows, np.int64),
            code=np.zeros(rows, np.int64),
            adds=np.ones(rows, np.bool_),
            amount=np.zeros(rows, np.int64),
            occurred_at=np.zeros(rows, np.int64),
            place=np.zeros(rows, np.int64),
            tokens=np.zeros((len(TOKENS), rows), np.uint64),
        )
