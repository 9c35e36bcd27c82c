"""Entity tokens as 64-bit numbers: the same on every machine, in every version, for ever.

State, journal hashes and snapshots all hold these numbers, so neither the algorithm nor the seed may change:
a test pins known values. Two tokens share a hash with probability 2^-64 a pair; they would then share their
windows, which is harmless noise.

Convention: a hash is an unsigned number from 1 to 2^64 - 1; 0 means "this payment has no such entity". Arrays
of hashes are `uint64`. Kernels read the same bits as `int64` (`hashes.view(np.int64)`), because numba turns
mixed signed and unsigned arithmetic into floats; either type may be handed to `FeatureState.update`.
"""

from collections.abc import Iterable

import numpy as np
import xxhash

from models.arrays import UInt64s

SEED = 0x746F6C6C67617465
"""The ASCII letters of `tollgate`."""

ABSENT = 0


def entity_hash(text: str) -> int:
    """XXH3-64 of the token's UTF-8 bytes, never 0.

    >>> hex(entity_hash("card-1"))
    '0x4728c78540cc036c'
    """
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"), SEED) or 1


def entity_hashes(texts: Iterable[str | None]) -> UInt64s:
    """Hashes of many tokens; None gives 0, absent."""
    return np.array([ABSENT if text is None else entity_hash(text) for text in texts], dtype=np.uint64)
