"""Sums of money by group that are exact whatever their size, and parts that add up to what was divided.

Never a float: a cent that is lost in a sum of millions is a cent that somebody looks for. Partial sums are of
halves of each number, so that no 64-bit sum can overflow (up to 2**31 rows); the result is a Python integer.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Int64s

_HALF: Final = 32
_MASK: Final = (1 << _HALF) - 1


def exact_sums(values: Int64s, groups: NDArray[np.integer], count: int) -> list[int]:
    """The sum of `values` in each of `count` groups; `groups`: the group of each value.

    >>> exact_sums(np.array([2**62, 2**62, -7]), np.array([0, 0, 1]), 3)
    [9223372036854775808, -7, 0]
    """
    high, low = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(high, groups, values >> _HALF)
    np.add.at(low, groups, values & _MASK)
    return [(upper << _HALF) + lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]


def shared(values: Int64s, sharers: Int64s) -> tuple[Int64s, Int64s]:
    """Each value divided among so many sharers: the row of each part, and the part, in order of rows.

    Parts of a row differ by at most one and add up to its value; the first ones are the larger.

    >>> [part.tolist() for part in shared(np.array([10, -5, 7]), np.array([3, 2, 0]))]
    [[0, 0, 0, 1, 1], [4, 3, 3, -2, -3]]
    """
    rows = np.repeat(np.arange(len(values)), sharers)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sharers) - sharers, sharers)
    whole, rest = np.divmod(values[rows], sharers[rows])
    return rows, whole + (place < rest)
