import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring import calibration
from models.scoring.calibration import Isotonic, Platt, exponential, micro_probabilities

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
    kernel: Any = exponential
    compiled = kernel.py_func
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


def isotonic(points: list[tuple[float, int]]) -> Isotonic:
    """Through these points, put in order."""
    scores = sorted({raw for raw, _ in points})
    return Isotonic(tuple(scores), tuple(sorted(micro for _, micro in points[: len(scores)])))


POINTS = st.lists(
    st.tuples(st.floats(-50, 50), st.integers(0, 1_000_000)), min_size=1, max_size=20,
    unique_by=lambda point: point[0],
)  # fmt: skip


@given(POINTS, st.lists(st.floats(-60, 60), min_size=2, max_size=50))
def test_isotonic_probabilities_never_fall_when_the_score_rises(
    points: list[tuple[float, int]], raw: list[float]
) -> None:
    through = isotonic(points)
    near = [np.nextafter(score, way) for score in through.raw for way in (-np.inf, np.inf)]
    scores = np.sort(np.array([*raw, *through.raw, *near]))
    micro = micro_probabilities(scores, through)
    assert (np.diff(micro) >= 0).all()
    assert micro_probabilities(np.array(through.raw), through).tolist() == list(through.micro)
    assert micro.min() >= through.micro[0]
    assert micro.max() <= through.micro[-1]


@given(POINTS, st.floats(-60, 60))
def test_isotonic_probabilities_are_those_of_plain_python(
    points: list[tuple[float, int]], raw: float
) -> None:
    through = isotonic(points)
    places = [at for at, score in enumerate(through.raw) if score >= raw]
    right = places[0] if places else len(through.raw)
    if right in (0, len(through.raw)):
        expected = float(through.micro[min(right, len(through.raw) - 1)])
    else:
        low, high = through.micro[right - 1 : right + 1]
        share = (raw - through.raw[right - 1]) / (through.raw[right] - through.raw[right - 1])
        expected = min(low + (high - low) * share, float(high))
    assert micro_probabilities(np.array([raw]), through)[0] == round(expected)


def test_isotonic_probabilities_are_pinned_and_stay_constant_outside() -> None:
    through = Isotonic((-3.1, -0.7, 2.3), (12, 4_567, 890_123))
    raw = np.array([-np.inf, -4.0, -3.1, -2.0, -0.7, 0.1, 1.9, 2.3, 9.0, np.inf, np.nan])
    expected = [12, 12, 12, 2100, 4567, 240715, 772049, 890123, 890123, 890123, -1]
    assert micro_probabilities(raw, through).tolist() == expected


@pytest.mark.parametrize(
    ("raw", "micro", "message"),
    [
        ((0.0, 0.0), (1, 2), "must ascend"),
        ((0.0, 1.0), (2, 1), "must not fall"),
        ((0.0, 1.0), (1,), "2 raw scores but 1"),
        ((math.inf,), (1,), "not finite"),
        ((-1.7e308, 1.7e308), (1, 2), "too far apart"),
    ],
)
def test_isotonic_points_that_contradict_each_other_are_refused(
    raw: tuple[float, ...], micro: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Isotonic(raw, micro)


def test_a_calibration_is_read_back_as_it_was_written() -> None:
    for each in (Platt(0.3, -1.7), Isotonic((-1.5, 0.1), (3, 500_000))):
        assert msgspec.json.decode(msgspec.json.encode(each), type=calibration.Calibration) == each


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
