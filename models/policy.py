"""How probability and rule score become a verdict: documented thresholds on both, the sterner one wins.

    rule score > rules.decline_above               decline
    rule score > rules.review_above                review
    probability >= probability.decline_from        decline
    probability >= probability.review_from         review
    probability >= probability.challenge_from      challenge; review where the method cannot be challenged
    anything else                                  approve

Scores are hundredths 0..100, probabilities micro-units 0..1,000,000 (1 = 0.000001); a probability threshold
of 1,000,001 is never reached. Sternness: approve < challenge < review < decline.

Fallback, never a silent approve: without a probability (no model, or it failed), without a rule score (no
ruleset) or where the caller says so (a rule raised, no exchange rate), the verdict is at least review; what
the other side says still counts. Without a policy `FALLBACK_POLICY` judges: a rule score above 80 declines,
all else is reviewed.
"""

from typing import Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.content_version import content_version
from models.decision import Verdict

VERDICTS: Final = (Verdict.APPROVE, Verdict.CHALLENGE, Verdict.REVIEW, Verdict.DECLINE)
"""Verdict by code: `VERDICTS[code]`, in order of sternness."""

APPROVE, CHALLENGE, REVIEW, DECLINE = range(4)
CERTAIN: Final = 1_000_000
NO_PROBABILITY: Final = -1
NO_SCORE: Final = -1


class PolicyError(ValueError):
    """The policy document cannot be used; the message says which field and why."""


class RuleThresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rule scores (hundredths) above which a payment is reviewed or declined."""

    review_above: int = 50
    decline_above: int = 80


class ProbabilityThresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities of fraud (micro-units) from which a payment is challenged, reviewed or declined."""

    challenge_from: int
    review_from: int
    decline_from: int


class PolicyDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy as its YAML document says it."""

    name: str
    probability: ProbabilityThresholds
    rules: RuleThresholds = RuleThresholds()
    version: int = 1
    description: str = ""


class Policy:
    """A checked policy.

    >>> steps = {"challenge_from": 1000, "review_from": 5000, "decline_from": 9000}
    >>> policy = Policy.from_dict({"name": "example", "probability": steps})
    >>> micro, score = np.array([10, 1000, 1000, 9000, -1, 0]), np.array([0, 0, 0, 0, 0, 81])
    >>> challengeable = np.array([True, True, False, True, True, True])
    >>> [VERDICTS[code].value for code in policy.verdicts(micro, score, challengeable)]
    ['approve', 'challenge', 'review', 'decline', 'review', 'decline']
    """

    def __init__(self, document: PolicyDocument, version: str) -> None:
        """Use `from_dict`; `version` is the document's content version."""
        self.document = document
        self.version = version
        steps = document.probability
        self._steps = np.array([steps.challenge_from, steps.review_from, steps.decline_from], np.int64)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Check and take a policy document. Raises `PolicyError`."""
        try:
            policy = msgspec.convert(document, PolicyDocument)
            version = content_version(document)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise PolicyError(f"policy: {error}") from None
        _check(policy)
        return cls(policy, version)

    def verdicts(
        self,
        probability_micro: NDArray[np.int64],
        score: NDArray[np.int64],
        challengeable: NDArray[np.bool_],
        degraded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint8]:
        """Verdict codes (see `VERDICTS`) of n payments; all arrays have shape (n,).

        `probability_micro` is -1 where there is none, `score` -1 where no ruleset judged, `degraded` true
        where something else could not be used.
        """
        by_model = np.searchsorted(self._steps, probability_micro, side="right")
        by_model[(by_model == CHALLENGE) & ~challengeable] = REVIEW
        rules = self.document.rules
        by_rules = np.where(score > rules.review_above, REVIEW, APPROVE)
        by_rules[score > rules.decline_above] = DECLINE
        verdict = np.maximum(by_model, by_rules).astype(np.uint8)
        unsure = (probability_micro < 0) | (score < 0)
        if degraded is not None:
            unsure |= degraded
        verdict[unsure & (verdict < REVIEW)] = REVIEW
        return verdict


def _check(policy: PolicyDocument) -> None:
    rules, steps = policy.rules, policy.probability
    if policy.version != 1:
        raise PolicyError(f"policy {policy.name!r}: version {policy.version} is not known, expected 1")
    if not 0 <= rules.review_above <= rules.decline_above <= 100:
        raise PolicyError(
            f"policy {policy.name!r}: expected 0 <= rules.review_above <= rules.decline_above <= 100, "
            f"found {rules.review_above} and {rules.decline_above}"
        )
    if not 0 <= steps.challenge_from <= steps.review_from <= steps.decline_from <= CERTAIN + 1:
        raise PolicyError(
            f"policy {policy.name!r}: expected 0 <= challenge_from <= review_from <= decline_from <= 1000001 "
            f"(micro-units), found {steps.challenge_from}, {steps.review_from} and {steps.decline_from}"
        )


FALLBACK_POLICY: Final = Policy(PolicyDocument("fallback", ProbabilityThresholds(0, 0, CERTAIN + 1)), "none")
"""Judges when the log has published no policy: nothing is approved; a rule score above 80 still declines."""
