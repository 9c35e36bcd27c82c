from typing import Any

import numpy as np
import pytest

from training.measures import calibration_errors
from training.measures.day_blocks import DayBlocks

DAYS, A_DAY = 30, 1_500


def drawn(seed: int, slope: float = 1.0, shift: float = 0.0, day_effect: float = 0.0) -> Any:
    """Probabilities, and frauds that are drawn from other ones."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(DAYS), A_DAY)
    odds = draw.normal(-3, 1.5, len(day))
    true = slope * odds + shift + day_effect * draw.normal(0, 1, DAYS)[day]
    fraud = draw.random(len(day)) < 1 / (1 + np.exp(-true))
    micro = np.round(1e6 / (1 + np.exp(-odds))).astype(np.int64)
    return micro, fraud, np.ones(len(day)), DayBlocks(day, 200, 1)


def test_honest_probabilities_have_slope_1_and_no_shift_and_predict_what_is_observed() -> None:
    given = drawn(1)
    assert calibration_errors.slope(*given).value == pytest.approx(1, abs=0.05)
    assert calibration_errors.shift(*given).value == pytest.approx(0, abs=0.05)
    assert calibration_errors.top(*given).value == pytest.approx(1, abs=0.12)


def test_slope_and_shift_are_found_as_they_were_made() -> None:
    assert calibration_errors.slope(*drawn(2, slope=0.8)).value == pytest.approx(0.8, abs=0.05)
    assert calibration_errors.shift(*drawn(2, shift=0.5)).value == pytest.approx(0.5, abs=0.05)
    assert calibration_errors.top(*drawn(2, shift=0.5)).value < 0.9


@pytest.mark.parametrize("day_effect", [0.0, 0.4])
def test_the_spread_is_that_of_many_worlds_also_where_days_differ(day_effect: float) -> None:
    for of in (calibration_errors.slope, calibration_errors.shift, calibration_errors.top):
        found = [of(*drawn(seed, day_effect=day_effect)) for seed in range(40)]
        between = np.std([one.value for one in found], ddof=1)
        assert np.mean([one.spread for one in found]) == pytest.approx(between, rel=0.4)


def test_without_observed_frauds_at_the_top_the_figure_is_infinite() -> None:
    micro, _, weight, blocks = drawn(1)
    nobody = np.zeros(len(micro), np.bool_)
    assert calibration_errors.top(micro, nobody, weight, blocks).value == float("inf")
