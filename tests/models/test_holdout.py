"""The draw: reproducible, capped, recorded, and never where it must not be."""

from typing import Any

import numpy as np
import pytest

from models.cohort_draw import draw_seed, in_share
from models.policy.documents import PolicyError
from models.policy.holdout import HoldoutBudget, HoldoutDocument
from models.policy.policy import Policy
from models.policy.rows import VERDICTS, DecidedBy, PolicyResult
from models.units import DAY_MS, MICRO
from tests.models.policy_cases import actions, rows

N = 20_000
RISKY = 990_000


def policy(share: int = 50_000, daily_cap: int = 10**9, **changes: Any) -> Policy:
    holdout = {"share": share, "daily_cap": daily_cap, "salt": "2026"} | changes.pop("holdout", {})
    return Policy.from_dict({"name": "x", "version": 2, "party": "merchant", "holdout": holdout} | changes)


def judged(of: Policy, budget: HoldoutBudget | None = None, n: int = N, **columns: Any) -> PolicyResult:
    given = {"probability_micro": RISKY, "keys": np.arange(n)} | columns
    return of.judge(rows(n, **given), budget=budget if budget is not None else HoldoutBudget())


def test_about_the_share_is_approved_and_says_so() -> None:
    result = judged(policy())
    assert 0.045 * N < result.holdout.sum() < 0.055 * N
    assert {VERDICTS[code].value for code in result.verdict[result.holdout]} == {"approve"}
    assert set(result.decided_by[result.holdout].tolist()) == {DecidedBy.HOLDOUT}
    assert set(result.verdict[~result.holdout].tolist()) == {3}


def test_the_propensity_of_every_payment_is_recorded() -> None:
    result = judged(policy(), n=2, probability_micro=[0, RISKY])
    assert result.propensity_micro.tolist() == [MICRO, 50_000]
    assert judged(policy(), n=1, rules=actions(1, "legal_block")).propensity_micro.tolist() == [0]
    without = Policy.from_dict({"name": "x", "version": 2, "party": "merchant"})
    assert judged(without, n=1).propensity_micro.tolist() == [-1]


def test_weighing_by_propensity_recovers_the_truth() -> None:
    """Horvitz and Thompson: the sum of held out amounts over their propensity estimates the sum of all."""
    amounts = np.random.default_rng(3).integers(1, 1_000, N)
    result = judged(policy(), amount=amounts)
    estimate = (amounts[result.holdout] * MICRO / result.propensity_micro[result.holdout]).sum()
    assert abs(estimate / amounts.sum() - 1) < 0.08


@pytest.mark.parametrize(
    "barred",
    [
        {"rules": actions(N, "legal_block")},
        {"rules": actions(N, erred=True)},
        {"probability_micro": -1},
        {"degraded": True},
        {"forced_challenge": True},
    ],
    ids=["legal block", "rule erred", "no model", "degraded", "soft decline"],
)
def test_never_against_a_legal_block_a_fallback_or_a_soft_decline(barred: dict[str, Any]) -> None:
    result = judged(policy(share=MICRO), **barred)
    assert not result.holdout.any()
    assert not result.propensity_micro.any()


def test_never_where_authentication_is_owed_and_enforced() -> None:
    lawful = policy(share=MICRO, sca={"enforce": True})
    assert not judged(lawful, sca_outstanding=True).holdout.any()
    assert judged(lawful, sca_outstanding=False).holdout.all()


def test_blocks_scores_and_reviews_are_drawn_from() -> None:
    for columns in ({"rules": actions(N, "block")}, {"score": 90}, {"rules": actions(N, "review")}):
        assert judged(policy(share=MICRO), probability_micro=0, **columns).holdout.all()


def test_the_same_card_is_always_drawn_until_the_salt_changes() -> None:
    first, again = judged(policy()), judged(policy(), times=9 * DAY_MS)
    other = judged(policy(holdout={"salt": "2027"}))
    assert (first.holdout == again.holdout).all()
    assert (first.holdout & other.holdout).sum() < 0.1 * first.holdout.sum()


def test_draws_for_other_purposes_are_independent() -> None:
    one, two = draw_seed("holdout", ""), draw_seed("sample", "")
    keys = np.arange(N, dtype=np.uint64)
    both = (in_share(keys, one, 100_000) & in_share(keys, two, 100_000)).sum()
    assert 0.005 * N < both < 0.015 * N


def test_the_daily_cap_holds_to_the_cent_and_begins_anew_each_day() -> None:
    of, budget = policy(share=MICRO, daily_cap=1_000), HoldoutBudget()
    times = [0, 1, 2, DAY_MS - 1, DAY_MS, DAY_MS]
    result = judged(of, budget, 6, amount=[600, 401, 400, 1, 1_000, 1], times=times)
    assert result.holdout.tolist() == [True, False, True, False, True, False]
    assert result.propensity_micro.tolist() == [MICRO, 0, MICRO, 0, MICRO, 0]
    assert (budget.day, budget.spent) == (1, 1_000)


def test_cutting_batches_differently_changes_nothing() -> None:
    of, draw = policy(share=300_000, daily_cap=40_000), np.random.default_rng(5)
    n = 2_000
    columns = {
        "probability_micro": draw.integers(0, MICRO, n),
        "keys": draw.integers(0, 2**63, n),
        "amount": draw.integers(1, 2_000, n),
        "times": np.sort(draw.integers(0, 5 * DAY_MS, n)),
    }
    whole, pieces = HoldoutBudget(), HoldoutBudget()
    together = judged(of, whole, n, **columns)
    parts = []
    for start in range(0, n, 7):
        cut = {name: column[start : start + 7] for name, column in columns.items()}
        pieces = HoldoutBudget.from_arrays(pieces.arrays())
        parts.append(judged(of, pieces, len(cut["times"]), **cut))
    assert together.holdout.tolist() == np.concatenate([part.holdout for part in parts]).tolist()
    assert together.propensity_micro.tolist() == np.concatenate([p.propensity_micro for p in parts]).tolist()
    assert whole.logical_hash() == pieces.logical_hash()
    assert 0 < whole.spent <= 40_000


def test_the_state_hash_sees_both_numbers() -> None:
    hashes = {HoldoutBudget(*each).logical_hash() for each in ((1, 2), (2, 1), (1, 3), (12, 0), (1, 20))}
    assert len(hashes) == 5


def test_the_holdout_goes_by_card_or_customer() -> None:
    assert policy().holdout_by == "card"
    assert policy(holdout={"by": "customer"}).holdout_by == "customer"
    assert Policy.from_dict({"name": "x", "version": 2, "party": "merchant"}).holdout_by is None
    with pytest.raises(PolicyError, match="device"):
        policy(holdout={"by": "device"})


def test_a_share_of_all_draws_everyone() -> None:
    seed = draw_seed("holdout", "")
    assert in_share(np.array([0, 1, 2**64 - 1], np.uint64), seed, MICRO).all()
    assert HoldoutDocument(1, 0).by == "card"
