"""Who wins: rules, score, policy, fallback, soft decline, law. And version 1 judges as it always did."""

from typing import Any

import numpy as np
import pytest

from models.messages.decision import Verdict
from models.policy.policy import FALLBACK_POLICY, Policy
from models.policy.rows import NO_PROBABILITY, VERDICTS, DecidedBy
from models.units import MICRO
from tests.models.policy_cases import NO_SCORE, actions, rows

STEPS = {"challenge_from": 100_000, "review_from": 300_000, "decline_from": 700_000}
BY_STEPS = Policy.from_dict({"name": "steps", "probability": STEPS})
BY_COST = Policy.from_dict({"name": "cost", "version": 2, "party": "merchant"})
LAWFUL = Policy.from_dict({"name": "lawful", "probability": STEPS, "sca": {"enforce": True}})
RISKY, SAFE = 990_000, 0


def judged(policy: Policy = BY_COST, *asked: str, erred: bool = False, **columns: Any) -> tuple[str, str]:
    result = policy.judge(rows(rules=actions(1, *asked, erred=erred), **columns))
    return VERDICTS[result.verdict[0]].value, DecidedBy(result.decided_by[0]).name.lower()


@pytest.mark.parametrize("policy", [BY_STEPS, BY_COST], ids=["steps", "cost"])
@pytest.mark.parametrize(
    ("asked", "micro", "expected"),
    [
        ((), SAFE, ("approve", "policy")),
        ((), RISKY, ("decline", "policy")),
        (("review",), SAFE, ("review", "review_rule")),
        (("review",), RISKY, ("decline", "policy")),
        (("block",), SAFE, ("decline", "block")),
        (("block", "review"), SAFE, ("decline", "block")),
        (("allow",), RISKY, ("approve", "allow")),
        (("allow", "block", "review"), RISKY, ("approve", "allow")),
        (("legal_block",), SAFE, ("decline", "legal_block")),
        (("legal_block", "allow", "block", "review", "challenge"), SAFE, ("decline", "legal_block")),
        (("challenge",), SAFE, ("challenge", "challenge_rule")),
        (("challenge", "allow"), RISKY, ("challenge", "challenge_rule")),
        (("challenge", "block"), SAFE, ("decline", "block")),
        (("challenge", "review"), SAFE, ("review", "review_rule")),
    ],
    ids=str,
)
def test_precedence_is_legal_block_then_allow_then_block_then_review(
    policy: Policy, asked: tuple[str, ...], micro: int, expected: tuple[str, str]
) -> None:
    assert judged(policy, *asked, probability_micro=micro) == expected


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (50, ("approve", "policy")),
        (51, ("review", "score")),
        (80, ("review", "score")),
        (81, ("decline", "score")),
    ],
)
def test_the_rule_score_decides_at_the_seeds_steps(score: int, expected: tuple[str, str]) -> None:
    assert judged(BY_COST, probability_micro=SAFE, score=score) == expected


def test_an_allow_rule_beats_score_and_policy() -> None:
    assert judged(BY_COST, "allow", probability_micro=RISKY, score=100) == ("approve", "allow")


@pytest.mark.parametrize("policy", [BY_STEPS, BY_COST], ids=["steps", "cost"])
@pytest.mark.parametrize(
    "missing",
    [{"probability_micro": NO_PROBABILITY}, {"score": NO_SCORE}, {"degraded": True}, {"erred": True}],
    ids=str,
)
def test_what_is_degraded_is_never_approved_silently(policy: Policy, missing: dict[str, Any]) -> None:
    assert judged(policy, **missing) == ("review", "fallback")
    assert judged(policy, "block", **missing) == ("decline", "block")
    assert judged(policy, "challenge", **missing) == ("review", "fallback")


def test_an_allow_rule_holds_without_a_model_but_not_where_a_rule_erred() -> None:
    assert judged(BY_COST, "allow", probability_micro=NO_PROBABILITY) == ("approve", "allow")
    assert judged(BY_COST, "allow", erred=True) == ("review", "fallback")


