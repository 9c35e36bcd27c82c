"""From a model's raw score to a probability of fraud in micro-units, the same on every machine.

Platt scaling: probability = 1 / (1 + exp(-(a x raw + b))). `math.exp` and numpy's differ between machines
in the last bits, so the exponential here is made of plain IEEE 754 additions, multiplications and divisions
in a fixed order: no libm, no fused multiply-add (compiled without fastmath, LLVM fuses nothing by itself).
The result is rounded to 1e-6, half to even, before anything decides on it.
"""

import math
from typing import Final

import numpy as np
from msgspec import Struct
from numba import njit
from numpy.typing import NDArray

MICRO: Final = 1_000_000
ARGUMENT_MAX: Final = 40.0
"""exp(-40) is 4e-18, far below a micro-unit: arguments are cut off there."""

_POWERS = np.array([2.0**k for k in range(-64, 65)])
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_INVERSE_FACTORIALS = np.array([1.0 / math.factorial(k) for k in range(13, -1, -1)])


class Platt(Struct, frozen=True, tag="platt", tag_field="kind", forbid_unknown_fields=True):
    """Platt scaling of a raw score: log-odds = a x raw + b, with a >= 0."""

    a: float
    b: float


def micro_probabilities(raw: NDArray[np.float64], calibration: Platt) -> NDArray[np.int64]:
    """Calibrated probabilities in micro-units 0..1,000,000; -1 where the raw score is NaN."""
    out = np.empty(len(raw), np.int64)
    _micro(raw, calibration.a, calibration.b, out)
    return out


@njit(cache=True, nogil=True)
def exponential(x):  # type: ignore[no-untyped-def]
    """exp(x) for |x| <= 40, within 1e-15 relative.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of degree 13 (Horner), times 2**k.
    """
    k = np.floor(x * _LOG2_E + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    total = 0.0
    for coefficient in _INVERSE_FACTORIALS:
        total = total * r + coefficient
    return total * _POWERS[np.int64(k) + 64]


@njit(cache=True, nogil=True)
def _micro(raw, a, b, out):  # type: ignore[no-untyped-def]
    for i in range(len(raw)):
        log_odds = a * raw[i] + b
        if np.isnan(log_odds):
            out[i] = -1
            continue
        cut = min(max(log_odds, -ARGUMENT_MAX), ARGUMENT_MAX)
        scaled = 1_000_000.0 / (1.0 + exponential(-cut))
        whole = np.floor(scaled)
        rest = scaled - whole
        odd = np.int64(whole) & 1
        out[i] = np.int64(whole) + (1 if rest > 0.5 or (rest == 0.5 and odd) else 0)


def warm() -> None:
    """Compile the kernel (or load it from the cache) before the first payment."""
    micro_probabilities(np.zeros(1), Platt(1.0, 0.0))
