"""Payments that their issuer soft-declined: the next attempt must be authenticated.

A soft decline asks for strong customer authentication instead of refusing the payment: response code 1A at
Visa, 65 at Mastercard. The payment comes back as a new attempt; without the challenge it would be declined
again.

Invariants
- A payment is forced where the log holds a soft decline of an earlier attempt of it before it, not older than
  `EXPIRY_MS`.
- What is remembered of a payment is the latest attempt that was soft-declined. At most `PAYMENTS_MAX`
  payments; beyond, those declined longest ago are forgotten (`models.kernels.bounded_table`).
"""

from collections.abc import Mapping
from typing import Final, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.arrays import Bools, Int64s, Records, UInt64s
from models.kernels import BoundedTable, find, kernel
from models.messages import DeclineGroup, Outcome, OutcomeKind
from models.sca.liability import is_mastercard

EXPIRY_MS: Final = 7 * 86_400_000
PAYMENTS_MAX: Final = 1 << 18
"""8 MB when full."""

ASKED, SOFT_DECLINED = 0, 1
VISA_CODE: Final = "1A"
MASTERCARD_CODE: Final = "65"


def is_soft_decline(outcome: Outcome) -> bool:
    """Whether the issuer wants the payment again with authentication. At other schemes than Mastercard, 65 is
    a limit that was exceeded.
    """
    if outcome.kind is not OutcomeKind.DECLINED:
        return False
    if outcome.decline_group is DeclineGroup.AUTHENTICATION_REQUIRED:
        return True
    code = (outcome.response_code or "").upper()
    return code == VISA_CODE or (code == MASTERCARD_CODE and is_mastercard(outcome.tokens.method.bin))


def key_of(merchant_account: str, payment_id: str) -> int:
    """64-bit hash of what all attempts of a payment have in common."""
    text = f"{len(merchant_account)}|{merchant_account}|{payment_id}"
    return int(xxhash.xxh3_64_intdigest(text.encode()))


@kernel
def _force_attempts(
    records: Records,
    keys: UInt64s,
    times: Int64s,
    expiry_ms: int,
    attempts: Int64s,
    events: Int64s,
    forced: Bools,
) -> None:
    """`first` is a payment's latest attempt that was. Fills in which payments are forced."""
    for row in range(keys.shape[0]):
        place, known = find(records, keys[row], times[row] - expiry_ms)
        record = records[place]
        if events[row] == ASKED:
            forced[row] = known and attempts[row] > record.first
            continue
        record.first = max(record.first, attempts[row]) if known else attempts[row]
        record.key = keys[row]
        record.touched = times[row] + 1
        record.second = 0


class SoftDeclines:
    """The payments whose next attempt is forced.

    >>> state, key = SoftDeclines(1_000), np.full(3, key_of("shop", "p1"), np.uint64)
    >>> attempts, events = np.array([1, 1, 2]), np.array([ASKED, SOFT_DECLINED, ASKED])
    >>> state.run(key, np.zeros(3, np.int64), attempts, events).tolist()
    [False, False, True]
    """

    def __init__(self, payments_max: int = PAYMENTS_MAX) -> None:
        """`payments_max`: payments remembered."""
        self._table = BoundedTable(payments_max)

    def run(
        self,
        keys: NDArray[np.uint64],
        times: NDArray[np.int64],
        attempts: NDArray[np.int64],
        events: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Takes n events in order of the log, `ASKED` (a payment) or `SOFT_DECLINED` (an outcome), with the
        payment's key, engine time and attempt; whether each payment is forced.
        """
        forced = np.zeros(len(keys), np.bool_)
        _force_attempts(self._table.records, keys, times, EXPIRY_MS, attempts, events, forced)
        return forced

    def arrays(self) -> dict[str, NDArray[np.int64] | NDArray[np.void]]:
        """What a snapshot keeps."""
        return self._table.arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> Self:
        """The inverse of `arrays`."""
        state = cls(1)
        state._table = BoundedTable.from_arrays(arrays)
        return state

    def logical_hash(self) -> int:
        """64 bits over the state."""
        return self._table.logical_hash()


def warm() -> None:
    """Compiles the kernel, or loads it from the cache."""
    zero = np.zeros(1, np.int64)
    SoftDeclines(1).run(np.zeros(1, np.uint64), zero, zero, zero)
