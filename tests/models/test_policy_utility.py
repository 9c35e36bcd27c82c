"""Utilities against a plain interpreter in fractions, and the verdicts that follow from them."""

from fractions import Fraction
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.messages.control import ReviewLoad
from models.messages.decision import Verdict
from models.money.currencies import AMOUNT_MAX
from models.policy.documents import PartyCosts, PolicyError, UtilityDocument
from models.policy.parameters import (
    NO_ROOM,
    ChallengeCosts,
    CostParameters,
    ParametersError,
    ParameterTable,
    ReviewCosts,
    check,
)
from models.policy.policy import Policy
from models.policy.rows import NO_PROBABILITY, VERDICTS
from models.policy.utility import price, utilities
from models.policy.verdict_kernel import IMPOSSIBLE
from models.units import MICRO
from tests.models.policy_cases import rows

HOUR_MS = 3_600_000


def document(**changes: Any) -> dict[str, Any]:
    return {"name": "by cost", "version": 2, "party": "merchant"} | changes


def merchant(**costs: Any) -> Policy:
    return Policy.from_dict(document(costs={"merchant": costs}))


def one(policy: Policy, load: ReviewLoad | None = None, **columns: Any) -> Verdict:
    return VERDICTS[policy.judge(rows(**columns), load).verdict[0]]


def plain(p: CostParameters, fraud: Fraction, amount: int, shifted: bool, cost: int) -> dict[str, Fraction]:
    """The formulas of the module's page, without rounding, in cents."""
    share = lambda micro: Fraction(micro, MICRO)  # noqa: E731
    good, amount = 1 - fraud, min(max(amount, 0), AMOUNT_MAX)
    margin = amount * Fraction(p.margin_bp, 10_000) + p.margin_fixed
    loss = amount * Fraction(p.goods_bp, 10_000) + p.chargeback_fee + p.scheme_cost
    now = p.scheme_cost if shifted else loss
    keeps = (1 - share(p.challenge.abandonment)) * (1 - share(p.challenge.failure))
    keeps *= 1 + share(p.challenge.uplift)
    passed = p.scheme_cost if p.challenge.shifts else loss
    return {
        "approve": good * margin - fraud * now,
        "challenge": good * keeps * margin
        - fraud * share(p.challenge.fraud_passes) * passed
        - p.challenge.cost,
        "review": good * (1 - share(p.review.lost)) * margin - fraud * share(p.review.misses) * now - cost,
        "decline": Fraction(0),
    }


shares, cents = st.integers(0, MICRO), st.integers(0, 100_000_000)
parameters = st.builds(
    CostParameters,
    margin_bp=st.integers(0, 10_000),
    margin_fixed=cents,
    goods_bp=st.integers(0, 10_000),
    chargeback_fee=cents,
    scheme_cost=cents,
    challenge=st.builds(ChallengeCosts, cents, shares, shares, shares, shares, st.booleans()),
    review=st.builds(ReviewCosts, cents, shares, shares),
)


@given(parameters, shares, st.integers(-5, 10**15), st.booleans())
def test_utilities_are_those_of_the_formulas_but_for_rounding(
    own: CostParameters, fraud: int, amount: int, shifted: bool
) -> None:
    given_rows = rows(probability_micro=fraud, amount=amount, liability_shift=shifted)
    found = utilities(given_rows, ParameterTable((own,)).of(None), None)[:, 0].tolist()
    expected = plain(own, Fraction(fraud, MICRO), amount, shifted, own.review.cost)
    # A share is cut to millionths and a value to whole cents: each may take so much from a product.
    slack = 4 * Fraction(min(max(amount, 0), AMOUNT_MAX) + 4 * 10**8, MICRO) + 4
    for verdict, micro_cents in zip(VERDICTS, found, strict=True):
        assert abs(Fraction(micro_cents, MICRO) - expected[verdict.value]) <= slack


