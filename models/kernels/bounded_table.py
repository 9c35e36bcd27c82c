"""A bounded table of keys: what `models.sca` keeps the figures of cards and payments in.

Invariants
- A key is in the one set of `WAYS` places that its low bits name. It counts until it has not been touched
  for `expiry_ms` of engine time, judged at access.
- A new key takes a free or expired place of its set, else that of the key touched longest ago (of equals the
  first place). So the table never grows, and what is in it depends on the log and its size alone, not on how
  the log was cut into batches.
- A snapshot keeps places and records, so that a restored table forgets the same keys in the same order.

Keys are 64-bit hashes: their low bits are as good as random, and two keys that collide share their figures.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.arrays import Records
from models.kernels.compile import kernel, signed

WAYS: Final = 8
RECORD: Final = np.dtype(
    [("key", np.uint64), ("touched", np.int64), ("first", np.int64), ("second", np.int64)]
)
"""`touched`: engine time + 1; 0 is a free place. The meaning of `first` and `second` is their owner's."""


@kernel
def find(records: Records, key: np.uint64, oldest: int) -> tuple[int, bool]:
    """(place, known) of a key; the place it may take where it is not known. `oldest`: what was touched at or
    before this has expired.
    """
    sets = records.shape[0] // WAYS
    start = signed(key & np.uint64(sets - 1)) * WAYS
    victim = start
    for place in range(start, start + WAYS):
        record = records[place]
        if record.touched != 0 and record.key == key:
            return place, bool(record.touched - 1 > oldest)
        if record.touched < records[victim].touched:
            victim = signed(place)
    return victim, False


class BoundedTable:
    """The places of one table."""

    def __init__(self, keys_max: int) -> None:
        """`keys_max`: at least that many places, a power of two."""
        size = max(WAYS, 1 << max(0, keys_max - 1).bit_length())
        self.records = np.zeros(size, RECORD)

    def arrays(self) -> dict[str, NDArray[np.int64] | NDArray[np.void]]:
        """What a snapshot keeps: the number of places, which are taken, and by what."""
        taken = np.flatnonzero(self.records["touched"])
        return {"size": np.array([len(self.records)]), "places": taken, "records": self.records[taken]}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> "BoundedTable":
        """The inverse of `arrays`."""
        table = cls(int(arrays["size"][0]))
        table.records[arrays["places"]] = arrays["records"].astype(RECORD)
        return table

    def logical_hash(self) -> int:
        """64 bits over everything a later answer may depend on."""
        digest = xxhash.xxh3_64()
        for array in self.arrays().values():
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return int(digest.intdigest())
