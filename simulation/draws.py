"""Chance without state: a draw is a hash of (seed, purpose, index), so any index can be drawn at any time.

Method: the output function of SplitMix64 (Steele, Lea, Flood 2014) over a stream offset per purpose.
"""

from typing import Final

import numpy as np

from models.kernels import splitmix64

_GOLDEN: Final = 0x9E3779B97F4A7C15
_M64: Final = (1 << 64) - 1


class Draws:
    """Draws of one seed; `purpose` keeps the draws for different things independent."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, purpose: int, index: np.ndarray) -> np.ndarray:
        """64 uniform bits (uint64) for each index."""
        offset = np.uint64(_finish((self._seed << 8 | purpose) * _GOLDEN & _M64))
        return splitmix64(index * np.uint64(_GOLDEN) + offset)

    def below(self, bound: int, purpose: int, index: np.ndarray) -> np.ndarray:
        """Uniform integers in [0, bound), as int64; `bound` is at most 2**31."""
        return ((self(purpose, index) >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32)).astype(np.int64)


def _finish(z: int) -> int:
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _M64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _M64
    return z ^ z >> 31
