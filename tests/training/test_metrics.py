"""Figures against cases worked by hand."""

import numpy as np
import pytest

from training.measures import metrics
from training.measures.platt_scaling import fit_platt, line, log_odds, prior_shift_of

SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
FRAUD = np.array([True, False, True, False, False])


def test_area_and_average_precision() -> None:
    assert metrics.roc_auc(SCORE, FRAUD) == pytest.approx(5 / 6)
    assert metrics.average_precision(SCORE, FRAUD) == pytest.approx((1 + 2 / 3) / 2)


def test_weights_count_as_repeated_payments() -> None:
    weight = np.array([1.0, 3, 1, 1, 1])
    repeated = np.repeat(np.arange(5), weight.astype(int))
    for figure in (metrics.roc_auc, metrics.average_precision, metrics.log_loss_skill, metrics.top_percent):
        assert figure(SCORE, FRAUD, weight) == pytest.approx(figure(SCORE[repeated], FRAUD[repeated]))


def test_equal_scores_are_one_threshold() -> None:
    assert metrics.average_precision(np.ones(5), FRAUD) == pytest.approx(2 / 5)


def test_a_card_found_leaves_later_days() -> None:
    score = np.array([0.9, 0.1, 0.9, 0.8])
    fraud = np.array([True, False, True, True])
    day, card = np.array([0, 0, 1, 1]), np.array([1, 2, 1, 3])
    assert metrics.card_precision(score, fraud, day, card, cards=1) == 1.0
    assert metrics.card_precision(score, fraud, day, card, cards=2) == (0.5 + 0.5) / 2


def test_a_cards_score_of_a_day_is_its_highest() -> None:
    score = np.array([0.2, 0.9, 0.5])
    fraud = np.array([True, False, False])
    assert metrics.card_precision(score, fraud, np.zeros(3, np.int64), np.array([1, 1, 2]), cards=1) == 1.0


def test_recall_by_count_and_by_value() -> None:
    assert metrics.recall(SCORE, FRAUD, 0.2) == 0.5
    assert metrics.recall(SCORE, FRAUD, 0.2, np.array([10.0, 99, 30, 99, 99])) == 0.25


def test_honest_probabilities_have_slope_1_and_intercept_0() -> None:
    draw = np.random.default_rng(3)
    p = 1 / (1 + np.exp(-draw.normal(-3, 1.5, 200_000)))
    fraud = draw.random(len(p)) < p
    slope, intercept = metrics.calibration(p, fraud)
    assert slope == pytest.approx(1, abs=0.03)
    assert intercept == pytest.approx(0, abs=0.06)
    assert metrics.top_percent(p, fraud) == pytest.approx(1, abs=0.05)
    stretched = 1 / (1 + np.exp(-2 * log_odds(p)))
    assert metrics.calibration(stretched, fraud)[0] == pytest.approx(0.5, abs=0.02)


def test_the_base_rate_has_no_skill_and_the_truth_all() -> None:
    assert metrics.log_loss_skill(np.full(5, 0.4), FRAUD) == pytest.approx(0)
    assert metrics.log_loss_skill(FRAUD.astype(float), FRAUD) == pytest.approx(1)


@pytest.mark.parametrize("fraud", [np.zeros(5, np.bool_), np.ones(5, np.bool_)])
def test_one_class_leaves_figures_undefined(fraud: np.ndarray) -> None:
    assert np.isnan(metrics.roc_auc(SCORE, fraud))
    assert np.isnan(metrics.calibration(SCORE, fraud)).all()
    assert np.isnan(metrics.log_loss_skill(SCORE, fraud))


def test_platt_undoes_what_sampling_did() -> None:
    draw = np.random.default_rng(4)
    raw = draw.normal(-4, 1.5, 400_000)
    fraud = draw.random(len(raw)) < 1 / (1 + np.exp(-raw))
    kept = fraud | (draw.random(len(raw)) < 0.1)
    sampled = fit_platt(raw[kept], fraud[kept], prior_shift=prior_shift_of(0.1))
    assert sampled.a == pytest.approx(1, abs=0.03)
    assert sampled.b == pytest.approx(0, abs=0.1)


def test_a_line_through_nothing_that_helps_is_flat() -> None:
    draw = np.random.default_rng(5)
    slope, _ = line(draw.normal(size=20_000), (draw.random(20_000) < 0.3).astype(float))
    assert slope == pytest.approx(0, abs=0.05)


def test_a_line_is_found_where_scores_lie_close_together_and_far_from_0() -> None:
    draw = np.random.default_rng(6)
    x = -2.2 + 0.05 * draw.normal(size=100_000)
    fraud = draw.random(len(x)) < 1 / (1 + np.exp(-(20 * (x + 2.2) - 2)))
    slope, intercept = line(x, fraud.astype(float))
    assert slope == pytest.approx(20, rel=0.05)
    assert slope * -2.2 + intercept == pytest.approx(-2, abs=0.05)
