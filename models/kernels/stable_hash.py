"""Hashes that are the same on every machine and in every version: state hashes and draws are made of them.

What is written down of them (journals, snapshots, vectors) holds for ever, so neither constants nor steps may
change. Arithmetic is modulo 2^64.
"""

from typing import Final

import numpy as np

from models.arrays import UInt64s
from models.kernels.compile import inlined

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_SPREAD: Final = np.uint64(29)


@inlined
def mix(state: np.uint64, word: int) -> np.uint64:
    """Chain one word into a hash: the order of the words counts."""
    mixed = (state ^ np.uint64(word)) * _GOLDEN
    return mixed ^ (mixed >> _SPREAD)


def splitmix64(words: UInt64s) -> UInt64s:
    """The output function of SplitMix64 (Steele, Lea and Flood 2014): every bit of a word spread over all 64.

    >>> [hex(word) for word in splitmix64(np.array([0, 1], np.uint64)).tolist()]
    ['0x0', '0x5692161d100b05e5']
    """
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
