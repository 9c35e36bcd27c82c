import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from training.measures.day_blocks import DayBlocks

DAYS = np.repeat(np.arange(5), 40)


def payments() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with ties, labels and weights of 200 payments."""
    draw = np.random.default_rng(1)
    fraud = draw.random(200) < 0.2
    score = np.round(20 * draw.random(200) + 5 * fraud).astype(np.int64)
    return score, fraud, draw.random(200)


def test_average_precision_of_every_draw_is_that_of_its_days_repeated() -> None:
    score, fraud, weight = payments()
    blocks = DayBlocks(DAYS, 200, 1)
    once, draws = blocks.average_precisions(score, fraud, weight)
    assert once == pytest.approx(average_precision_score(fraud, score, sample_weight=weight))
    for which in (0, 7, 199):
        repeated = weight * blocks.counts[which][blocks.of_day]
        expected = average_precision_score(fraud, score, sample_weight=repeated)
        assert draws[which] == pytest.approx(expected)


def test_a_draw_is_of_whole_days_and_the_same_for_the_same_seed() -> None:
    blocks = DayBlocks(DAYS, 200, 1)
    assert (blocks.counts.sum(axis=1) == 5).all()
    assert (blocks.counts == DayBlocks(DAYS, 200, 1).counts).all()
    assert (blocks.counts != DayBlocks(DAYS, 200, 2).counts).any()
    assert blocks.sums(np.ones(200)).tolist() == [200.0] * 200


def test_a_draw_without_fraud_has_no_precision() -> None:
    day, fraud = np.array([0, 1, 2, 3]), np.array([True, False, False, False])
    _, draws = DayBlocks(day, 500, 1).average_precisions(np.array([4, 3, 2, 1]), fraud, np.ones(4))
    assert set(draws.tolist()) == {0.0, 1.0}


def test_with_few_days_the_interval_reaches_further() -> None:
    few, many = (DayBlocks(np.arange(days), 200, 1).expanded(0.95) for days in (8, 1_000))
    assert 0.97 < few < 0.98
    assert many == pytest.approx(0.95, abs=0.001)


def test_the_lower_end_lies_below_the_true_difference_in_19_of_20_worlds() -> None:
    draw = np.random.default_rng(5)
    day, true, missed = np.repeat(np.arange(14), 20), 1.0, 0
    for seed in range(300):
        by_day = draw.normal(0, 1, 14)
        value = true + by_day[day] + draw.normal(0, 1, len(day))
        blocks = DayBlocks(day, 300, seed)
        missed += blocks.low(blocks.sums(value) / len(day), 0.95) > true
    assert missed / 300 == pytest.approx(0.05, abs=0.03)
