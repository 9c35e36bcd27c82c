"""A bounded memory of keys: what `models.sca.low_value_counters` and `models.sca.soft_declines` keep their
figures in.

The kernels of both stand here beside `find`: numba's cache notices a change of the file a kernel stands in,
but not of functions it takes from elsewhere.

Invariants
- A key lies in the one set of `WAYS` places that its low bits name. It counts until it has not been touched
  for `expiry_ms` of engine time, judged at access.
- A new key takes a free or expired place of its set, else that of the key touched longest ago (of equals the
  first place). So the memory never grows, and what is in it depends on the log and its size alone, not on how
  the log was cut into batches.
- A snapshot keeps places and records, so that a restored memory forgets the same keys in the same order.

Keys are 64-bit hashes: their low bits are as good as random, and two keys that collide share their figures.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import xxhash
from numba import njit
from numpy.typing import NDArray

WAYS: Final = 8
ASKED, SOFT_DECLINED = 0, 1
READ, PAID, AUTHENTICATED, DECLINED = range(4)
RECORD: Final = np.dtype(
    [("key", np.uint64), ("touched", np.int64), ("first", np.int64), ("second", np.int64)]
)
"""`touched`: engine time + 1; 0 is a free place. What `first` and `second` are is their owner's affair."""


@njit(cache=True, nogil=True)
def find(records, key, oldest):  # type: ignore[no-untyped-def]
    """(place, known) of a key; the place it may take where it is not known. `oldest`: what was touched at or
    before this has expired.
    """
    sets = records.shape[0] // WAYS
    start = np.int64(key & np.uint64(sets - 1)) * WAYS
    victim = start
    for place in range(start, start + WAYS):
        record = records[place]
        if record.touched != 0 and record.key == key:
            return place, record.touched - 1 > oldest
        if record.touched < records[victim].touched:
            victim = np.int64(place)
    return victim, False


@njit(cache=True, nogil=True)
def count_payments(records, keys, times, expiry_ms, amounts, events, spent, count):  # type: ignore[no-untyped-def]
    """Article 16: `first` is what a card spent, `second` how often. Fills in both as before each event."""
    for row in range(keys.shape[0]):
        place, known = find(records, keys[row], times[row] - expiry_ms)
        record = records[place]
        if known:
            spent[row] = record.first
            count[row] = record.second
        event = events[row]
        if event == PAID:
            record.key = keys[row]
            record.touched = times[row] + 1
            record.first = spent[row] + max(amounts[row], 0)
            record.second = count[row] + 1
        elif known and event == AUTHENTICATED:
            record.touched = 0
        elif known and event == DECLINED:
            record.first = max(record.first - max(amounts[row], 0), 0)
            record.second = max(record.second - 1, 0)


@njit(cache=True, nogil=True)
def force_attempts(records, keys, times, expiry_ms, attempts, events, forced):  # type: ignore[no-untyped-def]
    """Soft declines: `first` is a payment's latest attempt that was. Fills in which payments are forced."""
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


class Memory:
    """The places of one memory."""

    def __init__(self, keys_max: int) -> None:
        """`keys_max`: at least that many places, a power of two."""
        size = max(WAYS, 1 << max(0, keys_max - 1).bit_length())
        self.records = np.zeros(size, RECORD)

    def arrays(self) -> dict[str, NDArray[np.int64] | NDArray[np.void]]:
        """What a snapshot keeps: the number of places, which are taken, and by what."""
        taken = np.flatnonzero(self.records["touched"])
        return {"size": np.array([len(self.records)]), "places": taken, "records": self.records[taken]}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> "Memory":
        """The inverse of `arrays`."""
        memory = cls(int(arrays["size"][0]))
        memory.records[arrays["places"]] = arrays["records"].astype(RECORD)
        return memory

    def logical_hash(self) -> int:
        """64 bits over everything a later answer may depend on."""
        digest = xxhash.xxh3_64()
        for array in self.arrays().values():
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return int(digest.intdigest())