def test_the_greatest_amount_and_the_worst_costs_do_not_overflow() -> None:
    worst = CostParameters(
        10_000, 10**8, 10_000, 10**8, 10**8,
        ChallengeCosts(10**8, MICRO, 0, 0, MICRO, False), ReviewCosts(10**8, MICRO, 0, 720),
    )  # fmt: skip
    full = ReviewLoad(719_999_999, 1_000_000, 0)
    for fraud in (0, MICRO // 2, MICRO):
        at = rows(probability_micro=fraud, amount=2**62)
        found = utilities(at, ParameterTable((worst,)).of(None), full)[:, 0].tolist()
        expected = plain(worst, Fraction(fraud, MICRO), AMOUNT_MAX, False, 10**9)
        assert found == [expected[verdict.value] * MICRO for verdict in VERDICTS]
        assert all(abs(micro) < -IMPOSSIBLE for micro in found)


def test_a_hundred_euros_by_hand() -> None:
    """p = 2 %: margin 15.00, loss 85.00 + 20.00 + 5.00 = 110.00.

    approve 0.98 x 15 - 0.02 x 110 = 12.50; challenge 0.98 x 0.919632 x 15 - 0.02 x 0.15 x 5 - 0.10 = 13.40;
    review 0.98 x 0.95 x 15 - 0.02 x 0.2 x 110 - 3.00 = 10.53.
    """
    policy = Policy.from_dict(document())
    explained = policy.explain(rows(probability_micro=20_000), 0)
    assert explained.cents == {
        Verdict.APPROVE: 1250,
        Verdict.CHALLENGE: 1340,
        Verdict.REVIEW: 1053,
        Verdict.DECLINE: 0,
    }
    assert one(policy, probability_micro=20_000) is Verdict.CHALLENGE


@pytest.mark.parametrize(
    ("micro", "expected"),
    [(0, "approve"), (5_000, "approve"), (20_000, "challenge"), (995_000, "decline")],
)
def test_the_verdict_grows_sterner_with_the_risk(micro: int, expected: str) -> None:
    assert one(Policy.from_dict(document()), probability_micro=micro) == expected


def test_the_same_risk_is_approved_cheap_and_not_dear() -> None:
    policy = merchant(challenge={"cost": 200})
    assert one(policy, probability_micro=50_000, amount=500, challengeable=False) is Verdict.DECLINE
    assert one(policy, probability_micro=50_000, amount=50_000, challengeable=False) is Verdict.REVIEW
    assert one(policy, probability_micro=1_000, amount=500, challengeable=False) is Verdict.APPROVE


def test_merchant_and_provider_weigh_the_same_payment_differently() -> None:
    at: dict[str, Any] = {"probability_micro": 40_000, "challengeable": False}
    assert one(Policy.from_dict(document()), **at) is Verdict.APPROVE
    provider = Policy.from_dict(document(party="provider"))
    assert one(provider, **at) is Verdict.DECLINE
    assert provider.explain(rows(**at), 0).party == "provider"
    other = provider.explain(rows(**at), 0, party=Policy.from_dict(document()).document.party)  # type: ignore[union-attr]
    assert other.cents == Policy.from_dict(document()).explain(rows(**at), 0).cents


def test_a_shifted_loss_is_approved_but_still_costs_at_the_scheme() -> None:
    at: dict[str, Any] = {"probability_micro": 600_000, "phase": 1, "authenticated": True}
    policy = merchant(scheme_cost=500)
    assert one(policy, **at) is Verdict.DECLINE
    assert one(policy, **at, liability_shift=True) is Verdict.APPROVE
    assert one(merchant(scheme_cost=2_500), **at, liability_shift=True) is Verdict.DECLINE


@pytest.mark.parametrize(
    "impossible",
    [
        {"challengeable": False},
        {"merchant_initiated": True},
        {"authenticated": True},
        {"phase": 1},
        {"phase": 2},
    ],
    ids=str,
)
def test_what_cannot_be_challenged_is_not(impossible: dict[str, Any]) -> None:
    policy = Policy.from_dict(document())
    at: dict[str, Any] = {"probability_micro": 20_000} | impossible
    assert one(policy, **at) is Verdict.APPROVE
    assert policy.explain(rows(**at), 0).cents[Verdict.CHALLENGE] is None


def test_a_challenge_that_shifts_nothing_is_worth_less() -> None:
    policy = Policy.from_dict(document())
    worth = [
        policy.explain(rows(probability_micro=200_000, shifts_if_challenged=shifts), 0).cents
        for shifts in (True, False)
    ]
    assert [each[Verdict.CHALLENGE] for each in worth] == [1079, 764]


def test_equals_go_to_the_sterner_verdict() -> None:
    nothing = {"margin_bp": 0, "goods_bp": 0, "chargeback_fee": 0, "scheme_cost": 0}
    policy = merchant(**nothing, challenge={"cost": 0}, review={"cost": 0})
    assert one(policy, probability_micro=1) is Verdict.DECLINE


@pytest.mark.parametrize(
    ("waiting", "expected"), [(0, 300), (40, 400), (80, 600), (159, 48_000), (160, NO_ROOM), (999, NO_ROOM)]
)
def test_the_price_of_review_rises_as_the_queue_fills(waiting: int, expected: int) -> None:
    columns = ParameterTable((CostParameters(),)).of(None)
    assert price(np.array([0]), columns, ReviewLoad(waiting, 20, 0)).tolist() == [expected]


def test_nobody_at_work_reviews_nothing() -> None:
    assert price(
        np.array([0]), ParameterTable((CostParameters(),)).of(None), ReviewLoad(0, 0, 0)
    ).tolist() == [NO_ROOM]


def test_an_old_report_of_the_queue_counts_as_none() -> None:
    times = np.array([HOUR_MS, HOUR_MS + 1])
    columns = ParameterTable((CostParameters(),)).of(None)
    assert price(times, columns, ReviewLoad(80, 20, 0)).tolist() == [600, 300]


def test_a_full_queue_moves_reviews_to_the_next_best_verdict() -> None:
    at: dict[str, Any] = {"probability_micro": 100_000, "amount": 50_000, "challengeable": False}
    policy = Policy.from_dict(document())
    assert one(policy, **at) is Verdict.REVIEW
    assert one(policy, ReviewLoad(159, 20, 0), **at) is Verdict.APPROVE
    assert one(policy, ReviewLoad(160, 20, 0), **at) is Verdict.APPROVE
    explained = policy.explain(rows(**at), 0, ReviewLoad(160, 20, 0))
    assert explained.cents[Verdict.REVIEW] is None


def test_without_a_probability_nothing_is_approved_and_nothing_explained() -> None:
    policy = Policy.from_dict(document())
    assert one(policy, probability_micro=NO_PROBABILITY) is Verdict.REVIEW
    assert policy.explain(rows(probability_micro=NO_PROBABILITY), 0).cents == {}


def of_segments(merchant_id: str) -> dict[str, Any] | None:
    parameters: dict[str, dict[str, Any]] = {
        "gift_cards": {"goods_bp": 10_000, "margin_bp": 200},
        "shoes": {"challenge": {"abandonment": 900_000}},
    }
    return parameters.get(merchant_id)


def test_a_segments_parameters_replace_the_policys_own() -> None:
    policy = Policy.from_dict(document())
    at = rows(
        3, probability_micro=20_000, merchants=["gift_cards", "shoes", "other"], parameters_for=of_segments
    )
    found = [VERDICTS[code].value for code in policy.judge(at).verdict]
    assert found == ["challenge", "approve", "challenge"]
    assert policy.explain(at, 0).cents[Verdict.APPROVE] == 98 * 2 - 2 * 125
    assert policy.explain(at, 1).parameters != policy.explain(at, 2).parameters


def test_another_rulesets_segments_count_from_its_place_on() -> None:
    policy = Policy.from_dict(document())
    dear: dict[str, Any] = {"chargeback_fee": 10**8}
    first = rows(probability_micro=1_000, challengeable=False, parameters_for=lambda _: dear)
    second = rows(probability_micro=1_000, challengeable=False, parameters_for=lambda _: None)
    assert [VERDICTS[policy.judge(each).verdict[0]].value for each in (first, second, first)] == [
        "decline",
        "approve",
        "decline",
    ]


def test_rows_without_segments_are_judged_by_the_policys_own_after_rows_with_some() -> None:
    policy = Policy.from_dict(document())
    at: dict[str, Any] = {"probability_micro": 20_000, "merchants": "gift_cards"}
    before = policy.judge(rows(5, **at)).verdict.tolist()
    policy.judge(rows(5, **at, parameters_for=of_segments))
    assert policy.judge(rows(5, **at)).verdict.tolist() == before


def test_rows_judged_one_by_one_are_judged_the_same() -> None:
    policy = Policy.from_dict(document())
    draw = np.random.default_rng(1)
    n = 300
    columns = {
        "probability_micro": draw.integers(-1, MICRO, n),
        "amount": draw.integers(1, 10**6, n),
        "phase": draw.integers(0, 3, n),
        "merchants": draw.choice(["gift_cards", "shoes", "x"], n).astype(object),
    }
    together = policy.judge(rows(n, **columns, parameters_for=of_segments)).verdict
    alone = [
        policy.judge(rows(1, **{k: v[i] for k, v in columns.items()}, parameters_for=of_segments)).verdict[0]
        for i in range(n)
    ]
    assert together.tolist() == alone
    assert len(set(alone)) == 4


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"goods_bp": 10_001}, "goods_bp"),
        ({"margin": 3}, "margin"),
        ({"challenge": {"abandonment": -1}}, "abandonment"),
        ({"review": 3}, "review"),
        ({"review": {"hours_max": 0}}, "hours_max"),
        ({"chargeback_fee": "20"}, "chargeback_fee"),
    ],
)
def test_bad_parameters_are_refused_in_words(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(ParametersError, match=words):
        check(bad)
    with pytest.raises(PolicyError, match=words):
        merchant(**bad)


@pytest.mark.parametrize(
    ("bad", "words"), [({"party": "issuer"}, "issuer"), ({"probability": {}}, "probability")]
)
def test_a_bad_policy_by_cost_is_refused_in_words(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        Policy.from_dict(document(**bad))


def test_the_policy_to_start_from_is_valid_and_says_the_defaults() -> None:
    text = files("models").joinpath("data", "policy_by_cost.yaml").read_text(encoding="utf-8")
    policy = Policy.from_dict(yaml.safe_load(text))
    assert isinstance(policy.document, UtilityDocument)
    assert policy.document.costs == PartyCosts()
    assert policy.holdout_by == "card"
