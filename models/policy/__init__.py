"""From probability, rules and costs to one verdict, and what would have changed it.

Invariants: a legal block always wins; where a probability is missing or a rule erred, the verdict is at least
a review unless a rule decides; verdicts depend on the rows and the last review load on the log alone. Imports
`models.rules` and `models.sca`.
"""

from models.policy import parameters, policy
from models.policy.counterfactual import Counterfactual, why_not
from models.policy.counterfactual_case import CounterfactualCase
from models.policy.documents import PolicyError, UtilityDocument
from models.policy.holdout import HoldoutBudget
from models.policy.merchant_text import merchant_text
from models.policy.parameters import CostParameters, ParameterTable, Party
from models.policy.policy import FALLBACK_POLICY, Policy
from models.policy.rows import (
    APPROVE,
    CHALLENGE,
    DECLINE,
    NO_PROBABILITY,
    NO_SCORE,
    REVIEW,
    VERDICTS,
    DecidedBy,
    ParametersFor,
    PolicyResult,
    PolicyRows,
)
from models.policy.utility import utilities

__all__ = [
    "APPROVE",
    "CHALLENGE",
    "DECLINE",
    "FALLBACK_POLICY",
    "NO_PROBABILITY",
    "NO_SCORE",
    "REVIEW",
    "VERDICTS",
    "CostParameters",
    "Counterfactual",
    "CounterfactualCase",
    "DecidedBy",
    "HoldoutBudget",
    "ParameterTable",
    "ParametersFor",
    "Party",
    "Policy",
    "PolicyError",
    "PolicyResult",
    "PolicyRows",
    "UtilityDocument",
    "merchant_text",
    "parameters",
    "policy",
    "utilities",
    "why_not",
]
