"""The calibration that predicts other days best is taken; an isotonic one rises and is never sure."""

import numpy as np
import pytest

from models.scoring.calibration import Isotonic, Platt, micro_probabilities
from models.units import MICRO
from training.fit.calibration_choice import CalibrationSample, choose, isotonic

DAY = 86_400_000


def sample(probability: np.ndarray, raw: np.ndarray, seed: int = 1) -> CalibrationSample:
    draw = np.random.default_rng(seed)
    n = len(raw)
    return CalibrationSample(
        raw, draw.random(n) < probability, np.ones(n), np.sort(draw.integers(0, 20 * DAY, n))
    )


def raw_scores(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(-3, 2, n)


def logistic(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def test_a_line_is_found_where_the_truth_is_one() -> None:
    raw = raw_scores(20_000)
    found = choose(sample(logistic(0.6 * raw - 1), raw), 0.0)
    assert found.kind == "platt"
    assert isinstance(found.calibration, Platt)
    assert found.calibration.a == pytest.approx(0.6, abs=0.05)
    assert set(found.log_loss) == {"prior", "platt", "isotonic"}


def test_the_prior_alone_is_kept_where_it_is_enough() -> None:
    raw = raw_scores(20_000)
    found = choose(sample(logistic(raw + np.log(0.1)), raw), float(np.log(0.1)))
    assert (found.kind, found.calibration) == ("prior", Platt(1.0, float(np.log(0.1))))


def test_what_no_line_can_do_is_isotonic() -> None:
    raw = raw_scores(40_000)
    found = choose(sample(np.where(raw > -2, 0.6, 0.02), raw), 0.0)
    assert found.kind == "isotonic"
    micro = micro_probabilities(np.array([-6.0, -1.0]), found.calibration)
    assert micro / MICRO == pytest.approx([0.02, 0.6], abs=0.03)


def test_without_frauds_the_prior_stays() -> None:
    raw = raw_scores(100)
    assert choose(sample(np.zeros(100), raw), -1.5).calibration == Platt(1.0, -1.5)


def test_an_isotonic_calibration_is_never_sure_and_weighs_its_payments() -> None:
    raw = np.arange(6.0)
    fraud = np.array([False, False, True, False, True, True])
    even = isotonic(CalibrationSample(raw, fraud, np.ones(6), np.zeros(6, np.int64)))
    assert isinstance(even, Isotonic)
    assert 0 < even.micro[0] <= even.micro[-1] < MICRO
    heavy = isotonic(CalibrationSample(raw, fraud, np.array([1, 1, 1, 9, 1, 1.0]), np.zeros(6, np.int64)))
    middle = np.array([2.5])
    assert micro_probabilities(middle, heavy)[0] < micro_probabilities(middle, even)[0]


def test_equal_scores_are_one_point() -> None:
    found = isotonic(
        CalibrationSample(
            np.array([1.0, 1.0, 2.0]), np.array([True, False, True]), np.ones(3), np.zeros(3, int)
        )
    )
    assert found.raw == (1.0, 2.0)
