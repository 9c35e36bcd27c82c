"""The one draw of who is in a share: holdout, canary, watched silence, sampled training rows.

A key (of a card, a customer, a payment) is in the share or not by a keyed hash: the same one always, on every
machine, until the salt changes. A larger share holds every key of a smaller one.
"""

import numpy as np
import xxhash

from models.arrays import Bools, UInt64s
from models.units import MICRO


def draw_seed(purpose: str, salt: str) -> int:
    """The key of the hash: draws for different purposes or with different salts are independent."""
    return int(xxhash.xxh3_64_intdigest(f"{len(purpose)}|{purpose}|{salt}".encode()))


def in_share(keys: UInt64s, seed: int, share: int) -> Bools:
    """Whether each 64-bit key belongs to the share (micro-units).

    >>> int(in_share(np.arange(10_000, dtype=np.uint64), draw_seed("example", ""), 10_000).sum())
    99
    """
    buffer, digest = memoryview(keys.astype("<u8").tobytes()), xxhash.xxh3_64_intdigest
    below = -(-(share << 64) // MICRO)
    starts = range(0, 8 * len(keys), 8)
    return np.array([digest(buffer[start : start + 8], seed) < below for start in starts], np.bool_)
