import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import calibration
from models.calibration import Platt, exponential, micro_probabilities

IDENTITY = Platt(a=1.0, b=0.0)


@given(st.floats(-40, 40))
def test_the_exponential_is_that_of_mathematics(x: float) -> None:
    assert exponential(x) == pytest.approx(math.exp(x), rel=1e-14)


@given(st.floats(-1e6, 1e6), st.floats(0, 3), st.floats(-5, 5))
def test_probabilities_are_the_logistic_of_the_scaled_score(raw: float, a: float, b: float) -> None:
    log_odds = min(max(a * raw + b, -40.0), 40.0)
    exact = 1e6 / (1 + math.exp(-log_odds))
    assert abs(int(micro_probabilities(np.array([raw]), Platt(a, b))[0]) - exact) <= 0.5 + 1e-6


def test_the_outputs_are_pinned_bit_for_bit() -> None:
    exponents = np.linspace(-40, 40, 17)
    assert [float(exponential(x)).hex() for x in exponents] == PINNED_EXPONENTIALS
    raw = np.linspace(-12, 12, 13)
    assert micro_probabilities(raw, Platt(a=0.9, b=-0.3)).tolist() == PINNED_PROBABILITIES


def test_the_kernel_uses_no_fused_multiply_add() -> None:
    calibration.warm()
    compiled = exponential.py_func
    from numba import njit

    fresh = njit(nogil=True)(compiled)
    fresh(1.0)
    (assembly,) = fresh.inspect_asm().values()
    assert "fmadd" not in assembly
    assert "fmsub" not in assembly
    assert "fnmadd" not in assembly


def test_extremes_stay_within_0_and_1() -> None:
    raw = np.array([-np.inf, -1e300, -700.0, 0.0, 700.0, 1e300, np.inf])
    assert micro_probabilities(raw, IDENTITY).tolist() == [0, 0, 0, 500_000, 1_000_000, 1_000_000, 1_000_000]


def test_a_score_that_is_not_a_number_has_no_probability() -> None:
    assert micro_probabilities(np.array([np.nan, 0.0]), IDENTITY).tolist() == [-1, 500_000]


def test_probabilities_never_fall_when_the_score_rises() -> None:
    micro = micro_probabilities(np.linspace(-20, 20, 200_001), IDENTITY)
    assert (np.diff(micro) >= 0).all()


PINNED_EXPONENTIALS = [
    "0x1.39792499b1a24p-58",
    "0x1.6b7719a59f0e0p-51",
    "0x1.a56e0c2ac7f75p-44",
    "0x1.e8a37a45fc32ep-37",
    "0x1.1b48655f37267p-29",
    "0x1.4875ca227ec38p-22",
    "0x1.7cd79b5647c9ap-15",
    "0x1.b993fe00d5376p-8",
    "0x1.0000000000000p+0",
    "0x1.28d389970338fp+7",
    "0x1.5829dcf950560p+14",
    "0x1.8f0ccafad2a87p+21",
    "0x1.ceb088b68e804p+28",
    "0x1.0c3d3920962c9p+36",
    "0x1.370470aec28ecp+43",
    "0x1.689e221bc8d5bp+50",
    "0x1.a220d397972ebp+57",
]
PINNED_PROBABILITIES = [
    15,
    91,
    553,
    3335,
    19840,
    109097,
    425557,
    817574,
    964429,
    993940,
    998993,
    999833,
    999972,
]
