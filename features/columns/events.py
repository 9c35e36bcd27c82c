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
    """n rows in log order; all arrays C-contiguous."""

    at: Int64s
    """Engine times, ms, never decreasing."""
    stream: Int64s
    """`Stream` of each row."""
    code: Int64s
    """`OUTCOME_CODES` or `LABEL_CODES`; 0 for attempts."""
    adds: Bools
    """False for an attempt's later phases, which read the windows without entering them."""
    amount: Int64s
    """EUR cents."""
    occurred_at: Int64s
    """When the payment happened, ms."""
    place: Int64s
    """Where the payer was, packed by `features.columns.location.pack`; 0 unknown."""
    tokens: UInt64s
    """Hashes in the order of `TOKENS`, shape (tokens, n); 0 absent."""

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
