from typing import Any

import numpy as np
import pytest

from models.messages.decision import Verdict
from models.policy.documents import PolicyError
from models.policy.policy import FALLBACK_POLICY, Policy
from models.policy.rows import VERDICTS
from models.seed import seed_policy
from models.units import MICRO


def document(**changes: Any) -> dict[str, Any]:
    steps = {"challenge_from": 100, "review_from": 200, "decline_from": 300}
    return {"name": "test", "probability": steps} | changes


def verdict(probability: int, score: int = 0, challengeable: bool = True, degraded: bool = False) -> Verdict:
    policy = Policy.from_dict(document())
    codes = policy.verdicts(
        np.array([probability]), np.array([score]), np.array([challengeable]), np.array([degraded])
    )
    assert codes.dtype == np.uint8
    return VERDICTS[codes[0]]


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0, "approve"),
        (99, "approve"),
        (100, "challenge"),
        (199, "challenge"),
        (200, "review"),
        (299, "review"),
        (300, "decline"),
        (MICRO, "decline"),
    ],
)
def test_probability_steps_are_inclusive(probability: int, expected: str) -> None:
    assert verdict(probability) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [(0, "approve"), (50, "approve"), (51, "review"), (80, "review"), (81, "decline")]
)
def test_80_points_are_not_a_decline_and_81_are(score: int, expected: str) -> None:
    assert verdict(0, score) == expected


def test_a_method_that_cannot_be_challenged_is_reviewed() -> None:
    assert verdict(100, challengeable=False) is Verdict.REVIEW


@pytest.mark.parametrize(
    ("probability", "score", "expected"),
    [
        (300, 51, "decline"),
        (100, 51, "review"),
        (0, 81, "decline"),
        (200, 0, "review"),
        (100, 50, "challenge"),
    ],
)
def test_the_sterner_of_model_and_rules_wins(probability: int, score: int, expected: str) -> None:
    assert verdict(probability, score) == expected


def test_without_a_model_nothing_is_approved_and_rules_still_decline() -> None:
    assert verdict(-1, 0) is Verdict.REVIEW
    assert verdict(-1, 81) is Verdict.DECLINE


def test_without_a_ruleset_nothing_is_approved_and_the_model_still_declines() -> None:
    assert verdict(0, -1) is Verdict.REVIEW
    assert verdict(100, -1) is Verdict.REVIEW
    assert verdict(300, -1) is Verdict.DECLINE


def test_what_is_degraded_otherwise_is_at_least_reviewed() -> None:
    assert verdict(0, 0, degraded=True) is Verdict.REVIEW
    assert verdict(300, 0, degraded=True) is Verdict.DECLINE


def test_the_fallback_policy_approves_nothing() -> None:
    probabilities = np.array([-1, 0, MICRO, 0, 0])
    codes = FALLBACK_POLICY.verdicts(probabilities, np.array([-1, 0, 0, 81, 80]), np.ones(5, np.bool_))
    assert [VERDICTS[code].value for code in codes] == ["review", "review", "review", "decline", "review"]


def test_the_version_is_of_the_content() -> None:
    first, second = Policy.from_dict(document()), Policy.from_dict(document(name="other"))
    assert len(first.version) == 16
    assert first.version == Policy.from_dict(dict(reversed(document().items()))).version
    assert first.version != second.version


def test_the_seed_policy_is_valid() -> None:
    policy = Policy.from_dict(seed_policy())
    assert (policy.document.rules.review_above, policy.document.rules.decline_above) == (50, 80)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"probability": {"challenge_from": 1}}, "review_from"),
        (document(rules={"decline_abov": 3}), "decline_abov"),
        (document(rules={"review_above": 90}), "review_above"),
        (document(probability={"challenge_from": 5, "review_from": 4, "decline_from": 9}), "5, 4 and 9"),
        (document(probability={"challenge_from": 1, "review_from": 2, "decline_from": 1_000_002}), "1000002"),
        (document(probability={"challenge_from": 0.1, "review_from": 0.2, "decline_from": 0.3}), "int"),
        (document(version=3), "version 3"),
        (document(version=2), "probability"),
    ],
)
def test_a_bad_policy_is_refused_in_words(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        Policy.from_dict(bad)
