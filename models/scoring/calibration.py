"""From a model's raw score to a probability of fraud in micro-units, the same on every machine.

Two calibrations. Platt scaling: probability = 1 / (1 + exp(-(a x raw + b))). Isotonic: straight lines between
points that rise. `math.exp` and numpy's differ between machines in the last bits, so the exponential here is
made of plain IEEE 754 additions, multiplications and divisions in a fixed order, and so are the lines: no
libm, no fused multiply-add (compiled without fastmath, LLVM fuses nothing by itself). The result is rounded
to 1e-6, half to even, before anything decides on it.

Invariant: a higher raw score never gets a lower probability.
"""

import math
from itertools import pairwise
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from models.arrays import Floats, Int64s
from models.kernels import kernel, signed
from models.units import MICRO

ARGUMENT_MAX: Final = 40.0
"""exp(-40) is 4e-18, far below a micro-unit: arguments are cut off there."""

PLATT_MAX: Final = 1e6
"""No sum of leaves times this leaves float64, so that every payment with a raw score has a probability."""

POINTS_MAX: Final = 10_000
"""Points of an isotonic calibration: far more than any sample tells apart."""

_POWERS = np.array([2.0**k for k in range(-64, 65)])
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_INVERSE_FACTORIALS = np.array([1.0 / math.factorial(k) for k in range(13, -1, -1)])


class Platt(Struct, frozen=True, tag="platt", tag_field="kind", forbid_unknown_fields=True):
    """Platt scaling of a raw score: log-odds = a x raw + b, with 0 <= a and both within `PLATT_MAX`."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (0 <= self.a <= PLATT_MAX and abs(self.b) <= PLATT_MAX):
            raise ValueError(f"a is within 0 and {PLATT_MAX:g}, b within {PLATT_MAX:g} either way")


class Isotonic(Struct, frozen=True, tag="isotonic", tag_field="kind", forbid_unknown_fields=True):
    """Points that probabilities are interpolated between: raw scores, ascending, and micro-units, never
    falling. Below the first and above the last point the probability stays what it is there.
    """

    raw: Annotated[tuple[float, ...], Meta(min_length=1, max_length=POINTS_MAX)]
    micro: tuple[Annotated[int, Meta(ge=0, le=MICRO)], ...]

    def __post_init__(self) -> None:
        if len(self.raw) != len(self.micro):
            raise ValueError(f"{len(self.raw)} raw scores but {len(self.micro)} probabilities")
        if not all(math.isfinite(score) for score in self.raw):
            raise ValueError("a raw score is not finite")
        if not math.isfinite(self.raw[-1] - self.raw[0]):
            raise ValueError("raw scores are too far apart to interpolate between")
        if any(left >= right for left, right in pairwise(self.raw)):
            raise ValueError("raw scores must ascend")
        if any(left > right for left, right in pairwise(self.micro)):
            raise ValueError("probabilities must not fall")


Calibration = Platt | Isotonic


def micro_probabilities(raw: NDArray[np.float64], calibration: Calibration) -> NDArray[np.int64]:
    """Calibrated probabilities in micro-units 0..1,000,000; -1 where the raw score is NaN."""
    out = np.empty(len(raw), np.int64)
    if isinstance(calibration, Platt):
        _micro(raw, calibration.a, calibration.b, out)
    else:
        _between(raw, np.array(calibration.raw), np.array(calibration.micro, np.float64), out)
    return out


@kernel
def exponential(x: float) -> float:
    """exp(x) for |x| <= 40, within 1e-15 relative.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of degree 13 (Horner), times 2**k.
    """
    k = np.floor(x * _LOG2_E + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    total: float = 0.0
    for coefficient in _INVERSE_FACTORIALS:
        total = total * r + coefficient
    power: float = _POWERS[signed(k) + 64]
    return total * power


@kernel
def _rounded(value: float) -> int:
    """The nearest whole number, half to even."""
    whole = np.floor(value)
    rest = value - whole
    odd = signed(whole) & 1
    return signed(whole) + (1 if rest > 0.5 or (rest == 0.5 and odd) else 0)


@kernel
def _micro(raw: Floats, a: float, b: float, out: Int64s) -> None:
    for i in range(len(raw)):
        log_odds = a * raw[i] + b
        if np.isnan(log_odds):
            out[i] = -1
            continue
        cut = min(max(log_odds, -ARGUMENT_MAX), ARGUMENT_MAX)
        out[i] = _rounded(1_000_000.0 / (1.0 + exponential(-cut)))


@kernel
def _between(raw: Floats, scores: Floats, micro: Floats, out: Int64s) -> None:
    last = len(scores) - 1
    for i in range(len(raw)):
        if np.isnan(raw[i]):
            out[i] = -1
            continue
        right = np.searchsorted(scores, raw[i])
        if right == 0 or right > last:
            out[i] = signed(micro[min(right, last)])
            continue
        low, high = micro[right - 1], micro[right]
        share = (raw[i] - scores[right - 1]) / (scores[right] - scores[right - 1])
        # Each operation rounds monotonically, so the whole does; share is at most 1, so it ends at `high`.
        out[i] = _rounded(low + (high - low) * share)


def warm() -> None:
    """Compile the kernel (or load it from the cache) before the first payment."""
    for calibration in (Platt(1.0, 0.0), Isotonic((0.0,), (0,))):
        micro_probabilities(np.zeros(1), calibration)
