"""Verdicts of random payments under random policies: row by row what they are as columns."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from models.messages import ReviewLoad
from models.policy import HoldoutBudget, Policy, PolicyResult, PolicyRows
from tests.models import policy_oracle
from tests.models.policy_cases import NAMES, Actions

N = 1_500
MERCHANTS = ("m_1", "m_2", "m_3")
OVERRIDES: dict[str, dict[str, Any]] = {
    "m_1": {"margin_bp": 300, "review": {"cost": 50, "hours_max": 1}},
    "m_2": {"challenge": {"shifts": False, "cost": 0, "abandonment": 0}},
}


def policy_of(draw: np.random.Generator) -> Policy:
    share = {"share": int(draw.integers(1, 600_000)), "daily_cap": int(draw.integers(0, 10_000_000))}
    above = sorted(draw.integers(0, 101, 2).tolist())
    document: dict[str, Any] = {
        "name": "drawn",
        "rules": {"review_above": above[0], "decline_above": above[1]},
        "sca": {"enforce": bool(draw.random() < 0.5)},
        **({"holdout": share} if draw.random() < 0.5 else {}),
    }
    if draw.random() < 0.5:
        costs = {"merchant": {"margin_bp": int(draw.integers(0, 4_000)), "chargeback_fee": 3_000}}
        return Policy.from_dict(document | {"version": 2, "party": "merchant", "costs": costs})
    steps = sorted(draw.integers(0, 1_000_002, 3).tolist())
    names = ("challenge_from", "review_from", "decline_from")
    return Policy.from_dict(document | {"probability": dict(zip(names, steps, strict=True))})


def rows_of(draw: np.random.Generator) -> PolicyRows:
    def some(share: float) -> np.ndarray:
        return draw.random(N) < share

    ruled = draw.random() < 0.7
    times = np.sort(draw.integers(0, 3 * 86_400_000, N))
    rare = draw.random() < 0.5
    asked = Actions(
        **{name: some(0.02 if rare else 0.2) for name in NAMES}, errors=draw.random((2, N)) < 0.02
    )
    return PolicyRows(
        probability_micro=np.where(some(0.5), draw.integers(-1, 50_000, N), draw.integers(-1, 1_000_001, N)),
        score=draw.integers(-1, 101, N) * some(0.3),
        amount=draw.choice((0, 1, 999, 10_000, 500_000, 10**12 + 5, -3), N),
        challengeable=some(0.8),
        degraded=some(0.05),
        authenticated=some(0.2),
        liability_shift=some(0.3),
        merchant_initiated=some(0.1),
        phase=draw.choice((0, 0, 0, 1, 2), N).astype(np.uint8),
        forced_challenge=some(0.1),
        keys=draw.integers(0, 2**63, N).astype(np.uint64),
        times=times,
        merchants=draw.choice(np.array(MERCHANTS, object), N),
        rules=asked if ruled else None,
        parameters_for=OVERRIDES.get if draw.random() < 0.5 else None,
        shifts_if_challenged=some(0.8) if draw.random() < 0.7 else None,
        sca_outstanding=some(0.3) if draw.random() < 0.7 else None,
    )


@pytest.mark.parametrize("seed", range(60))
def test_each_row_gets_the_verdict_it_gets_as_columns(seed: int) -> None:
    draw = np.random.default_rng(seed)
    policy, rows = policy_of(draw), rows_of(draw)
    load = ReviewLoad(int(draw.integers(0, 900)), int(draw.integers(0, 120)), 86_400_000)
    asked = load if draw.random() < 0.6 else None
    budgets = (HoldoutBudget(), HoldoutBudget()) if draw.random() < 0.7 else (None, None)
    wanted = policy_oracle.judged(policy, rows, asked, budgets[0])
    found = policy.judge(rows, asked, budgets[1])
    assert {one.name for one in fields(PolicyResult)} == wanted.keys()
    for name, column in wanted.items():
        assert np.array_equal(getattr(found, name), column), name
    assert budgets[0] == budgets[1]
    assert len(np.unique(found.decided_by)) > 3
