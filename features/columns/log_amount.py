"""Logarithms of amounts in whole steps, computed with integers only: the same on every machine.

A step is a 256th of a doubling. The logarithm of an amount of n cents is floor(256 x log2(n + 1)): 0 for
nothing, 256 for one cent, about 3,400 for 100 EUR. Libraries' logarithms differ in the last bit between
processors, so none is called: an amount is shifted to 40 binary places and compared with exact powers of
the 256th root of two.
"""

from collections.abc import Callable
from math import isqrt
from typing import Any, Final, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from models.kernels import inlined

LOG_STEPS: Final = 256
"""Steps of one doubling."""
AMOUNT_MAX: Final = 2**40
"""Largest amount, cents; larger ones count as this, negative ones as 0."""

_PLACES = 40


def _threshold(step: int) -> int:
    """Least integer that is at least 2^(40 + step/256): eight square roots of a power of two."""
    root = 1 << (_PLACES * LOG_STEPS + step)
    for _ in range(8):
        root = isqrt(root)
    return root if step % LOG_STEPS == 0 else root + 1


_THRESHOLDS = np.array([_threshold(step) for step in range(LOG_STEPS + 1)], np.int64)
_FIRST = np.searchsorted(_THRESHOLDS, (LOG_STEPS + np.arange(LOG_STEPS)) << 32, side="right") - 1
"""Step at which the amounts with these eight leading digits (after the first one) begin."""


@intrinsic  # type: ignore[untyped-decorator]
def _leading_zeros(_typing: Any, value: Any) -> Any:  # noqa: ARG001 - numba types the call by this signature
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.IntType(1)(0))

    return types.int64(types.int64), generate


_zeros = cast(Callable[[int], int], _leading_zeros)


@inlined
def log_steps(amount: int) -> int:
    """floor(256 x log2(amount + 1)) of an amount in cents, exactly; from 0 to 10,240.

    >>> log_steps(0), log_steps(1), log_steps(9_999)
    (0, 256, 3401)
    """
    number = min(max(amount, 0), AMOUNT_MAX) + 1
    doublings = 63 - _zeros(number)
    shifted = number << (_PLACES - doublings)
    step: int = _FIRST[(shifted >> 32) & 255]
    while _THRESHOLDS[step + 1] <= shifted:
        step += 1
    return doublings * LOG_STEPS + step