@pytest.mark.parametrize(
    "impossible",
    [{"challengeable": False}, {"merchant_initiated": True}, {"authenticated": True}, {"phase": 2}],
    ids=str,
)
def test_a_requested_challenge_that_is_not_possible_changes_nothing(impossible: dict[str, Any]) -> None:
    assert judged(BY_COST, "challenge", **impossible) == ("approve", "policy")
    assert judged(BY_COST, forced_challenge=True, **impossible) == ("approve", "policy")


@pytest.mark.parametrize("phase", [1, 2])
@pytest.mark.parametrize("policy", [BY_STEPS, BY_COST, LAWFUL, FALLBACK_POLICY])
def test_no_verdict_after_the_first_phase_is_a_challenge(policy: Policy, phase: int) -> None:
    micro = np.arange(0, MICRO, 5_000)
    result = policy.judge(
        rows(
            len(micro), probability_micro=micro, phase=phase, forced_challenge=True, sca_outstanding=True,
            rules=actions(len(micro), "challenge"),
        )
    )  # fmt: skip
    assert VERDICTS.index(Verdict.CHALLENGE) not in set(result.verdict.tolist())


def test_steps_approve_what_a_challenge_authenticated_and_review_what_it_did_not() -> None:
    at: dict[str, Any] = {"probability_micro": 100_000, "phase": 1}
    assert judged(BY_STEPS, authenticated=True, **at) == ("approve", "policy")
    assert judged(BY_STEPS, authenticated=False, **at) == ("review", "policy")


def test_a_soft_declined_payment_comes_back_with_the_challenge_forced() -> None:
    assert judged(BY_COST, forced_challenge=True) == ("challenge", "soft_decline")
    assert judged(BY_COST, "allow", forced_challenge=True) == ("challenge", "soft_decline")
    assert judged(BY_COST, "block", forced_challenge=True) == ("decline", "block")
    assert judged(BY_COST, forced_challenge=True, probability_micro=RISKY) == ("decline", "policy")


def test_owed_authentication_makes_a_challenge_only_where_the_policy_enforces_it() -> None:
    assert judged(LAWFUL, sca_outstanding=True) == ("challenge", "sca")
    assert judged(LAWFUL, sca_outstanding=True, phase=2) == ("approve", "policy")
    assert judged(LAWFUL, sca_outstanding=False) == ("approve", "policy")
    assert judged(BY_STEPS, sca_outstanding=True) == ("approve", "policy")


def version_1(micro: int, score: int, challengeable: bool, degraded: bool) -> str:
    """The thresholds as they were before there was a second version."""
    by_model = sum(micro >= step for step in STEPS.values())
    if by_model == 1 and not challengeable:
        by_model = 2
    by_rules = 3 if score > 80 else 2 if score > 50 else 0
    verdict = max(by_model, by_rules)
    if micro < 0 or score < 0 or degraded:
        verdict = max(verdict, 2)
    return VERDICTS[verdict].value


def test_version_1_judges_as_it_always_did() -> None:
    draw = np.random.default_rng(7)
    n = 5_000
    micro = np.where(draw.random(n) < 0.1, -1, draw.integers(0, MICRO + 1, n))
    score = np.where(draw.random(n) < 0.1, -1, draw.integers(0, 101, n))
    challengeable, degraded = draw.random(n) < 0.7, draw.random(n) < 0.1
    columns = {"probability_micro": micro, "score": score, "challengeable": challengeable}
    result = BY_STEPS.judge(rows(n, **columns, degraded=degraded))
    found = [VERDICTS[code].value for code in result.verdict]
    each = zip(micro.tolist(), score.tolist(), challengeable.tolist(), degraded.tolist(), strict=True)
    assert found == [version_1(*row) for row in each]
    assert found == [
        VERDICTS[code].value for code in BY_STEPS.verdicts(micro, score, challengeable, degraded)
    ]
    assert len(set(found)) == 4


def test_an_empty_batch_is_judged() -> None:
    for policy in (BY_STEPS, BY_COST):
        assert len(policy.judge(rows(0)).verdict) == 0
