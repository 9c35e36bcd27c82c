"""Policy documents as YAML and the log hold them, and their checks."""

from typing import Any

import msgspec

from models.lists import PutLimits
from models.policy.holdout import HoldoutDocument
from models.policy.parameters import PROVIDER_DEFAULT, CostParameters, Party
from models.sca import ScaSettings
from models.units import MICRO


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
    """A policy of thresholds (version 1) as its YAML document has it."""

    name: str
    probability: ProbabilityThresholds
    rules: RuleThresholds = RuleThresholds()
    version: int = 1
    description: str = ""
    holdout: HoldoutDocument | None = None
    sca: ScaSettings = ScaSettings()
    list_puts: PutLimits | None = None


class PartyCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each party earns and loses; all of it may be left to the defaults."""

    merchant: CostParameters = CostParameters()
    provider: CostParameters = PROVIDER_DEFAULT


class UtilityDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy by cost (version 2) as its YAML document has it. `party` names whose utility decides."""

    name: str
    version: int
    party: Party
    costs: PartyCosts = PartyCosts()
    rules: RuleThresholds = RuleThresholds()
    description: str = ""
    holdout: HoldoutDocument | None = None
    sca: ScaSettings = ScaSettings()
    list_puts: PutLimits | None = None

    def costs_of(self, party: Party) -> CostParameters:
        """The parameters of one party, before any segment's."""
        return self.costs.merchant if party is Party.MERCHANT else self.costs.provider


def policy_document(document: dict[str, Any]) -> PolicyDocument | UtilityDocument:
    """The document as read from YAML or the log, checked. Raises `PolicyError`."""
    try:
        policy = _converted(document)
    except (msgspec.ValidationError, TypeError, ValueError, AttributeError) as error:
        raise PolicyError(f"policy: {error}") from None
    _check(policy)
    return policy


def _converted(document: dict[str, Any]) -> PolicyDocument | UtilityDocument:
    version = document.get("version", 1)
    if version == 1:
        return msgspec.convert(document, PolicyDocument)
    if version == 2:
        return msgspec.convert(document, UtilityDocument)
    raise ValueError(f"version {version!r} is not known, expected 1 (thresholds) or 2 (by cost)")


def _check(policy: PolicyDocument | UtilityDocument) -> None:
    rules = policy.rules
    if not 0 <= rules.review_above <= rules.decline_above <= 100:
        raise PolicyError(
            f"policy {policy.name!r}: expected 0 <= rules.review_above <= rules.decline_above <= 100, "
            f"found {rules.review_above} and {rules.decline_above}"
        )
    if isinstance(policy, UtilityDocument):
        return
    steps = policy.probability
    if not 0 <= steps.challenge_from <= steps.review_from <= steps.decline_from <= MICRO + 1:
        raise PolicyError(
            f"policy {policy.name!r}: expected 0 <= challenge_from <= review_from <= decline_from <= 1000001 "
            f"(micro-units), found {steps.challenge_from}, {steps.review_from} and {steps.decline_from}"
        )
