"""How far one distribution of probabilities is from another: the population stability index, in integers.

    PSI = sum over bins of (seen - expected) x ln(seen / expected), shares of each bin

Siddiqi, Credit Risk Scorecards (2006): below 0.1 no change worth a look, above 0.25 a shift to act on. An
empty bin would make it infinite, so half a payment is added to each. The bins' edges are close to 0, as
fraud probabilities are. Logarithms are in fixed point: the same on every machine.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

EDGES: Final = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
"""Least probability (micro-units) of each bin but the first."""
BINS: Final = len(EDGES) + 1

_PLACES: Final = 32
_LN2_MICRO: Final = 693_147


def histogram(micro: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many probabilities (micro-units) are in each bin, shape (BINS,); -1, none, in no bin.

    >>> histogram(np.array([-1, 0, 999, 1_000, 1_000_000])).tolist()
    [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    known = micro[micro >= 0]
    return np.bincount(np.searchsorted(EDGES, known, side="right"), minlength=BINS)


def psi_micro(seen: Sequence[int], expected: Sequence[int]) -> int:
    """PSI of two histograms of the same bins, micro-units, rounded down.

    >>> psi_micro([50, 50], [50, 50]), psi_micro([60, 40], [50, 50]), psi_micro([0, 100], [50, 50])
    (0, 39736, 2625397)
    """
    mine, theirs = [2 * count + 1 for count in seen], [2 * count + 1 for count in expected]
    n, m = sum(mine), sum(theirs)
    total = sum((a * m - e * n) * (_log2(a * m) - _log2(e * n)) for a, e in zip(mine, theirs, strict=True))
    return (total * _LN2_MICRO // (n * m)) >> _PLACES


def _log2(number: int) -> int:
    """log2 of a positive integer to 32 binary places: each squaring of the mantissa gives one."""
    whole = number.bit_length() - 1
    mantissa = (number << 64) >> whole
    result = whole
    for _ in range(_PLACES):
        mantissa = mantissa * mantissa >> 64
        doubled = mantissa >> 65
        mantissa >>= doubled
        result = 2 * result + doubled
    return result
