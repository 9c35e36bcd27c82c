"""Chance without state: a draw is a hash of (seed, purpose, keys), so anything can be drawn at any time.

Method: the output function of SplitMix64 (Steele, Lea, Flood 2014) over a stream offset per purpose.
Quantiles come from tables that are rounded once, so no last bit of a logarithm decides anything: the same
world comes out on another processor.
"""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Floats, Int64s, UInt64s
from simulation.chance.permutation import MASK
from simulation.chance.purposes import Purpose

_GOLDEN: Final = 0x9E3779B97F4A7C15
_M64: Final = (1 << 64) - 1
_FOLD: Final = np.uint64(0xD6E8FEB86659FD93)
_TABLE: Final = 4096
_UNIT: Final = 1.0 / (1 << 53)


class Chance:
    """Draws of one seed. Several keys stand for one thing (`person, day`), in the order given."""

    def __init__(self, seed: int) -> None:
        self._offsets = {
            purpose: np.uint64(_finished((seed << 8 | purpose) * _GOLDEN & _M64)) for purpose in Purpose
        }

    def bits(self, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> UInt64s:
        """64 uniform bits."""
        folded = np.atleast_1d(np.asarray(keys[0], np.uint64))
        for key in keys[1:]:
            folded = (folded ^ folded >> np.uint64(32)) * _FOLD + np.asarray(key, np.uint64)
        z = folded * np.uint64(_GOLDEN)
        z += self._offsets[purpose]
        shifted = z >> np.uint64(30)
        z ^= shifted
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= np.right_shift(z, np.uint64(27), out=shifted)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= np.right_shift(z, np.uint64(31), out=shifted)
        return z

    def token(self, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> UInt64s:
        """48 bits that stand for a person or a thing; never 0, which means none."""
        return (self.bits(purpose, *keys) & np.uint64(MASK)) | np.uint64(1)

    def unit(self, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> Floats:
        """Uniform in [0, 1)."""
        drawn = self.bits(purpose, *keys)
        drawn >>= np.uint64(11)
        return drawn.astype(np.float64) * _UNIT

    def below(self, bound: int | Int64s, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> Int64s:
        """Uniform whole numbers in [0, bound), `bound` at most 2**31."""
        high = self.bits(purpose, *keys) >> np.uint64(32)
        return (high * np.asarray(bound, np.uint64) >> np.uint64(32)).astype(np.int64)

    def happens(self, share: float | Floats, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> Bools:
        """True with this probability."""
        return self.unit(purpose, *keys) < share

    def factor(self, sigma: float, purpose: Purpose, *keys: NDArray[np.uint64] | int) -> Floats:
        """Lognormal with median 1."""
        return lognormal(sigma)[self.below(_TABLE, purpose, *keys)]


@lru_cache(maxsize=64)
def lognormal(sigma: float) -> Floats:
    """Quantiles of a lognormal with median 1, in ascending order, to a hundred-thousandth."""
    normal = NormalDist()
    return np.array([round(math.exp(sigma * normal.inv_cdf((k + 0.5) / _TABLE)), 5) for k in range(_TABLE)])


def chosen(shares: Floats, place: Floats) -> Int64s:
    """Which of several, by cumulated shares ending in 1, lies at each place of [0, 1)."""
    return np.searchsorted(shares, place, side="right").astype(np.int64)


def cumulated(weights: Floats) -> Floats:
    """Weights as cumulated shares; the last one is 1 exactly."""
    shares = np.cumsum(weights) / np.sum(weights)
    shares[-1] = 1.0
    return shares


def _finished(z: int) -> int:
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _M64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _M64
    return z ^ z >> 31
