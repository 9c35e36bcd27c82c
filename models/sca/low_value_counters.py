"""Counters of Article 16: what a card has spent, and how often, since it was last authenticated.

Delegated Regulation (EU) 2018/389, Article 16: a remote payment of at most 30 EUR may go without strong
customer authentication where the payer's previous remote payments since the last one were at most 100 EUR
together, or at most five (EBA-Op-2018-04, paragraph 43, and EBA Q&A 2018_4225: one of the two limits is to be
kept, not both). The payment at hand does not count itself.

Ours is a lower bound: the counter that binds is the issuer's, which spans all merchants; the issuer answers
with a soft decline where it differs. An authentication here is a 3DS result of Y, also a frictionless one.

Invariants
- A card's counters are the sum and number of its payments that went without authentication since the last
  one on the log, less those that an outcome declined (never below zero).
- A payment reads its card's counters before it is added, in order of the log.
- A card untouched for `EXPIRY_MS`, or pushed out of `models.kernels.bounded_table`, starts at zero.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Int64s, Records, UInt64s
from models.kernels import BoundedTable, find, kernel

EXPIRY_MS: Final = 90 * 86_400_000
CARDS_MAX: Final = 1 << 20
"""32 MB when full."""

AMOUNT_MAX: Final = 30_00
SPENT_MAX: Final = 100_00
COUNT_MAX: Final = 5


class CardEvent(IntEnum):
    """What happened to a card. `READ`: only the counters are wanted."""

    READ = 0
    PAID = 1
    AUTHENTICATED = 2
    DECLINED = 3


class CardCounters(NamedTuple):
    """Counters before each event, shape (n,)."""

    spent: NDArray[np.int64]
    """EUR cents."""
    payments: NDArray[np.int64]
    """Number of payments."""


@kernel
def _count_payments(
    records: Records,
    keys: UInt64s,
    times: Int64s,
    expiry_ms: int,
    amounts: Int64s,
    events: Int64s,
    spent: Int64s,
    count: Int64s,
) -> None:
    """`first` is what a card spent, `second` how often. Fills in both as they are before each event."""
    for row in range(keys.shape[0]):
        place, known = find(records, keys[row], times[row] - expiry_ms)
        record = records[place]
        if known:
            spent[row] = record.first
            count[row] = record.second
        event = events[row]
        if event == CardEvent.PAID:
            record.key = keys[row]
            record.touched = times[row] + 1
            record.first = spent[row] + max(amounts[row], 0)
            record.second = count[row] + 1
        elif known and event == CardEvent.AUTHENTICATED:
            record.touched = 0
        elif known and event == CardEvent.DECLINED:
            record.first = max(record.first - max(amounts[row], 0), 0)
            record.second = max(record.second - 1, 0)


class LowValueCounters:
    """The counters of all cards.

    >>> counters, card = LowValueCounters(1_000), np.ones(3, np.uint64)
    >>> times, amounts, events = np.zeros(3, np.int64), np.array([2000, 500, 1]), np.array([1, 1, 0])
    >>> counters.run(card, times, amounts, events).spent.tolist()
    [0, 2000, 2500]
    """

    def __init__(self, cards_max: int = CARDS_MAX) -> None:
        """`cards_max`: cards remembered."""
        self._table = BoundedTable(cards_max)

    def run(
        self,
        keys: NDArray[np.uint64],
        times: NDArray[np.int64],
        amounts: NDArray[np.int64],
        events: NDArray[np.int64],
    ) -> CardCounters:
        """Takes n events in order of the log: hashes of cards, engine times (ms), EUR cents, `CardEvent`s."""
        spent, count = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        events = events.astype(np.int64)
        _count_payments(self._table.records, keys, times, EXPIRY_MS, amounts, events, spent, count)
        return CardCounters(spent, count)

    def arrays(self) -> dict[str, NDArray[np.int64] | NDArray[np.void]]:
        """What a snapshot keeps."""
        return self._table.arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> Self:
        """The inverse of `arrays`."""
        counters = cls(1)
        counters._table = BoundedTable.from_arrays(arrays)
        return counters

    def logical_hash(self) -> int:
        """64 bits over the state."""
        return self._table.logical_hash()


def allowed(amounts: NDArray[np.int64], counters: CardCounters, limit: str) -> NDArray[np.bool_]:
    """Whether Article 16 lets each payment go; `limit` as in `ScaSettings.low_value_counter`."""
    by_amount, by_count = counters.spent <= SPENT_MAX, counters.payments <= COUNT_MAX
    within = {"amount": by_amount, "count": by_count, "either": by_amount | by_count}[limit]
    return np.asarray((amounts <= AMOUNT_MAX) & within, np.bool_)


def warm() -> None:
    """Compiles the kernel, or loads it from the cache."""
    zero = np.zeros(1, np.int64)
    LowValueCounters(1).run(np.zeros(1, np.uint64), zero, zero, zero)
