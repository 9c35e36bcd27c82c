"""What a verdict is worth once the label is known, thresholds tuned by hand, and intervals over days."""

from itertools import combinations_with_replacement

import numpy as np
import pytest

from models.policy.parameters import CostParameters
from models.policy.policy import Policy
from models.units import MICRO
from training.policy_comparison.comparison import (
    RULES,
    STEPS,
    _compiled,
    compare,
    figures,
    interval,
    judge,
    realised,
    rendered,
    run_rules,
    tuned_thresholds,
)
from training.policy_comparison.comparison_payments import GAP_DAYS, ComparisonPayments, parts

BY_COST = Policy.from_dict({"name": "by cost", "version": 2, "party": "merchant"})


def some_weeks(n: int = 4_000, seed: int = 1) -> ComparisonPayments:
    """Payments of 20 days whose probability of fraud is what the model says."""
    draw = np.random.default_rng(seed)
    micro = (draw.random(n) ** 8 * MICRO).astype(np.int64)
    days = np.sort(draw.integers(0, 20, n))
    amount, fraud = (100 * 1_000 ** draw.random(n)).astype(np.int64), draw.random(n) * MICRO < micro
    features = {name: draw.random(n) * 10 for name in _compiled(RULES).columns_used}
    features |= {"is_night": draw.integers(0, 2, n).astype(float), "amount_eur_cents": amount.astype(float)}
    return ComparisonPayments(days, days * 86_400_000, amount, fraud, micro, features)


def test_a_known_label_makes_the_worth_plain() -> None:
    none = np.zeros(2, np.int64)
    of = ComparisonPayments(none, none, np.array([10_000, 10_000]), np.array([False, True]), none, {})
    approve, _, review, decline = (realised(of, CostParameters()) // MICRO).tolist()
    assert (approve, decline) == ([1_500, -11_000], [0, 0])
    assert review == [1_425 - 300, -2_200 - 300]


def test_tuned_thresholds_are_the_best_of_all_steps() -> None:
    of, parameters = some_weeks(400), CostParameters()
    worth, at = realised(of, parameters), np.arange(400)
    values = []
    for steps in combinations_with_replacement(STEPS, 3):
        names = ("challenge_from", "review_from", "decline_from")
        policy = Policy.from_dict({"name": "x", "probability": dict(zip(names, steps, strict=True))})
        values.append(worth[judge(policy, of, None), at].sum())
    best = Policy.from_dict(tuned_thresholds(of, parameters))
    assert worth[judge(best, of, None), at].sum() == max(values)


def test_a_policy_by_cost_beats_thresholds_where_the_probability_is_right() -> None:
    later = some_weeks(30_000, seed=2)
    found = compare(some_weeks(), later, _compiled(RULES), BY_COST)
    table = {row["strategy"]: row for row in figures(found, later)}
    assert table["policy by cost"]["policy_better_by"] == 0
    for weaker in ("approve everything", "fixed thresholds (seed)", "fixed thresholds (tuned)"):
        assert table[weaker]["low"] > 0
    assert table["perfect foresight"]["high"] < 0
    for row in table.values():
        assert row["low"] <= row["policy_better_by"] <= row["high"]
        assert sum(
            row[verdict] for verdict in ("approve", "challenge", "review", "decline")
        ) == pytest.approx(1)
    assert len(rendered(list(table.values())).splitlines()) == len(table) + 1


def test_an_interval_is_as_wide_as_days_differ() -> None:
    day = np.repeat(np.arange(30), 10)
    same = interval(np.ones(300), day)
    assert same == (300.0, 300.0)
    low, high = interval(np.where(day % 2, 2.0, 0.0), day)
    assert low < 300 < high
    wide = interval(np.where(day < 2, 15.0, 0.0), day)
    assert wide[1] - wide[0] > high - low


def test_the_parts_lie_apart_by_the_delay_of_labels() -> None:
    days = np.repeat(np.arange(1_000, 1_200), 3)
    learn, calibrate, later = (days[part] for part in parts(days))
    assert calibrate.min() - learn.max() == GAP_DAYS + 1
    assert later.min() - calibrate.max() == GAP_DAYS + 1
    assert (learn.min(), later.max()) == (1_000, 1_199)


def test_the_rules_to_compare_with_hit() -> None:
    result = run_rules(_compiled(RULES), some_weeks())
    assert result.hits.any(axis=1).all()
    assert not result.errors.any()
